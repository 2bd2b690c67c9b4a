import { expect, test } from 'vitest';
import type { StreamRelay, StreamState } from '../wire/dialect.ts';
import { scrubRelay } from './scrub-relay.ts';

const SECRET = 'sk-live-0123456789';
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (given: Uint8Array | null): string => new TextDecoder().decode(given ?? undefined);

function passThrough(fails: boolean): StreamRelay {
  return {
    push: (pushed) => pushed,
    end: () => bytes(`bye ${SECRET}`),
    finish: () => bytes('end'),
    state: { failure: fails ? { status: 500 } : null } as StreamState,
  };
}

test('a provider’s error event that repeats the key reaches the caller without it', () => {
  const relay = scrubRelay(passThrough(true), { api_key: SECRET });
  const shown = text(relay.push(bytes(`data: {"error":"key ${SECRET} and again ${SECRET}, no"}\n\n`)));
  const stars = '*'.repeat(SECRET.length);
  expect(shown).toBe(`data: {"error":"key ${stars} and again ${stars}, no"}\n\n`);
  expect(text(relay.end())).toBe(`bye ${stars}`);
});

test('bytes of an answer without a failure are the very ones that came', () => {
  const relay = scrubRelay(passThrough(false), { api_key: SECRET });
  const came = bytes('data: {"choices":[]}\n\n');
  expect(relay.push(came)).toBe(came);
  expect(text(relay.finish())).toBe('end');
});
