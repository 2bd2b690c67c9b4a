/**
 * The same requests, good and damaged, cut anywhere, to the lane and to `node:http` alone: whatever comes, callers must hear the same. Where
 * the two read a request differently, what stands before the gateway could be made to see another one than it does.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { call, openEcho, PATH, statusesIn, type Echo } from './testing/open-echo.ts';

let lane: Echo;
let node: Echo;
beforeAll(async () => {
  [lane, node] = await Promise.all([openEcho(), openEcho({ withLane: false })]);
});
afterAll(() => Promise.all([lane.close(), node.close()]));

const LINES = [
  `POST ${PATH} HTTP/1.1`,
  `POST ${PATH} HTTP/1.1`,
  `POST ${PATH} HTTP/1.1`,
  `POST ${PATH} HTTP/1.1`,
  `POST ${PATH}?key=1 HTTP/1.1`,
  `POST /other HTTP/1.1`,
  `GET ${PATH} HTTP/1.1`,
  `POST ${PATH} HTTP/1.0`,
  `POST  ${PATH} HTTP/1.1`,
  `post ${PATH} HTTP/1.1`,
  `POST http://x${PATH} HTTP/1.1`,
  `POST ${PATH}\t HTTP/1.1`,
  `\r\nPOST ${PATH} HTTP/1.1`,
  `POST ${PATH}#a HTTP/1.1`,
];
const HEADERS = [
  'content-type: application/json',
  'Content-Type:application/json  ',
  'authorization: Bearer lr_live_a',
  'X-A: \ta b\t ',
  'x-a:',
  'x-a: \u00e9',
  'x-a: a\0b',
  'x-a : b',
  ' folded: b',
  'no colon',
  'x-a: b\r folded',
  'x-a: b\nx-b: c',
  'Host: y',
  'host:',
  'x-empty:',
  'content-length: 3\t ',
  'Proxy-Connection: keep-alive',
  'connection:',
  'connection: keep-alive\t',
  'cookie: a=1; b=2',
  '__proto__: a',
  'constructor: b',
  'connection: close',
  'Connection: Keep-Alive',
  'connection: keep-alive, x-a',
  'transfer-encoding: chunked',
  'Transfer-Encoding: identity',
  'content-length: 3',
  'content-length: 03',
  'content-length: +3',
  'content-length: 3, 3',
  'content-length: 5',
  'content-length : 3',
  'expect: 100-continue',
  'upgrade: websocket',
  'keep-alive: timeout=5',
  'te: trailers',
];
const FRAMINGS = [
  'content-length: 3',
  'content-length: 3',
  'content-length: 5',
  'content-length: 0',
  'content-length: 300',
  'transfer-encoding: chunked',
  '',
];
const BODIES = [
  'abc',
  'abcde',
  '',
  '3\r\nabc\r\n0\r\n\r\n',
  `abcPOST ${PATH} HTTP/1.1\r\nhost: z\r\ncontent-length: 2\r\n\r\nde`,
  // So long that most cuts are in it.
  'z'.repeat(300),
];

const request = fc
  .record({
    line: fc.constantFrom(...LINES),
    headers: fc.array(fc.constantFrom(...HEADERS), { maxLength: 3 }),
    framing: fc.constantFrom(...FRAMINGS),
    body: fc.constantFrom(...BODIES),
    host: fc.constantFrom('host: x\r\n', 'host: x\r\n', 'host: x\r\n', ''),
  })
  .map(({ line, headers, framing, body, host }) => {
    const lines = [line, ...headers, ...(framing === '' ? [] : [framing])];
    return `${lines[0]}\r\n${host}${lines
      .slice(1)
      .map((each) => `${each}\r\n`)
      .join('')}\r\n${body}`;
  });
const TOKEN = `lr_live_${'a'.repeat(62)}`;
/** Like the one before it, as nearly all requests of a connection are: the lane recognises them. */
const PLAIN = `POST ${PATH} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKEN}\r\ncontent-length: 3\r\nx-a: b\r\n\r\n`;
const alike = fc.oneof(
  fc.nat(300).map((length) => `${PLAIN.replace(': 3', `: ${length}`)}${'z'.repeat(length)}`),
  fc.constantFrom('b', '_').map((letter) => `${PLAIN.replace(/a(?=\r)/, letter)}abc`),
  fc.constant(`${PLAIN.replace(': 3', `: ${PLAIN.length}`)}${PLAIN}`),
);
const damaged = fc.oneof(
  // A byte more, less, or another one, anywhere.
  fc
    .tuple(
      fc.nat(PLAIN.length - 1),
      fc.constantFrom('', '0', 'a', ' ', ':', '\r\n', '\0', '\u00e9'),
      fc.boolean(),
    )
    .map(([at, put, over]) => `${PLAIN.slice(0, at)}${put}${PLAIN.slice(at + (over ? 1 : 0))}abc`),
  fc.constantFrom(...FRAMINGS).map((framing) => `${PLAIN.replace('content-length: 3', framing)}abc`),
);
const repeated = fc
  .tuple(fc.array(alike, { maxLength: 2 }), fc.oneof(alike, damaged))
  .map(([others, last]) => [`${PLAIN}abc`, `${PLAIN}abc`, ...others, last]);
