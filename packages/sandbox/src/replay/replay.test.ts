import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadRecordings, recordedHeaders, serialiseRecordedBody } from './load-recordings.ts';
import type { Recording } from './load-recordings.ts';
import { matchKey, normaliseBody } from './match-key.ts';
import { createReplayBook } from './replay-book.ts';
import { startSandbox } from '../start-sandbox.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../../..');
const DIR = join(process.env['AROUTER_TRAFFIC_DIR'] ?? join(ROOT, '../shared/traffic'), 'recorded');
const present = existsSync(DIR);
if (!present) console.log(`skipped: no recorded traffic at ${DIR} (set AROUTER_TRAFFIC_DIR)`);

describe.skipIf(!present)('recorded traffic', () => {
  test.each([
    ['OpenAI chat', '/chat/completions', null],
    ['Anthropic messages', '/messages', null],
    ['OpenAI chat in pieces of 7 bytes', '/chat/completions', 7],
    ['every provider and endpoint', '', null],
  ])('%s is answered byte for byte', { timeout: 120_000 }, async (name, operation, chunkBytes) => {
    const recordings = loadRecordings(DIR).filter(({ path }) => path.endsWith(operation));
    const sandbox = await startSandbox({ replay: { dir: DIR, ...(chunkBytes !== null && { chunkBytes }) } });
    let equal = 0;
    try {
      // Asked once each, in their order: those of one question come in their turns, so each must get its own answer.
      for (const recording of recordings) equal += Number(await answersEqually(sandbox.url, recording));
    } finally {
      await sandbox.close();
    }
    console.log(`${name}: tried ${recordings.length}, equal ${equal}`);
    expect(recordings.length).toBeGreaterThan(100);
    expect(equal).toBe(recordings.length);
  });

  test('each recording of one question is served in its turn', () => {
    const recordings = loadRecordings(DIR);
    const groups = Map.groupBy(recordings, ({ exchange, path }) =>
      [exchange.provider, matchKey({ method: exchange.method, path, body: exchange.request_body })].join(' '),
    );
    const [several] = [...groups.values()].filter((group) => group.length > 1);
    if (several?.[0] === undefined) throw new Error('the recordings hold no repeated question');
    const [{ exchange, path }] = several;
    const book = createReplayBook(recordings);
    const subject = {
      method: exchange.method,
      path: `/${exchange.provider}${path}`,
      body: exchange.request_body,
    };
    const names = Array.from({ length: several.length + 1 }, () => {
      const found = book.find(subject);
      return found.kind === 'found' ? found.recording.name : null;
    });
    expect(names).toEqual([...several.map(({ name }) => name), several[0].name]);
  });
});

test('a request that no recording answers is told which comes nearest, and where it differs', async () => {
  const book = createReplayBook([
    recording({ messages: [{ role: 'user', content: 'one' }], temperature: 1 }),
    recording({ messages: [{ role: 'user', content: 'two' }], temperature: 0 }),
  ]);
  expect(
    book.find({
      method: 'POST',
      path: '/v1/chat/completions',
      body: { model: 'other', messages: [{ role: 'user', content: 'two' }], temperature: 0.5 },
    }),
  ).toEqual({
    kind: 'missing',
    nearest: { recording: 'file.json#0', field: 'temperature', recorded: '0', received: '0.5' },
  });
  expect(book.find({ method: 'POST', path: '/v1/embeddings', body: {} })).toEqual({
    kind: 'missing',
    nearest: null,
  });
});

describe('two requests are the same question', () => {
  const of = (body: unknown) => matchKey({ method: 'POST', path: '/v1/chat/completions', body });
  const base = { messages: [{ role: 'tool', tool_call_id: 'call_a', content: 'x' }], n: 1 };

  test('whatever model, base path, usage option, order of fields or ids a gateway gives them', () => {
    expect(of({ ...base, model: 'a', stream_options: { include_usage: true }, stream: false })).toBe(
      of(base),
    );
    expect(of({ n: 1, messages: [{ content: 'x', tool_call_id: 'call_b', role: 'tool' }] })).toBe(of(base));
    expect(matchKey({ method: 'POST', path: '/groq/openai/v1/chat/completions', body: base })).toBe(of(base));
  });

  test('but not when a word, a number, a stream flag or the tie between ids differs', () => {
    const two = (first: string, second: string) =>
      of({ messages: [{ tool_calls: [{ id: first }] }, { role: 'tool', tool_call_id: second }] });
    expect(of({ ...base, n: 2 })).not.toBe(of(base));
    expect(of({ ...base, stream: true })).not.toBe(of(base));
    expect(two('a', 'a')).toBe(two('b', 'b'));
    expect(two('a', 'b')).not.toBe(two('b', 'b'));
  });

  test('and normalising twice changes nothing more', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (body) => {
        const onceOver = normaliseBody(body);
        expect(normaliseBody(onceOver)).toEqual(onceOver);
      }),
    );
  });
});

function recording(body: unknown): Recording {
  return {
    name: 'file.json#0',
    path: '/v1/chat/completions',
    exchange: {
      provider: 'openai',
      method: 'POST',
      url: 'https://api.openai.com/v1/chat/completions',
      request_body: body,
      status: 200,
      response_headers: {},
    },
  };
}

async function answersEqually(url: string, { exchange, path }: Recording): Promise<boolean> {
  // With another model and a usage option, as a gateway sends it.
  const body =
    typeof exchange.request_body === 'object' && path.endsWith('/chat/completions')
      ? { ...exchange.request_body, model: 'renamed', stream_options: { include_usage: true } }
      : exchange.request_body;
  const response = await fetch(`${url}/${exchange.provider}${path}`, {
    method: exchange.method.toUpperCase(),
    // Each reads the key where its own libraries put it.
    headers: { authorization: 'Bearer sk-sandbox-replay', 'api-key': 'sk-sandbox-replay' },
    ...(!/^get$/i.test(exchange.method) && {
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  return (
    response.status === exchange.status &&
    recordedHeaders(exchange).every(([name, value]) => response.headers.get(name) === value) &&
    bytes.equals(serialiseRecordedBody(exchange))
  );
}
