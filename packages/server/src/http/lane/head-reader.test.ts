/** Whatever a connection's requests look like after each other, each is read as if it were the first. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeadReader } from './head-reader.ts';
import { knownHead, type KnownHead } from './known-head.ts';
import { HEAD_END, readPlainHead, type PlainHead } from './plain-head.ts';

const BYTES_MAX = 16 * 1024;
const NAMES = [
  'authorization',
  'x-api-key',
  'api-key',
  'cookie',
  'content-length',
  'content-type',
  'host',
  'x-a',
  'te',
];
const TOKEN = `lr_live_${'aZ9'.repeat(20)}`;
const OTHER_TOKEN = `lr_live_${'bY8'.repeat(20)}`;

/** Where only its length told a key from what follows it, this would be part of one. */
const SMUGGLED = '\r\nte: trailers';

/** All that anyone may ask of a head. */
function seen(head: PlainHead | null): unknown {
  if (head === null) return null;
  return {
    method: head.method,
    url: head.url,
    bytes: head.bytes,
    bodyBytes: head.bodyBytes,
    headers: NAMES.map((name) => [name, head.header(name), head.timesSent(name)]),
    token: outcomeOf(() => head.token()),
  };
}

function outcomeOf(ask: () => unknown): unknown {
  try {
    return ask();
  } catch (error) {
    return String(error);
  }
}

function readAlone(bytes: Buffer): PlainHead | null {
  const end = bytes.indexOf(HEAD_END);
  return end === -1 ? null : readPlainHead(bytes.toString('latin1', 0, end));
}

