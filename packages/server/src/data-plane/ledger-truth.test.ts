/** What the ledger and the counters say when an attempt goes wrong in an unusual place. */
import { handleGeneration, type Inbound, type Ledger, type Ports } from '@arouter/core';
import { openaiChat } from '@arouter/providers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StoreUnavailable } from '../store/store.ts';
import { MODEL, openStage, QUESTION, type Stage } from './testing/open-stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  await stage.close();
});

const CLAUDE = 'anthropic/claude-sonnet-4-5';
const secretOf = (label: string): string => `sk-sandbox-${label}-0123456789`;

function inbound(signal: Inbound['signal'] = new AbortController().signal, body: object = QUESTION): Inbound {
  return {
    requestId: 'req_test',
    token: stage.keys.apiKey,
    dialect: openaiChat,
    defaultProvider: 'openai' as Inbound['defaultProvider'],
    body: Buffer.from(JSON.stringify(body)),
    header: () => undefined,
    signal,
    costInBody: false,
    context: {},
  };
}

/** The gateway's own ports with some of them replaced. */
function portsWith(changed: Partial<Ports>): Ports {
  return { ...stage.server.engine.ports, ...changed };
}

test('a request that a later key cannot express does not take the failed attempt’s body for its own error', async () => {
  await stage.addKey({ label: 'refused' });
  await stage.addKey({ provider: 'anthropic', label: 'other' });
  stage.sandbox.behave({
    match: { key: secretOf('refused') },
    fault: { kind: 'error', preset: 'invalid_key' },
  });
  const answer = await stage.ask({ ...QUESTION, n: 2, models: [CLAUDE] });
  const generation = await stage.newest(({ status }) => status !== 'running');
  expect(answer.status).toBe(424);
  expect(answer.json.error).toMatchObject({ code: 'provider_key_rejected' });
  expect(generation).toMatchObject({ callerStatus: 424, errorCode: 'provider_key_rejected' });
});

test('a key that cannot express the request is passed over, and the next key serves', async () => {
  await stage.addKey({ provider: 'anthropic', label: 'first' });
  await stage.addKey({ label: 'second' });
  const answer = await stage.ask({ ...QUESTION, n: 2, model: CLAUDE, models: [MODEL] });
  expect(answer.status).toBe(200);
});

test('the status in the ledger is the one that the caller got, also where the provider’s own error is passed on', async () => {
  await stage.addKey();
  stage.sandbox.behave({
    fault: {
      kind: 'answer',
      status: 400,
      body: {
        error: {
          message: 'The model `x` does not exist',
          type: 'invalid_request_error',
          code: 'model_not_found',
        },
      },
    },
  });
  const answer = await stage.ask();
  const generation = await stage.newest(({ status }) => status !== 'running');
  expect(generation.callerStatus).toBe(answer.status);
});

test.each(['html', 'invalid_json', 'empty_body'] as const)(
  'an answer that is %s is a settled, failed attempt',
  async (kind) => {
    await stage.addKey({ max_concurrency: 1 });
    stage.sandbox.behave({ times: 1, fault: { kind } });
    expect((await stage.ask()).status).toBe(502);
    const generation = await stage.newest(({ status }) => status !== 'running');
    expect(generation).toMatchObject({ status: 'failed', callerStatus: 502, errorCode: 'upstream_error' });
    expect((await stage.ask()).status).toBe(200);
  },
);

test('a bug in the middle of an attempt settles it, gives its slot back and shows as 500', async () => {
  await stage.addKey({ max_concurrency: 1 });
  const { ports } = stage.server.engine;
  const broken = portsWith({
    transport: { send: () => Promise.reject(new TypeError('a bug')) },
  });
  await expect(handleGeneration(broken, inbound(), () => undefined)).rejects.toThrow('a bug');
  const generation = await stage.newest(({ status }) => status !== 'running');
  expect(generation).toMatchObject({ status: 'interrupted', callerStatus: 500, errorCode: 'internal_error' });
  const again = await handleGeneration(ports, inbound(), () => undefined);
  expect(again.status).toBe(200);
});

test('a bug while the second key is prepared does not lose the first key’s settlement', async () => {
  await stage.addKey({ label: 'one' });
  await stage.addKey({ label: 'two' });
  stage.sandbox.behave({ fault: { kind: 'error', preset: 'server_error' } });
  const { vault } = stage.server.engine.ports;
  let opened = 0;
  const broken = portsWith({
    vault: {
      isReadable: (key) => vault.isReadable(key),
      openCredential(key) {
        opened += 1;
        if (opened === 2) throw new TypeError('a bug');
        return vault.openCredential(key);
      },
    },
  });
  await expect(handleGeneration(broken, inbound(), () => undefined)).rejects.toThrow('a bug');
  const generation = await stage.newest(({ status }) => status !== 'running');
  expect(generation).toMatchObject({ status: 'failed', callerStatus: 500, errorCode: 'internal_error' });
});

test('a ledger that cannot open the second attempt still ends the generation with the first', async () => {
  await stage.addKey({ label: 'one' });
  await stage.addKey({ label: 'two' });
  stage.sandbox.behave({ fault: { kind: 'error', preset: 'server_error' } });
  const { ledger } = stage.server.engine.ports;
  const failing: Ledger = {
    settle: (row) => ledger.settle(row),
    refuse: (row) => ledger.refuse(row),
    open: (row) =>
      row.attemptNo === 1 ? ledger.open(row) : Promise.reject(new StoreUnavailable('no disk left')),
  };
  const outbound = await handleGeneration(portsWith({ ledger: failing }), inbound(), () => undefined);
  expect(outbound.status).toBe(503);
  const generation = await stage.newest(({ status }) => status !== 'running');
  expect(generation).toMatchObject({ status: 'failed', callerStatus: 503, errorCode: 'service_unavailable' });
});

