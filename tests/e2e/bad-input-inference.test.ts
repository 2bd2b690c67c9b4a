/**
 * Bad input on the inference paths, in both dialects: each gets its status, its code and a sentence that says what to do;
 * nothing reaches a provider, nothing changes, nothing of the body comes back.
 */
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { send, type Sent } from '../support/send.ts';
import { openStage, type Stage } from '../support/stage.ts';
import { openTenant, type Tenant } from '../support/tenant.ts';
import { waitUntil } from '../support/wait-until.ts';
import { CANARY, expectRefusal, expectUnchanged, type Expected } from './bad-input-checks.ts';

const BODY_BYTES_MAX = 2 * 1024 * 1024;

let stage: Stage;
let tenant: Tenant;
let disabledKey = '';
let expiredKey = '';
let deletedKey = '';
let narrowKey = '';

beforeAll(async () => {
  stage = await openStage({
    sandbox: { journalBodies: true },
    environment: { AROUTER_BODY_BYTES_MAX: String(BODY_BYTES_MAX) },
  });
  tenant = await openTenant(stage.gateway, 'Bad input');
  for (const [provider, path] of [
    ['openai', '/openai/v1'],
    ['anthropic', '/anthropic'],
  ] as const) {
    const credential = { api_key: `sk-sandbox-${CANARY}` };
    await tenant.addKey({ provider, credential, base_url: stage.sandbox.url + path });
  }
  await makeApiKeys();
});
afterAll(() => stage.close());

const expectNothingDone = async (act: () => Promise<void>): Promise<void> =>
  await expectUnchanged(stage, tenant.workspaceId, act);

async function makeApiKeys(): Promise<void> {
  const disabled = await tenant.addApiKey({ name: 'disabled' });
  await tenant.manage('PATCH', `/api/v1/keys/${disabled.hash}`, { disabled: true });
  disabledKey = disabled.key;
  const expired = await tenant.addApiKey({
    name: 'expired',
    expires_at: new Date(Date.now() + 1500).toISOString(),
  });
  expiredKey = expired.key;
  const deleted = await tenant.addApiKey({ name: 'deleted' });
  await tenant.manage('DELETE', `/api/v1/keys/${deleted.hash}`);
  deletedKey = deleted.key;
  const narrow = { name: 'narrow', allowed_models: ['gpt-4o*'], allowed_providers: ['anthropic'] };
  narrowKey = (await tenant.addApiKey(narrow)).key;
  await waitUntil(
    () => tenant.ask({ apiKey: expiredKey }),
    ({ status }) => status === 401,
  );
}

const FACES = [
  { dialect: 'openai', path: '/v1/chat/completions', model: 'openai/gpt-4.1-nano' },
  { dialect: 'anthropic', path: '/v1/messages', model: 'anthropic/claude-haiku-4-5' },
] as const;
type Face = (typeof FACES)[number];

/** What the good body becomes; a string or bytes are sent as they are. */
type Row = [name: string, body: (good: Good, face: Face) => unknown, expected: Expected, sent?: Sent];
type Good = Readonly<Record<string, unknown>>;

const bad = (says: RegExp): Expected => ({ status: 400, code: 'invalid_request', says });
const member = (json: string) => (good: Good) => `${JSON.stringify(good).slice(0, -1)},${json}}`;
const text = (value: string | Uint8Array) => () => value;
const changed = (fields: object) => (good: Good) => ({ ...good, ...fields });
const without = (name: string) => (good: Good) =>
  Object.fromEntries(Object.entries(good).filter(([key]) => key !== name));

