/**
 * What translation costs: processor time of the real gateway for one stream of 200 events, passed through and translated,
 * from every chat dialect of a caller to two of a provider. Processor time, not waiting time, so that a busy machine
 * matters little; the bound is generous all the same, and the figures are printed.
 */
import { readFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inParallel } from '../support/ask-over-http.ts';
import { createManagementClient } from '../support/management-client.ts';
import { startGateway } from '../support/start-gateway.ts';
import type { Gateway } from '../support/start-gateway.ts';

const EVENTS = 200;
const WARM_UP_STREAMS = 60;
const STREAMS = 120;
const WIDTH = 4;
/** The target is 3; a test that others' load can fail is worth nothing. */
const RATIO_MAX = 5;
/** Of the kernel's clock: 100 ticks a second on every Linux that Node runs on. */
const TICK_US = 10_000;
const CHAT_MODEL = 'openai/gpt-4o-mini';
const CLAUDE = 'anthropic/claude-haiku-4-5';
const ASKED = 'Tell a story.';

const measurable = process.platform === 'linux';
if (!measurable) console.log('skipped: processor time of another process is read from /proc');

type Way = { readonly name: string; readonly path: string; readonly model: string; readonly body: object };
const messages = [{ role: 'user', content: ASKED }];
const WAYS: readonly Way[] = [
  {
    name: 'chat → chat, passed through',
    path: '/v1/chat/completions',
    model: CHAT_MODEL,
    body: { messages },
  },
  {
    name: 'messages → messages, passed through',
    path: '/v1/messages',
    model: CLAUDE,
    body: { messages, max_tokens: 500 },
  },
  { name: 'messages → chat', path: '/v1/messages', model: CHAT_MODEL, body: { messages, max_tokens: 500 } },
  { name: 'chat → messages', path: '/v1/chat/completions', model: CLAUDE, body: { messages } },
  { name: 'responses → messages', path: '/v1/responses', model: CLAUDE, body: { input: ASKED } },
];

describe.skipIf(!measurable)('the cost of translation', { timeout: 180_000 }, () => {
  let upstream: Server;
  let gateway: Gateway;
  beforeAll(async () => {
    upstream = await startUpstream();
    const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
    gateway = await startGateway({ egressAllow: [url] });
    const client = createManagementClient(gateway);
    for (const [provider, base] of [
      ['openai', '/v1'],
      ['anthropic', ''],
    ] as const) {
      await client.addKey({ provider, credential: { api_key: 'sandbox-0123456789' }, base_url: url + base });
    }
  });
  afterAll(async () => {
    await gateway?.remove();
    upstream?.closeAllConnections();
    upstream?.close();
  });

  test(`a translated stream of ${EVENTS} events costs a small multiple of one passed through`, async () => {
    for (const way of WAYS) await stream(way, WARM_UP_STREAMS);
    const costs = new Map<string, number>();
    for (const way of WAYS) {
      const before = processorUs(gateway.pid);
      await stream(way, STREAMS);
      costs.set(way.name, (processorUs(gateway.pid) - before) / STREAMS);
    }
    const passed = [...costs].filter(([name]) => name.endsWith('passed through')).map(([, cost]) => cost);
    const base = passed.reduce((sum, cost) => sum + cost, 0) / passed.length;
    const shown = [...costs].map(([name, cost]) => ({
      way: name,
      'ms of processor': Number((cost / 1000).toFixed(2)),
      ratio: Number((cost / base).toFixed(2)),
    }));
    console.table(shown);
    for (const { way, ratio } of shown) expect(ratio, way).toBeLessThan(RATIO_MAX);
  });

  async function stream({ path, model, body }: Way, count: number): Promise<void> {
    await inParallel([...Array(count).keys()], WIDTH, async () => {
      const response = await fetch(gateway.url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${gateway.keys.apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model, stream: true, ...body }),
      });
      const text = await response.text();
      expect(response.status, text.slice(0, 300)).toBe(200);
      expect(text.split('word 199').length).toBeGreaterThan(1);
    });
  }
});

/** User and system time of a process and its threads. */
function processorUs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

/** Writes each event by itself, as providers do. */
async function startUpstream(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      writeInTurn(response, request.url?.endsWith('/messages') === true ? claudeEvents() : chatEvents(), 0);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function writeInTurn(response: ServerResponse, events: readonly string[], at: number): void {
  const event = events[at];
  if (event === undefined) {
    response.end();
    return;
  }
  response.write(event, () => writeInTurn(response, events, at + 1));
}

const words = Array.from({ length: EVENTS }, (_, index) => `word ${index} `);

function chatEvents(): readonly string[] {
  const chunk = (delta: object, rest: object = {}): string =>
    `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o-mini', choices: [{ index: 0, delta, finish_reason: null }], ...rest })}\n\n`;
  const end = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
  const usage = {
    choices: [],
    usage: { prompt_tokens: 5, completion_tokens: EVENTS, total_tokens: EVENTS + 5 },
  };
  return [
    ...words.map((content) => chunk({ content })),
    chunk({}, end),
    chunk({}, usage),
    'data: [DONE]\n\n',
  ];
}

function claudeEvents(): readonly string[] {
  const event = (data: { readonly type: string; readonly [field: string]: unknown }): string =>
    `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-haiku-4-5',
    content: [],
    usage: { input_tokens: 5, output_tokens: 1 },
  };
  return [
    event({ type: 'message_start', message }),
    event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    ...words.map((text) =>
      event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
    ),
    event({ type: 'content_block_stop', index: 0 }),
    event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: EVENTS } }),
    event({ type: 'message_stop' }),
  ];
}
