/**
 * The same answers, good and damaged, to our own client and to undici: what ours accepts, undici must read the same. Where
 * the two disagree, a proxy in between could be made to see another answer than we do. Ours may be the stricter one.
 */
import { TransportFault } from '@arouter/core';
import fc from 'fast-check';
import { Client } from 'undici';
import { afterEach, expect, it } from 'vitest';
import { createTransport } from './create-transport.ts';
import { LIMITS, post, REAL_CLOCK, startRawServer } from './testing/raw-server.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

type Read =
  | { readonly kind: 'answer'; readonly status: number; readonly type: string; readonly body: string }
  | { readonly kind: 'refused' };

const NAMES = [
  'Content-Type',
  'content-length',
  'Content-Length ',
  'Transfer-Encoding',
  'X-A',
  'Connection',
  '',
];
const VALUES = [
  'text/plain',
  '3',
  '5',
  '+3',
  '3, 3',
  'chunked',
  'gzip',
  'close',
  'keep-alive',
  '',
  ' a\tb ',
  '\u00e9',
];
const LINE_ENDS = ['\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r', '\r\n '];
const STATUS_LINES = [
  'HTTP/1.1 200 OK',
  'HTTP/1.1 200 OK',
  'HTTP/1.1 200',
  'HTTP/1.0 200 OK',
  'HTTP/1.1 204 No Content',
  'HTTP/1.1 304 Not Modified',
  'HTTP/1.1 429 Slow down',
  'HTTP/1.1 99 X',
  'HTTP/1.1  200 OK',
  'http/1.1 200 OK',
  'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK',
];
const BODIES = [
  'abc',
  'hello',
  '',
  '3\r\nabc\r\n0\r\n\r\n',
  '3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-T: t\r\n\r\n',
  '3\r\nabcd\r\n0\r\n\r\n',
  '3\nabc\n0\n\n',
  '0x3\r\nabc\r\n0\r\n\r\n',
  ' 3\r\nabc\r\n0\r\n\r\n',
  '3 \r\nabc\r\n0\r\n\r\n',
  'abcHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno',
];

const header = fc
  .tuple(fc.constantFrom(...NAMES), fc.constantFrom(...VALUES), fc.constantFrom(...LINE_ENDS))
  .map(([name, value, end]) => `${name}: ${value}${end}`);
const good = fc
  .tuple(
    fc.constantFrom('Content-Length: 3\r\n', 'Content-Length: 5\r\n', 'Transfer-Encoding: chunked\r\n', ''),
    header,
  )
  .map(([framing, other]) => framing + other);
const answers = fc
  .tuple(
    fc.constantFrom(...STATUS_LINES),
    fc.oneof(
      good,
      fc.array(header, { maxLength: 4 }).map((lines) => lines.join('')),
    ),
    fc.constantFrom(...BODIES),
  )
  .map(([status, headers, body]) => `${status}\r\n${headers}\r\n${body}`);

it('what our client accepts, undici reads the same', async () => {
  let bytes = Buffer.alloc(0);
  const server = await startRawServer((socket) => socket.end(bytes));
  open.push(server.close);
  const transport = createTransport({ clock: REAL_CLOCK, policy: server.policy });
  open.unshift(() => transport.close());

  async function readWithOurs(): Promise<Read> {
    try {
      const response = await transport.send(post(server.origin), LIMITS);
      const body = Buffer.from(await response.readAll(10_000)).toString('latin1');
      return { kind: 'answer', status: response.status, type: response.header('content-type') ?? '', body };
    } catch (error) {
      if (error instanceof TransportFault) return { kind: 'refused' };
      throw error;
    }
  }
  const counts = { both: 0, stricter: 0, neither: 0 };
  await fc.assert(
    fc.asyncProperty(answers, async (answer) => {
      bytes = Buffer.from(answer, 'latin1');
      const ours = await readWithOurs();
      const theirs = await readWithUndici(server.origin);
      if (ours.kind === 'answer') expect(theirs).toEqual(ours);
      if (ours.kind === 'refused') counts[theirs.kind === 'refused' ? 'neither' : 'stricter'] += 1;
      else counts.both += 1;
    }),
    { numRuns: 600 },
  );
  // Good and bad answers were among them, or this has shown nothing.
  expect(counts.both).toBeGreaterThan(40);
  expect(counts.neither).toBeGreaterThan(20);
}, 60_000);

async function readWithUndici(origin: string): Promise<Read> {
  const client = new Client(origin);
  try {
    const response = await client.request({ path: '/v1/chat/completions', method: 'POST', body: '{"a":1}' });
    const body = Buffer.from(await response.body.arrayBuffer()).toString('latin1');
    const types = response.headers['content-type'] ?? '';
    // It leaves the blanks behind a value, which are none of it (RFC 9110 § 5.5).
    const type = (Array.isArray(types) ? (types[0] ?? '') : types).trim();
    return { kind: 'answer', status: response.statusCode, type, body };
  } catch {
    // Whatever it says, it did not take it for an answer.
    return { kind: 'refused' };
  } finally {
    await client.destroy();
  }
}
