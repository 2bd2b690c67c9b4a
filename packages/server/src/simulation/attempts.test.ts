/** How often one request is sent, and which key it is sent with, where everything fails. */
import { usdToNano } from '@arouter/core';
import { expect, test } from 'vitest';
import type { Fate } from './fates.ts';
import { openScriptedWorld } from './scripted-world.ts';
import { secretOf } from './tenants.ts';

const refusal = (
  status: number,
  fields: object = {},
  headers: Readonly<Record<string, string>> = {},
): Fate => ({
  kind: 'refusal',
  status,
  body: JSON.stringify({ error: { message: 'no', ...fields } }),
  headers: { 'content-type': 'application/json', ...headers },
});
const MANY = { pk_a: {}, pk_b: {}, pk_c: {}, pk_d: {}, pk_e: {} };

test('a request is sent three times at most, however many keys there are', async () => {
  // A refused credential says nothing about the other keys, so nothing else keeps them from being tried.
  const refused = refusal(401, { type: 'authentication_error' });
  const fates = Object.fromEntries(Object.keys(MANY).map((id) => [id, [refused]]));
  const scripted = await openScriptedWorld({ keys: MANY, fates });
  const call = await scripted.ask();
  await scripted.rest();
  expect(call.end).toBe('refused');
  expect(scripted.world.dispatches.of(call.requestId)).toHaveLength(3);
});

test('every attempt reserves anew: a key without room is passed over, and the next one is asked', async () => {
  const scripted = await openScriptedWorld({
    keys: {
      pk_a: { weight: 1000 },
      pk_b: { weight: 1000, dailyBudgetNano: usdToNano(0.001), hardBudget: true },
      pk_p: { source: 'platform' },
    },
    fates: { pk_a: [refusal(500)] },
  });
  const call = await scripted.ask();
  await scripted.rest();
  expect(call.end).toBe('complete');
  const used = scripted.world.dispatches.of(call.requestId).map(({ secret }) => secret);
  expect(used).toEqual(['pk_a', 'pk_p'].map((id) => secretOf({ id: id as never })));
});

test('a request that does not say max_tokens is not refused for it, whatever limits there are', async () => {
  const scripted = await openScriptedWorld({
    apiKey: { limitNano: usdToNano(5), includeByokInLimit: true, rpmLimit: 10 },
    keys: { pk_a: { dailyBudgetNano: usdToNano(5), hardBudget: true, rpmLimit: 10, maxConcurrency: 2 } },
  });
  const call = await scripted.ask({ outputCap: null });
  await scripted.rest();
  expect(call.end).toBe('complete');
});

test('no key gets its next call earlier than its own latest answer asked', async () => {
  const waits = ['1', '5', '30'];
  const limited = (seconds: string): Fate => refusal(429, {}, { 'retry-after': seconds });
  const scripted = await openScriptedWorld({
    keys: { pk_a: {} },
    fates: { pk_a: waits.map(limited) },
  });
  const { scheduler, world } = scripted;
  for (let nth = 0; nth < 60; nth += 1) {
    await scripted.ask();
    await scripted.rest();
    await scheduler.pass(1000);
  }
  const sent = world.dispatches.all.map(({ sentAtMs }) => sentAtMs);
  for (const [nth, seconds] of waits.entries())
    expect((sent[nth + 1] ?? 0) - (sent[nth] ?? 0)).toBeGreaterThanOrEqual(Number(seconds) * 1000);
  expect(sent.length).toBeGreaterThan(10);
});

test('benched keys are not asked, also where one weighs two hundred times the other, and nobody probes for them', async () => {
  const scripted = await openScriptedWorld({
    keys: { pk_a: { weight: 200 }, pk_b: { weight: 1 } },
    fates: { pk_a: [refusal(429, {}, { 'retry-after': '15' })] },
  });
  const { scheduler, world } = scripted;
  for (let nth = 0; nth < 5; nth += 1) {
    const call = await scripted.ask();
    await scripted.rest();
    expect(call.end).toBe('complete');
    await scheduler.pass(2500);
  }
  const secretOfA = secretOf({ id: 'pk_a' as never });
  const sentWithA = () => world.dispatches.all.filter(({ secret }) => secret === secretOfA);
  expect(sentWithA()).toHaveLength(1);
  await scheduler.pass(60_000);
  expect(sentWithA()).toHaveLength(1);
});

test('when all keys are benched the refusal says when the first one is back', async () => {
  const scripted = await openScriptedWorld({
    keys: { pk_a: {}, pk_b: {} },
    fates: {
      pk_a: [refusal(429, {}, { 'retry-after': '40' })],
      pk_b: [refusal(429, {}, { 'retry-after': '20' })],
    },
  });
  await scripted.ask();
  await scripted.rest();
  const refused = await scripted.ask();
  await scripted.rest();
  expect(refused.status).toBe(503);
  const seconds = Number(refused.headers.get('retry-after'));
  expect(seconds).toBeGreaterThanOrEqual(19);
  expect(seconds).toBeLessThanOrEqual(20);
});
