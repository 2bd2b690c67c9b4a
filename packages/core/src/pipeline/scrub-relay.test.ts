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
  const relay = scrubRelay(passThrough(true), { api_key: SECRET }, { lines: true });
  const shown = text(relay.push(bytes(`data: {"error":"key ${SECRET} and again ${SECRET}, no"}\n\n`)));
  const stars = '*'.repeat(SECRET.length);
  expect(shown).toBe(`data: {"error":"key ${stars} and again ${stars}, no"}\n\n`);
  expect(text(relay.end())).toBe(`bye ${stars}`);
});

test('bytes of an answer without a failure are the very ones that came', () => {
  const relay = scrubRelay(passThrough(false), { api_key: SECRET }, { lines: true });
  const came = bytes('data: {"choices":[]}\n\n');
  expect(relay.push(came)).toBe(came);
  expect(text(relay.finish())).toBe('end');
});

test('however an event is cut, the key in it does not get through, and nothing else is lost', () => {
  const event = `event: error\ndata: {"message":"key ${SECRET}"}\n\n`;
  const stars = event.replace(SECRET, '*'.repeat(SECRET.length));
  for (let at = 0; at <= event.length; at += 1) {
    // The failure is known only when the event is whole, as it is in the dialects.
    let seen = '';
    const relay = scrubRelay(
      {
        push(pushed) {
          seen += text(pushed);
          return pushed;
        },
        end: () => null,
        finish: () => bytes(''),
        get state() {
          return { failure: seen.endsWith('\n\n') ? { status: 500 } : null } as StreamState;
        },
      },
      { api_key: SECRET },
      { lines: true },
    );
    const came = [event.slice(0, at), event.slice(at)].map((piece) => text(relay.push(bytes(piece))));
    expect(came.join('') + text(relay.end()), `cut at ${at}`).toBe(stars);
  }
});

test('a line that never ends is given at the end, and a binary stream waits for no line', () => {
  const relay = scrubRelay(passThrough(false), { api_key: SECRET }, { lines: true });
  expect(relay.push(bytes('data: half'))).toBeNull();
  expect(text(relay.end())).toBe(`data: halfbye ${'*'.repeat(SECRET.length)}`);
  const binary = scrubRelay(passThrough(false), { api_key: SECRET }, { lines: false });
  expect(text(binary.push(bytes(`\u0000${SECRET}\u0001`)))).toBe(`\u0000${'*'.repeat(SECRET.length)}\u0001`);
});
