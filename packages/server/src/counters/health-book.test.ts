import { instant, type HealthScope, type Outcome, type ProviderKeyId } from '@arouter/core';
import { expect, test } from 'vitest';
import { HealthBook, HEALTHS_MAX } from './health-book.ts';

const KEY = 'pk_1' as ProviderKeyId;
const NOW = 1_800_000_000_000;

function failure(at: number, failureClass: 'model_unavailable' | 'key_invalid' | 'provider_error'): Outcome {
  return {
    kind: 'failure',
    at: instant(at),
    startedAt: instant(at),
    key: KEY,
    class: failureClass,
    status: 404,
    message: '',
    retryAfterMs: null,
    jitter: 0,
  };
}
const withModel = (model: string): HealthScope => ({ kind: 'key_model', key: KEY, model });

test('model names that callers invent do not make it grow without bound; the key itself is not forgotten', () => {
  const book = new HealthBook();
  book.apply([{ kind: 'key', key: KEY }], failure(NOW, 'key_invalid'));
  for (let index = 0; index < HEALTHS_MAX + 500; index += 1) {
    book.apply([withModel(`invented-${index}`)], failure(NOW + index, 'model_unavailable'));
  }
  expect(book.size).toBeLessThanOrEqual(HEALTHS_MAX);
  expect(book.get({ kind: 'key', key: KEY })?.state).toBe('unhealthy');
  expect(book.get(withModel(`invented-${HEALTHS_MAX + 499}`))?.state).toBe('cooling_down');
});

test('a success beside an old failure is nothing to write down; the first one after it is', () => {
  const book = new HealthBook();
  const scopes = [withModel('m')];
  expect(book.apply(scopes, failure(NOW, 'provider_error'))).toHaveLength(1);
  expect(book.apply(scopes, { kind: 'success', at: instant(NOW + 10) })).toHaveLength(1);
  expect(book.apply(scopes, { kind: 'success', at: instant(NOW + 20) })).toHaveLength(0);
  expect(book.apply(scopes, { kind: 'success', at: instant(NOW + 90_000) })).toHaveLength(0);
});

test('a released probe can be taken again; an unreleased one cannot', () => {
  const book = new HealthBook();
  const scopes = [withModel('m')];
  book.apply(scopes, failure(NOW, 'model_unavailable'));
  const later = { now: () => instant(NOW + 86_400_000), monotonicMs: () => 0 };
  expect(book.takeProbes(scopes, later)).toBe(true);
  expect(book.takeProbes(scopes, later)).toBe(false);
  book.releaseProbes(scopes);
  expect(book.takeProbes(scopes, later)).toBe(true);
});