const BODIES: readonly Row[] = [
  ['no body', text(''), bad(/must be a JSON object/)],
  ['half an object', text(`{"model": "${CANARY}`), bad(/must be a JSON object.*byte \d+/)],
  ['a list', text(`["${CANARY}"]`), bad(/must be a JSON object/)],
  ['null', text('null'), bad(/must be a JSON object/)],
  ['text after the object', (good) => `${JSON.stringify(good)} ${CANARY}`, bad(/more after the object/)],
  ['a byte order mark', (good) => `\ufeff${JSON.stringify(good)}`, bad(/must be a JSON object/)],
  [
    'bytes that are no UTF-8',
    (good) => Buffer.from(JSON.stringify(good).replace('Hello', 'Hel\xfflo'), 'latin1'),
    bad(/UTF-8/),
  ],
  ['NaN', member('"temperature": NaN'), bad(/must be a JSON object/)],
  [
    'a hundred thousand levels',
    member(`"metadata": ${'['.repeat(100_000)}${']'.repeat(100_000)}`),
    bad(/must be a JSON object.*(deep|level|nest)/),
  ],
  ['a key twice', member('"model": "gpt-4o"'), bad(/repeated/)],
  ['a key twice, once with an escape', member('"mod\\u0065l": "gpt-4o"'), bad(/repeated/)],
  ['a key in capitals beside itself', member('"Model": "gpt-4o"'), bad(/repeated/)],
  [
    'a key in capitals',
    (good) => JSON.stringify(good).replace('"max_tokens"', '"Max_Tokens"'),
    bad(/"max_tokens" must be written in lower case/),
  ],
  ['__proto__', member('"__proto__": {"stream": true}'), bad(/names an object internal/)],
  [
    '__proto__ with an escape',
    member('"__pr\\u006fto__": {"stream": true}'),
    bad(/names an object internal/),
  ],
  ['no model', without('model'), bad(/"model" is missing/)],
  ['a model that is a number', changed({ model: 4 }), bad(/"model" must be a string/)],
  ['an empty model', changed({ model: '' }), bad(/"model" must be a string of 1 to/)],
  [
    'a megabyte of model name',
    changed({ model: CANARY.repeat(75_000) }),
    bad(/"model" must be a string of 1 to/),
  ],
  ['a model with a hidden character', changed({ model: 'gpt-4o\u202e' }), bad(/[Mm]odel names? .*printable/)],
  ['no messages', without('messages'), bad(/"messages"/)],
  ['messages as text', changed({ messages: CANARY }), bad(/"messages" .*array/)],
  ['models as text', changed({ models: CANARY }), bad(/"models" must be an array/)],
  ['a thousand models', changed({ models: Array.from({ length: 1000 }, () => 'gpt-4o') }), bad(/models?/i)],
  ['stream as text', changed({ stream: 'yes' }), bad(/"stream" must be true or false/)],
  ['max_tokens -1', changed({ max_tokens: -1 }), bad(/"max_tokens" must be a whole number from 1/)],
  ['max_tokens 0', changed({ max_tokens: 0 }), bad(/"max_tokens" must be a whole number from 1/)],
  ['max_tokens 1.5', changed({ max_tokens: 1.5 }), bad(/"max_tokens" must be a whole number/)],
  [
    'max_tokens 10^12',
    changed({ max_tokens: 1e12 }),
    bad(/"max_tokens" must be a whole number from 1 to \d+/),
  ],
  ['max_tokens as text', changed({ max_tokens: CANARY }), bad(/"max_tokens" must be a whole number/)],
  ['preferences as text', changed({ provider: CANARY }), bad(/"provider" must be an object/)],
  [
    'an unknown provider',
    changed({ provider: { only: [CANARY] } }),
    bad(/"provider\.only" names an unknown provider\. GET \/api\/v1\/providers/),
  ],
  [
    'an unknown model',
    changed({ model: 'nobody-serves-this' }),
    { status: 404, code: 'model_not_found', says: /GET \/v1\/models lists/ },
  ],
  [
    'a model of an unknown provider',
    changed({ model: 'nosuch/gpt-4o' }),
    { status: 404, code: 'model_not_found', says: /GET \/v1\/models lists/ },
  ],
];

