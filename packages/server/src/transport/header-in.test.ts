import { expect, test } from 'vitest';
import { headerIn } from './header-in.ts';

test('of a header that is repeated the first value counts, however its name is written', () => {
  const headers = ['Date', 'x', 'Retry-After', '5', 'retry-after', '7200', 'RETRY-AFTER', 'soon'];
  expect(headerIn(headers, 'retry-after')).toBe('5');
});

test('an empty value is one, a header that is not there has none, and no part of a name is a name', () => {
  const headers = ['retry-after', '', 'retry-after-ms', '9'];
  expect(headerIn(headers, 'retry-after')).toBe('');
  expect(headerIn(headers, 'retry')).toBeUndefined();
});
