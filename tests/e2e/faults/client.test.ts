/**
 * What a caller can do wrong on the wire, in both dialects, against the real process: bytes that no client library would send, and
 * callers who are slow. `bad-input-inference.test.ts` has what is wrong in the body. After each, the next caller is served.
 */
import { connect } from 'node:net';
import { startSandbox, type Sandbox } from '@arouter/sandbox';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createManagementClient } from '../../support/management-client.ts';
import { readLedger } from '../../support/read-ledger.ts';
import { startGateway, type Gateway } from '../../support/start-gateway.ts';
import { ask, type Dialect } from '../../support/tenant.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { SHORT_LIMITS } from './fault-world.ts';

vi.setConfig({ testTimeout: 60_000 });

const FACES = {
  openai: { path: '/v1/chat/completions', model: 'openai/gpt-4.1-nano' },
  anthropic: { path: '/v1/messages', model: 'anthropic/claude-haiku-4-5' },
} as const;
const DIALECTS = ['openai', 'anthropic'] as const;

let sandbox: Sandbox;
let gateway: Gateway;

beforeAll(async () => {
  sandbox = await startSandbox();
  gateway = await startGateway({ egressAllow: [sandbox.url], environment: SHORT_LIMITS });
  for (const [provider, path] of [
    ['openai', '/openai/v1'],
    ['anthropic', '/anthropic'],
  ] as const)
    await createManagementClient(gateway).addKey({
      provider,
      label: provider,
      credential: { api_key: `sk-sandbox-caller-${provider}` },
      base_url: sandbox.url + path,
      max_concurrency: 600,
    });
});
afterAll(async () => {
  await gateway.remove();
  await sandbox.close();
});

type Head = { readonly method?: string; readonly target?: string; readonly headers?: readonly string[] };

function head(dialect: Dialect, { method = 'POST', target, headers = [] }: Head = {}): string {
  return [
    `${method} ${target ?? FACES[dialect].path} HTTP/1.1`,
    'host: gateway',
    `authorization: Bearer ${gateway.keys.apiKey}`,
    'content-type: application/json',
    ...headers,
    '\r\n',
  ].join('\r\n');
}

function bodyFor(dialect: Dialect, more: object = {}): string {
  const { model } = FACES[dialect];
  return JSON.stringify({ model, max_tokens: 20, messages: [{ role: 'user', content: 'Hello' }], ...more });
}

/** Sends the bytes and reads until the other side closes, or until it has said enough. */
async function say(bytes: string, isEnough: (seen: string) => boolean = () => false): Promise<string> {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  let seen = '';
  await new Promise<void>((resolve) => {
    socket.on('error', () => resolve());
    socket.on('close', () => resolve());
    socket.on('data', (piece: Buffer) => {
      seen += piece.toString('latin1');
      if (isEnough(seen)) resolve();
    });
    socket.write(bytes, 'latin1');
  });
  socket.destroy();
  return seen;
}

const isAnswered = (seen: string): boolean => /^HTTP\/1\.1 (?!100)\d{3}[^]*\r\n\r\n/m.test(seen);

type Row = readonly [name: string, bytes: (dialect: Dialect) => string, status: readonly number[]];
const WRONG: readonly Row[] = [
  ['C07: headers that never end', (dialect) => head(dialect).slice(0, -4), [408]],
  [
    'C07: a body that never ends',
    (dialect) => `${head(dialect, { headers: ['content-length: 500'] })}{"mo`,
    [408],
  ],
  [
    'C09: asks first whether 30 MB are welcome',
    (dialect) => head(dialect, { headers: ['content-length: 31457280', 'expect: 100-continue'] }),
    [413],
  ],
  [
    'C17: two keys in two Authorization headers',
    (dialect) => head(dialect, { headers: ['authorization: Bearer another', 'content-length: 2'] }) + '{}',
    [400],
  ],
  [
    'C17: fifteen hundred headers',
    (dialect) => head(dialect, { headers: Array.from({ length: 1500 }, (_, index) => `x-${index}: 12345`) }),
    [431],
  ],
  [
    'C18: a length and chunks',
    (dialect) =>
      `${head(dialect, { headers: ['content-length: 5', 'transfer-encoding: chunked'] })}0\r\n\r\n`,
    [400],
  ],
  [
    'C18: two lengths',
    (dialect) => `${head(dialect, { headers: ['content-length: 2', 'content-length: 3'] })}{} `,
    [400],
  ],
  [
    'C18: chunks that are not the last encoding',
    (dialect) => head(dialect, { headers: ['transfer-encoding: chunked, identity'] }),
    [400],
  ],
  [
    'C18: a space before the colon',
    (dialect) => head(dialect, { headers: ['transfer-encoding : chunked'] }),
    [400],
  ],
  [
    'C18: a chunk with an extension of 20 KB',
    (dialect) =>
      `${head(dialect, { headers: ['transfer-encoding: chunked'] })}2;${'a'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`,
    [413],
  ],
  [
    'C18: lines that end with a line feed alone',
    (dialect) => `${head(dialect, { headers: ['content-length: 2'] }).replaceAll('\r\n', '\n')}{}`,
    [400],
  ],
  [
    'C18: a header that is folded over two lines',
    (dialect) => head(dialect, { headers: ['x-folded: one\r\n two', 'content-length: 2'] }) + '{}',
    [400],
  ],
  ['C21: CONNECT', (dialect) => head(dialect, { method: 'CONNECT', target: 'api.openai.com:443' }), [405]],
  [
    'C21: an upgrade to a WebSocket',
    (dialect) => head(dialect, { method: 'GET', headers: ['connection: Upgrade', 'upgrade: websocket'] }),
    [405],
  ],
  [
    'C21: a header that says another method changes nothing',
    (dialect) =>
      head(dialect, {
        headers: ['x-http-method-override: DELETE', `content-length: ${bodyFor(dialect).length}`],
      }) + bodyFor(dialect),
    [200],
  ],
  ['C21: TRACE', (dialect) => head(dialect, { method: 'TRACE' }), [405]],
  ['C21: PUT', (dialect) => head(dialect, { method: 'PUT', headers: ['content-length: 0'] }), [405]],
];

