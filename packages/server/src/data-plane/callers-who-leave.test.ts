/** A caller who goes away costs nothing that can be avoided, and harms no key. */
import { handleGeneration, type Inbound, type Ports } from '@arouter/core';
import { openaiChat } from '@arouter/providers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStage, QUESTION, type Stage } from './testing/open-stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
  await stage.addKey({ max_concurrency: 1 });
});
afterEach(async () => {
  await stage.close();
});

function inbound(signal: AbortSignal): Inbound {
  return {
    requestId: 'req_test',
    token: stage.keys.apiKey,
    dialect: openaiChat,
    defaultProvider: 'openai' as Inbound['defaultProvider'],
    body: Buffer.from(JSON.stringify(QUESTION)),
    header: () => undefined,
    signal,
    costInBody: false,
    context: {},
  };
}

async function leaveAfter(ms: number, body: object): Promise<void> {
  const leaving = new AbortController();
  const asked = stage.ask({ ...body }, { signal: leaving.signal });
  setTimeout(() => leaving.abort(), ms);
  await expect(asked).rejects.toThrow();
}

const calls = () => stage.sandbox.journal.entries().filter(({ method }) => method === 'POST');

test('who leaves before anything was sent: nothing is sent, the row is cancelled and costs nothing', async () => {
  const { ports } = stage.server.engine;
  const leaving = new AbortController();
  const ledger: Ports['ledger'] = {
    settle: (row) => ports.ledger.settle(row),
    refuse: (row) => ports.ledger.refuse(row),
    async open(row) {
      await ports.ledger.open(row);
      leaving.abort();
    },
  };
  await handleGeneration({ ...ports, ledger }, inbound(leaving.signal), () => undefined);
  expect(calls()).toHaveLength(0);
  const generation = await stage.newest(({ status }) => status !== 'running');
  expect(generation).toMatchObject({
    status: 'cancelled',
    callerStatus: 499,
    attempts: [{ outcome: 'cancelled', costNano: null, usage: null }],
  });
  expect((await stage.ask()).status).toBe(200);
});

test('who had left before the plan is recorded as gone, not as refused for want of keys', async () => {
  const { ports } = stage.server.engine;
  const gone = AbortSignal.abort();
  await handleGeneration(ports, inbound(gone), () => undefined);
  const generation = await stage.newest(() => true);
  expect(generation).toMatchObject({ callerStatus: 499, errorCode: 'client_closed_request' });
  expect(calls()).toHaveLength(0);
});

test.each([
  ['waiting for the head', { kind: 'stall_before_headers' }, QUESTION],
  ['in the middle of a JSON body', { kind: 'stall_before_body' }, QUESTION],
  [
    'waiting for the first event',
    { kind: 'stall_mid_stream', afterFrames: 0 },
    { ...QUESTION, stream: true },
  ],
  ['in the middle of a stream', { kind: 'stall_mid_stream', afterFrames: 2 }, { ...QUESTION, stream: true }],
] as const)(
  'who leaves while %s: cut within about a second, cancelled once, no key benched',
  async (_when, fault, body) => {
    stage.sandbox.behave({ times: 1, fault });
    await leaveAfter(200, body);
    const left = performance.now();
    const generation = await stage.newest(({ status }) => status === 'cancelled');
    expect(performance.now() - left).toBeLessThan(1600);
    expect(generation.attempts).toMatchObject([{ outcome: 'cancelled' }]);
    await expect.poll(() => calls().at(-1)?.outcome).toBe('client_left');
    // The slot is free and the key not benched.
    expect((await stage.ask()).status).toBe(200);
  },
);

test('what is estimated of a stream that was left is its content, not the wrapping of its events', async () => {
  await stage.addKey({ provider: 'anthropic', label: 'claude' });
  const frames = 10;
  stage.sandbox.behave({ times: 1, fault: { kind: 'stall_mid_stream', afterFrames: frames } });
  const leaving = new AbortController();
  const asked = stage.ask(
    { ...QUESTION, model: 'anthropic/claude-sonnet-4-5', max_tokens: 500, stream: true },
    { path: '/v1/messages', signal: leaving.signal },
  );
  setTimeout(() => leaving.abort(), 200);
  await expect(asked).rejects.toThrow();
  const generation = await stage.newest(({ status }) => status === 'cancelled');
  const usage = generation.attempts[0]?.usage;
  expect(usage?.origin).toBe('estimated');
  expect(usage?.outputTokens).toBeGreaterThan(0);
  // The sandbox sends at most nine characters in an event.
  expect(usage?.outputTokens).toBeLessThanOrEqual(frames * 3);
});
