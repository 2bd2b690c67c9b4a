/** `docs/promises-and-their-tests.md` names tests; a renamed one must not leave its promise alone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(join(root, 'docs/promises-and-their-tests.md'), 'utf8');
const promises = [...page.matchAll(/^\| (.+?) \| `(.+)` \| `(.+)` \|$/gm)].map(
  ([, promise = '', name = '', file = '']) => ({ promise, name, file }),
);

test('the page has its promises', () => {
  expect(promises.length).toBeGreaterThan(40);
});

test.each(promises)('$promise', ({ name, file }) => {
  expect(readFileSync(join(root, file), 'utf8')).toContain(name);
});