const TOO_LARGE: Expected = { status: 413, code: 'payload_too_large', says: /larger than .*Send less/ };
const TRANSPORTS: readonly Row[] = [
  ['a body beyond the limit', changed({ padding: CANARY.repeat(300_000) }), TOO_LARGE],
  [
    'a body beyond the limit that does not say its length',
    changed({ padding: CANARY.repeat(300_000) }),
    TOO_LARGE,
    { chunked: true },
  ],
  [
    'a compressed body',
    (good) => gzipSync(JSON.stringify(good)),
    { status: 415, code: 'unsupported_media_type', says: /without Content-Encoding/ },
    { headers: { 'content-encoding': 'gzip' } },
  ],
  [
    'a form',
    text(`model=gpt-4o&key=${CANARY}`),
    { status: 415, code: 'unsupported_media_type', says: /application\/json/ },
    { headers: { 'content-type': 'application/x-www-form-urlencoded' } },
  ],
  [
    'plain text',
    (good) => good,
    { status: 415, code: 'unsupported_media_type', says: /application\/json/ },
    { headers: { 'content-type': 'text/plain' } },
  ],
];

/** Headers are made when the test runs: the keys do not exist before. */
type KeyRow = [name: string, headers: () => Readonly<Record<string, string>>, expected: Expected];
const unauthorized = (says: RegExp): Expected => ({ status: 401, code: 'invalid_api_key', says });
const KEYS: readonly KeyRow[] = [
  ['no key', () => ({}), unauthorized(/No API key was sent.*Authorization: Bearer/)],
  ['an empty key', () => ({ authorization: 'Bearer ' }), unauthorized(/key/)],
  [
    'a key of a provider',
    () => ({ authorization: `Bearer sk-${CANARY}` }),
    unauthorized(/not valid.*API keys/),
  ],
  [
    'a key of the right shape that nobody has',
    () => ({ 'x-api-key': mistyped(tenant.apiKey) }),
    unauthorized(/not valid/),
  ],
  ['a deleted key', () => ({ authorization: `Bearer ${deletedKey}` }), unauthorized(/not valid/)],
  [
    'an expired key',
    () => ({ authorization: `Bearer ${expiredKey}` }),
    { status: 401, code: 'api_key_expired', says: /"expired" has expired/ },
  ],
  [
    'a disabled key',
    () => ({ authorization: `Bearer ${disabledKey}` }),
    { status: 403, code: 'api_key_disabled', says: /"disabled" is disabled\. Enable it/ },
  ],
  [
    'a management key',
    () => ({ authorization: `Bearer ${tenant.managementKey}` }),
    { status: 403, code: 'wrong_key_kind', says: /inference key \(lr_live_/ },
  ],
  [
    'an operator key',
    () => ({ authorization: `Bearer ${stage.gateway.keys.operatorKey}` }),
    { status: 403, code: 'wrong_key_kind', says: /inference key \(lr_live_/ },
  ],
  [
    'two different keys',
    () => ({ authorization: `Bearer ${tenant.apiKey}`, 'x-api-key': stage.gateway.keys.apiKey }),
    { status: 400, code: 'invalid_request', says: /Two different API keys.*Send one/ },
  ],
  [
    'a key that may not use the model',
    () => ({ authorization: `Bearer ${narrowKey}` }),
    { status: 403, code: 'model_not_allowed', says: /"narrow" may not use/ },
  ],
];

describe.each(FACES)('$path', (face) => {
  const good = {
    model: face.model,
    max_tokens: 16,
    messages: [{ role: 'user', content: `Hello ${CANARY}` }],
  };
  const post = async (body: unknown, sent: Sent = {}, headers?: Readonly<Record<string, string>>) =>
    await send(stage.gateway.url + face.path, {
      method: 'POST',
      ...sent,
      headers: {
        'content-type': 'application/json',
        ...(headers ?? { authorization: `Bearer ${tenant.apiKey}` }),
        ...(sent.headers as object),
      },
      body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
    });

  test('the good body is good', async () => {
    const before = stage.sandbox.journal.seen();
    expect((await post(good)).status).toBe(200);
    expect(stage.sandbox.journal.seen()).toBe(before + 1);
  });

  test.each([...BODIES, ...TRANSPORTS])('%s', async (_name, body, expected, sent) => {
    await expectNothingDone(async () => {
      expectRefusal(await post(body(good, face), sent), expected, face.dialect);
    });
  });

  test.each(KEYS)('%s', async (_name, headers, expected) => {
    await expectNothingDone(async () => {
      const answer = await post(good, {}, headers());
      expectRefusal(answer, expected, face.dialect);
      for (const token of Object.values(headers())) expect(answer.text).not.toContain(token);
    });
  });

  test('a key written with an escape is the key: the model is read and replaced, once', async () => {
    const body = JSON.stringify(good).replace('"model"', String.raw`"mod\u0065l"`);
    expect((await post(body)).status).toBe(200);
    const upstream = JSON.parse(stage.sandbox.journal.entries().at(-1)?.body ?? '{}') as { model: string };
    expect(upstream.model).toBe(face.model.split('/')[1]);
  });

  test('a key in the query is taken, as the libraries of one vendor send it, and is not sent on', async () => {
    const answer = await send(`${stage.gateway.url}${face.path}?key=${tenant.apiKey}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(good),
    });
    expect(answer.status, answer.text).toBe(200);
    expect(stage.sandbox.journal.entries().at(-1)?.path).not.toContain('key=');
  });

  test('a caller who reads only when all is sent gets the refusal, not a reset', async () => {
    const body = JSON.stringify({ ...good, padding: CANARY.repeat(600_000) });
    for (let times = 0; times < 3; times += 1) {
      const answer = await sendThenRead(
        `POST ${face.path} HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer ${tenant.apiKey}\r\n` +
          `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 413 [^]*"code":"payload_too_large"/);
    }
  });

  test('a workspace without a provider key is told where to add one', async () => {
    const bare = await openTenant(stage.gateway, 'Bare');
    const before = stage.sandbox.journal.seen();
    const answer = await bare.ask({ dialect: face.dialect, model: face.model });
    expectRefusal(
      answer,
      { status: 503, code: 'no_provider_available', says: /Add one in Settings → Integrations/ },
      face.dialect,
    );
    expect(stage.sandbox.journal.seen()).toBe(before);
  });
});

describe('OpenAI chat only', () => {
  test.each([[1_000_000], [0], [-1], [1.5], ['2']])('n = %j', async (n) => {
    await expectNothingDone(async () => {
      expectRefusal(await tenant.ask({ with: { n } }), bad(/"n" must be a whole number from 1 to 128/));
    });
  });

  test('an API key for another provider only is told so', async () => {
    const answer = await tenant.ask({ apiKey: narrowKey, model: 'openai/gpt-4o' });
    expectRefusal(answer, {
      status: 403,
      code: 'provider_not_allowed',
      says: /allowed providers can be changed in API keys/,
    });
  });
});

/** The same shape and length with another end. */
function mistyped(key: string): string {
  const last = key.endsWith('A') ? 'B' : 'A';
  return key.slice(0, -1) + last;
}

/** Writes all before it reads anything, as simple clients do. */
async function sendThenRead(text: string): Promise<string> {
  const { hostname, port } = new URL(stage.gateway.url);
  const socket = connect(Number(port), hostname);
  socket.pause();
  let answer = '';
  socket.on('data', (piece: Buffer) => (answer += piece.toString('utf8')));
  socket.write(text, () => void setTimeout(() => socket.resume(), 50));
  await new Promise<void>((resolve) => {
    socket.on('error', () => resolve());
    socket.on('close', () => resolve());
  });
  socket.destroy();
  return answer;
}