test('an answer whose settlement cannot be stored is refused with 503, not shown as a fault of ours', async () => {
  await stage.addKey();
  const { ledger } = stage.server.engine.ports;
  const failing: Ledger = {
    open: (row) => ledger.open(row),
    settle: () => Promise.reject(new StoreUnavailable('no disk left')),
    refuse: () => {
      throw new Error('a generation with an attempt was recorded as refused');
    },
  };
  const outbound = await handleGeneration(portsWith({ ledger: failing }), inbound(), () => undefined);
  expect(outbound).toMatchObject({ kind: 'answer', status: 503 });
});

test('a bug at the end of a stream settles the attempt all the same, and gives its slot back', async () => {
  await stage.addKey({ max_concurrency: 1 });
  const { counters } = stage.server.engine;
  let settlements = 0;
  const broken = portsWith({
    counters: {
      readings: (demands) => counters.readings(demands),
      reserve: (demands) => counters.reserve(demands),
      dispatching: (reservation) => counters.dispatching(reservation),
      settle(reservation, amounts) {
        settlements += 1;
        if (settlements === 1) throw new TypeError('a bug');
        counters.settle(reservation, amounts);
      },
      health: (scope) => counters.health(scope),
      applyOutcome: (scopes, outcome) => counters.applyOutcome(scopes, outcome),
      takeProbes: (scopes) => counters.takeProbes(scopes),
      releaseProbes: (scopes) => counters.releaseProbes(scopes),
    },
  });
  const outbound = await handleGeneration(
    broken,
    inbound(undefined, { ...QUESTION, stream: true }),
    (tail) => {
      tail.catch(() => undefined);
    },
  );
  if (outbound.kind !== 'stream') throw new Error('not a stream');
  await expect(outbound.relay({ write: () => true, onDrain: () => undefined })).rejects.toThrow('a bug');
  const generation = await stage.newest(({ status }) => status !== 'running');
  expect(generation).toMatchObject({ status: 'interrupted', callerStatus: 200, errorCode: 'internal_error' });
  expect((await stage.ask()).status).toBe(200);
});

test('a probe that the caller’s own mistake used up is free for the next request', async () => {
  await stage.addKey();
  stage.sandbox.behave({ times: 1, fault: { kind: 'error', preset: 'rate_limited', retryAfter: '1' } });
  expect((await stage.ask()).status).toBe(429);
  await new Promise((resolve) => setTimeout(resolve, 1400));
  stage.sandbox.behave({
    times: 1,
    fault: { kind: 'answer', status: 400, body: { error: { message: 'no', type: 'invalid_request_error' } } },
  });
  expect((await stage.ask()).status).toBe(400);
  expect((await stage.ask()).status).toBe(200);
});

test('a model named twice is tried once', async () => {
  await stage.addKey();
  stage.sandbox.behave({ fault: { kind: 'error', preset: 'server_error' } });
  await stage.ask({ ...QUESTION, models: [MODEL, 'gpt-4o-mini'] });
  expect(stage.sandbox.journal.entries().filter(({ method }) => method === 'POST')).toHaveLength(1);
});

test('a key that was deleted while another one was being tried is not used', async () => {
  await stage.addKey({ label: 'slow', weight: 1000 });
  const other = await stage.addKey({ label: 'deleted', weight: 1 });
  const slow = secretOf('slow');
  stage.sandbox.behave({
    match: { key: slow },
    delayMs: 600,
    fault: { kind: 'error', preset: 'server_error' },
  });
  const keyOf = () => stage.sandbox.journal.entries().map(({ key }) => key);
  let answer = stage.ask();
  // The light key is drawn first once in a thousand times; then ask again.
  await expect.poll(keyOf).not.toEqual([]);
  if (keyOf().at(-1) !== slow) answer = stage.ask();
  expect((await stage.manage('DELETE', `/api/v1/byok/${other}`)).status).toBeLessThan(300);
  const { status, headers } = await answer;
  expect([status, headers.get('x-arouter-attempts')]).toEqual([502, '1']);
});

test('a platform key is not used where an own key that denies it came while another one was being tried', async () => {
  await stage.addKey({ label: 'slow' });
  await stage.addKey({ platform: true, label: 'operators' });
  stage.sandbox.behave({
    match: { key: secretOf('slow') },
    delayMs: 600,
    fault: { kind: 'error', preset: 'server_error' },
  });
  const answer = stage.ask();
  await expect.poll(() => stage.sandbox.journal.entries()).toHaveLength(1);
  await stage.addKey({ label: 'only', always_use: true });
  const { status, headers } = await answer;
  expect([status, headers.get('x-arouter-attempts')]).toEqual([502, '1']);
});

test('one Idempotency-Key twice is two generations, each settled once', async () => {
  await stage.addKey();
  const options = { headers: { 'idempotency-key': 'order-4711' } };
  const ids = new Set<string | null>();
  for (const answer of [await stage.ask(QUESTION, options), await stage.ask(QUESTION, options)]) {
    expect(answer.status).toBe(200);
    ids.add(answer.headers.get('x-generation-id'));
  }
  expect(ids.size).toBe(2);
  const { json } = await stage.manage('GET', '/api/v1/generations');
  expect((json['data'] as readonly { readonly id: string }[]).map(({ id }) => id).toSorted()).toEqual(
    [...ids].toSorted(),
  );
});
