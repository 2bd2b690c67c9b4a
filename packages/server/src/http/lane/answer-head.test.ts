/** Whatever answers of a connection look like after each other, the head of each is written as if it were the first. */
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { AnswerHeads, type AnswerFraming } from './answer-head.ts';

const KEPT = { keepAliveS: 75, bodyBytes: 3 } as const;
const DAMAGED = ['a\r\nx: y', 'a\nb', 'a\0', '\u0100'];

const value = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'gen-1', 'gen-2', '', '\u00e9 ok\t') },
  { weight: 1, arbitrary: fc.constantFrom(...DAMAGED, 'x'.repeat(3000)) },
);
const answer = fc.record({
  status: fc.constantFrom(200, 200, 200, 404, 299),
  names: fc.constantFrom(
    ['content-type', 'x-a', 'x-b'],
    ['content-type', 'x-a', 'x-b'],
    ['content-type', 'x-a'],
    ['content-type', 'x-b', 'x-a'],
    [],
  ),
  values: fc.tuple(value, value, value),
  framing: fc.constantFrom<AnswerFraming>(KEPT, KEPT, { keepAliveS: null, bodyBytes: null }),
});

function outcomeOf(write: () => string): string {
  try {
    return write().replace(/Date: [^\r]*/, '');
  } catch (error) {
    return String(error);
  }
}

it('each is as if it were the first, however much they are alike', () => {
  fc.assert(
    fc.property(fc.array(answer, { minLength: 2, maxLength: 10 }), (answers) => {
      const heads = new AnswerHeads();
      for (const { status, names, values, framing } of answers) {
        const headers = names.flatMap((name, index) => [name, values[index] ?? '']);
        const alone = outcomeOf(() => new AnswerHeads().next(status, headers, framing));
        expect(outcomeOf(() => heads.next(status, headers, framing))).toBe(alone);
      }
    }),
    { numRuns: 5000 },
  );
});

it('they have what the answer says, the length, the time and what becomes of the connection', () => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 2, 3, 4, 5, 678), toFake: ['Date'] });
  try {
    const heads = new AnswerHeads();
    const date = 'Date: Fri, 02 Jan 2026 03:04:05 GMT\r\n';
    expect(heads.next(200, ['x-a', 'b', 'x-c', 'd'], KEPT)).toBe(
      `HTTP/1.1 200 OK\r\nx-a: b\r\nx-c: d\r\ncontent-length: 3\r\n${date}Connection: keep-alive\r\nKeep-Alive: timeout=75\r\n\r\n`,
    );
    expect(heads.next(404, [], { keepAliveS: null, bodyBytes: null })).toBe(
      `HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n${date}Connection: close\r\n\r\n`,
    );
    vi.setSystemTime(Date.UTC(2026, 0, 2, 3, 4, 6));
    expect(heads.next(200, [], KEPT)).toContain('03:04:06 GMT');
  } finally {
    vi.useRealTimers();
  }
});

it.each(DAMAGED)('none has a header that would begin another, whenever it comes: %j', (damaged) => {
  const heads = new AnswerHeads();
  for (const good of ['a', 'b', 'c']) {
    expect(() => heads.next(200, ['x-a', damaged], KEPT)).toThrow('no header may hold');
    expect(() => heads.next(200, [damaged, 'a'], KEPT)).toThrow('no header may hold');
    expect(heads.next(200, ['x-a', good], KEPT)).toContain(`\r\nx-a: ${good}\r\n`);
  }
  expect(heads.next(200, ['x-a', '\u00e9 ok\t'], KEPT)).toContain('\u00e9 ok\t');
});