const PIPELINED = 1000;

describe.concurrent.each(DIALECTS)('%s', (dialect) => {
  test.each(WRONG)('%s', async (_name, bytes, statuses) => {
    const seen = await say(bytes(dialect), isAnswered);
    const status = Number(/HTTP\/1\.1 (?!100)(\d{3})/.exec(seen)?.[1]);
    expect(statuses, seen.slice(0, 300)).toContain(status);
    expect(seen).not.toContain(gateway.keys.apiKey);
    expect(
      (await ask(gateway.url, gateway.keys.apiKey, { dialect, model: FACES[dialect].model })).status,
    ).toBe(200);
  });

  test('C19: a thousand requests in one write are answered in their order', async () => {
    const body = bodyFor(dialect);
    const bad = 'not json!';
    const one = (text: string) => head(dialect, { headers: [`content-length: ${text.length}`] }) + text;
    const seen = await say(
      Array.from({ length: PIPELINED / 2 }, () => one(body) + one(bad)).join(''),
      (text) => (text.match(/HTTP\/1\.1 400 /g)?.length ?? 0) === PIPELINED / 2 && text.endsWith('}'),
    );
    const statuses = [...seen.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status);
    expect(statuses).toEqual(Array.from({ length: PIPELINED / 2 }, () => ['200', '400']).flat());
  });
});

/** More than the buffers of a connection take, whatever the kernel grants. */
const LONG_EVENTS = 8000;
const READERS = 5;

test.each(DIALECTS)(
  'C05, C06 %s: who never reads is ended and settled once, not for nothing, and the slot is free again',
  async (dialect) => {
    sandbox.behave({
      times: READERS,
      match: { key: `sk-sandbox-caller-${dialect}` },
      fault: {
        kind: 'answer',
        status: 200,
        headers: { 'content-type': 'text/event-stream' },
        body: longEvent(dialect).repeat(LONG_EVENTS),
      },
    });
    const { hostname, port } = new URL(gateway.url);
    const body = bodyFor(dialect, { stream: true });
    const before = streams().length;
    const sockets = Array.from({ length: READERS }, () => {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      socket.pause();
      socket.write(head(dialect, { headers: [`content-length: ${body.length}`] }) + body);
      return socket;
    });
    const settled = await waitUntil(
      () => streams().slice(before),
      (rows) => rows.length === READERS && rows.every(({ outcome }) => outcome !== null),
      30_000,
    );
    for (const { outcome, final, cost_nano: cost } of settled) {
      expect(final).toBe(1);
      // Cut off for not reading, or, on a busy machine, by the limit of the whole answer.
      expect(['cancelled', 'interrupted']).toContain(outcome);
      expect(cost).toBeGreaterThan(0);
    }
    const next = await ask(gateway.url, gateway.keys.apiKey, { dialect, model: FACES[dialect].model });
    expect(next.status).toBe(200);
    for (const socket of sockets) socket.destroy();
  },
);

function longEvent(dialect: Dialect): string {
  const text = 'x'.repeat(2000);
  return dialect === 'openai'
    ? `data: {"choices":[{"index":0,"delta":{"content":"${text}"}}]}\n\n`
    : `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"${text}"}}\n\n`;
}

function streams() {
  const ledger = readLedger(gateway.dataDir);
  try {
    return ledger.attempts().filter(({ streamed }) => streamed === 1);
  } finally {
    ledger.close();
  }
}