const sent = fc
  .tuple(
    fc.oneof(fc.array(request, { minLength: 1, maxLength: 3 }), repeated),
    fc.array(fc.nat(1000), { maxLength: 3 }),
  )
  .map(([requests, cuts]) => piecesOf(requests.join(''), cuts));

function piecesOf(text: string, cuts: readonly number[]): readonly string[] {
  const at = [0, ...cuts.filter((cut) => cut < text.length).toSorted((a, b) => a - b), text.length];
  return at.slice(1).map((end, index) => text.slice(at[index], end));
}

/** All that is heard until the connection ends, or nothing more comes for thrice `quietMs`; without the date. */
async function hear({ port }: Echo, pieces: readonly string[], quietMs: number): Promise<string> {
  const { socket, heard, closed } = call(port);
  for (const piece of pieces) {
    socket.write(piece, 'latin1');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  let before = '';
  for (let quiet = 0; quiet < 3 && !socket.closed;) {
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, quietMs))]);
    quiet = heard() === before ? quiet + 1 : 0;
    before = heard();
  }
  const end = socket.closed ? 'closed' : 'open';
  socket.destroy();
  return `${heard().replace(/\r\ndate: [^\r]*/gi, '')}|${end}`;
}

/**
 * `node:http` reads ahead: where what follows good requests is damaged, it refuses that before they are answered, and nobody hears the
 * answers. The lane answers one request before it looks at the next, so that answers may come before the refusal there, of any kind.
 */
function sameButForEarlierAnswers(byLane: string, byNode: string): string {
  const before = byNode.slice(0, byNode.lastIndexOf('HTTP/1.1 400 '));
  if (!byNode.endsWith('|closed') || !byLane.endsWith('|closed') || !byLane.startsWith(before)) return byLane;
  const further = statusesIn(byLane.slice(before.length)).join(' ');
  return statusesIn(byNode).at(-1) === '400' && /^(?:[124]\d\d )*400$/.test(further) ? byNode : byLane;
}

/** What was heard of both; one where they are the same. */
async function compare(pieces: readonly string[], quietMs: number): Promise<readonly string[]> {
  const [byLane, byNode] = await Promise.all([hear(lane, pieces, quietMs), hear(node, pieces, quietMs)]);
  return [...new Set([sameButForEarlierAnswers(byLane, byNode), byNode])];
}

it('callers hear the same, whatever they send and however it is cut', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(sent, { minLength: 8, maxLength: 8 }), async (batch) => {
      await Promise.all(
        batch.map(async (pieces) => {
          // Where the machine was busy, a second look tells a late answer from none.
          const isSame =
            (await compare(pieces, 12)).length === 1 || (await compare(pieces, 100)).length === 1;
          if (!isSame) expect.fail(JSON.stringify([pieces, ...(await compare(pieces, 100))], null, 2));
        }),
      );
    }),
    { numRuns: 300 },
  );
  // Else it would have compared `node:http` with itself.
  expect(lane.inLane()).toBeGreaterThan(30);
});