const request = (lines: readonly string[], body = 'abc'): Buffer =>
  Buffer.from(`POST /v1/messages HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1');

const lines = fc.uniqueArray(
  fc.constantFrom(
    'Host: x',
    'Content-Length: 3',
    'content-length:\t12 \t',
    'Content-Length: 0',
    `Authorization: Bearer ${TOKEN}`,
    `authorization: bearer ${TOKEN} `,
    `authorization:${TOKEN}`,
    `authorization: Bearer  ${TOKEN}`,
    `authorization: Basic ${TOKEN}`,
    `authorization: AWS4-HMAC-SHA256 Credential=${TOKEN}/x, Signature=a`,
    `x-api-key: ${TOKEN}`,
    `X-Api-Key:Bearer ${TOKEN}`,
    `api-key: ${OTHER_TOKEN}`,
    'api-key: none',
    'Content-Type: application/json',
    'X-A: content-length: 3',
    'x-a:',
    'cookie: a=1',
    'te: trailers',
  ),
  { selector: (line) => line.slice(0, line.indexOf(':')).toLowerCase(), minLength: 3, maxLength: 7 },
);

type Edit = (text: string) => string;
const TEXTS = ['', 'a', '0', '9', '-', ' ', ':', '\r', '\n', '\r\n', '\0', '\u00e9', SMUGGLED, '?'];
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.constant((text: string) => text),
  fc
    .integer({ min: 0, max: 2_000_000_000 })
    .map((bytes) => (text: string) => withLength(text, String(bytes))),
  fc
    .constantFrom('', '00', '03', '+3', '3, 3', '3 ', ' 3', '3\r\nContent-Length: 5', '3x', '-1', '1e1')
    .map((length) => (text: string) => withLength(text, length)),
  fc
    .constantFrom(OTHER_TOKEN, `${TOKEN.slice(0, -SMUGGLED.length)}${SMUGGLED}`, `${TOKEN.slice(1)} `)
    .map((token) => (text: string) => text.replace(TOKEN, token)),
  // A path that looks like a query, and a query.
  fc
    .constantFrom('&', '?')
    .map((mark) => (text: string) => text.replace(' HTTP', `${mark}key=${OTHER_TOKEN} HTTP`)),
  // One place, anywhere: overwritten, put in or left out.
  fc
    .tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(...TEXTS), fc.boolean())
    .map(([where, put, over]) => (text: string) => {
      const at = Math.floor(where * text.length);
      return text.slice(0, at) + put + text.slice(at + (over ? 1 : 0));
    }),
);

function withLength(text: string, length: string): string {
  return text.replace(/(content-length:[\t ]*)\d+/i, `$1${length}`);
}

describe('the requests of a connection', () => {
  it('are read as if each were the first, however much they are alike', () => {
    fc.assert(
      fc.property(lines, fc.array(edit, { minLength: 3, maxLength: 8 }), (first, edits) => {
        const reader = new HeadReader(BYTES_MAX);
        const text = request(first).toString('latin1');
        for (const each of [text, text, ...edits.map((apply) => apply(text))]) {
          const bytes = Buffer.from(each, 'latin1');
          const [read, wanted] = [seen(reader.read(bytes)), seen(readAlone(bytes))];
          // Asked only where they differ: asking costs more than all the reading.
          if (!isDeepStrictEqual(read, wanted)) expect(read, JSON.stringify(each)).toEqual(wanted);
        }
      }),
      { numRuns: 20_000 },
    );
  });

  it('may be cut anywhere, and have a body that looks like a head', () => {
    const reader = new HeadReader(BYTES_MAX);
    const headers = ['Host: x', `Authorization: Bearer ${TOKEN}`, 'Content-Length: 3'];
    const bytes = request(headers, request(headers).toString('latin1'));
    for (let count = 0; count < 3; count += 1) expect(reader.read(bytes)?.bodyBytes).toBe(3);
    const headBytes = reader.read(bytes)?.bytes ?? 0;
    for (let end = 0; end < headBytes; end += 1) expect(reader.read(bytes.subarray(0, end))).toBeNull();
    expect(reader.read(bytes.subarray(0, headBytes))?.bytes).toBe(headBytes);
  });

  it('have a head of the bound at most, recognised or not', () => {
    const reader = new HeadReader(
      request(['Host: x', `x-api-key: ${TOKEN}`, 'Content-Length: 3'], '').length - 4,
    );
    const sized = (length: string): Buffer =>
      request(['Host: x', `x-api-key: ${TOKEN}`, `Content-Length: ${length}`]);
    const readBodyBytes = [3, 3, 3, 4, null];
    expect(['3', '3', '3', '4', '44'].map((length) => reader.read(sized(length))?.bodyBytes ?? null)).toEqual(
      readBodyBytes,
    );
  });
});

describe('a known head', () => {
  const headers = ['Host: x', `Authorization: Bearer ${TOKEN}`, 'Content-Length: 3', 'X-A: b'];
  const known = (from: readonly string[]): KnownHead | null => {
    const bytes = request(from);
    return knownHead(bytes, readAlone(bytes) as PlainHead);
  };

  it.each([
    ['another length', headers.with(2, 'Content-Length: 65536')],
    ['another key', headers.with(1, `Authorization: Bearer ${OTHER_TOKEN}`)],
  ])('recognises one with %s', (_what, others) => {
    const bytes = request(others);
    expect(seen(known(headers)?.recognise(bytes) ?? null)).toEqual(seen(readAlone(bytes)));
    expect(known(headers)?.recognise(bytes)).not.toBeNull();
  });

  it.each([
    ['a longer key', headers.with(1, `Authorization: Bearer ${TOKEN}a`)],
    ['another scheme', headers.with(1, `Authorization: bearer ${TOKEN}`)],
    ['a header more', [...headers, 'X-B: c']],
  ])('does not recognise one with %s', (_what, others) => {
    expect(known(headers)?.recognise(request(others))).toBeNull();
  });

  it.each([
    ['no key', headers.toSpliced(1, 1)],
    ['two keys', [...headers, `x-api-key: ${TOKEN}`]],
    ['a cookie', [...headers, 'Cookie: a=1']],
    ["a session's token", [...headers, 'X-Amz-Security-Token: a']],
    ['a signature', headers.with(1, `Authorization: AWS4-HMAC-SHA256 Credential=${TOKEN}/x, Signature=a`)],
    ['4 KiB', [...headers, `x-b: ${'b'.repeat(4096)}`]],
  ])('is none that has %s', (_what, others) => {
    expect(known(others)).toBeNull();
  });

  it('keeps no key', () => {
    const kept = known(headers);
    expect(kept?.headers.get('authorization')).toMatch(/^Bearer -+$/);
    expect(kept?.bytes.toString('latin1')).not.toContain(TOKEN);
  });
});
