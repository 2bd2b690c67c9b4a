/** Limits as a caller meets them: what counts, what is refused, and what the refusal says. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStage, QUESTION, type Stage } from './testing/open-stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  await stage.close();
});

async function apiKeyHash(): Promise<string> {
  const { json } = await stage.manage('GET', '/api/v1/keys');
  const keys = json['data'] as readonly { readonly hash: string; readonly name: string }[];
  return keys.find(({ name }) => name === 'First API key')?.hash ?? '';
}

async function patchApiKey(body: object): Promise<void> {
  const { status, text } = await stage.manage('PATCH', `/api/v1/keys/${await apiKeyHash()}`, body);
  expect([status, text]).toEqual([200, expect.any(String)]);
}

/** Costs about 0.01 USD per answer. */
async function setPrice(): Promise<void> {
  const { instance, engine } = stage.server;
  await instance.store.prices.set({
    provider: 'openai' as never,
    upstreamModel: 'gpt-4o-mini',
    price: { input: 1_000_000_000_000, output: 1_000_000_000_000 },
    setAt: instance.clock.now(),
  });
  await engine.live.refresh();
}

test('a request that failed over counts once against the caller’s requests per minute', async () => {
  await stage.addKey({ label: 'one' });
  await stage.addKey({ label: 'two' });
  await patchApiKey({ rpm_limit: 1 });
  stage.sandbox.behave({ times: 1, fault: { kind: 'error', preset: 'server_error' } });
  const answer = await stage.ask();
  expect([answer.status, answer.headers.get('x-arouter-attempts')]).toEqual([200, '2']);
  const refused = await stage.ask();
  expect(refused.status).toBe(429);
  expect(refused.json.error).toMatchObject({ code: 'rate_limit_exceeded' });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(refused.headers.get('x-ratelimit-limit')).toBe('1');
  expect(refused.headers.get('x-ratelimit-remaining')).toBe('0');
  const reset = Number(refused.headers.get('x-ratelimit-reset')) * 1000 - Date.now();
  expect(reset).toBeGreaterThan(0);
  expect(reset).toBeLessThanOrEqual(61_000);
});

test('a provider key’s own limit says itself in the same headers', async () => {
  await stage.addKey({ rpm_limit: 1 });
  expect((await stage.ask()).status).toBe(200);
  const refused = await stage.ask();
  expect(refused.json.error).toMatchObject({ code: 'provider_key_rate_limited' });
  expect(refused.headers.get('x-ratelimit-limit')).toBe('1');
  expect(refused.headers.get('x-ratelimit-remaining')).toBe('0');
  expect(Number(refused.headers.get('x-ratelimit-reset'))).toBeGreaterThan(Date.now() / 1000 - 1);
});

test('what was spent while a limit was lifted counts when it is set again', async () => {
  await stage.addKey();
  await setPrice();
  await patchApiKey({ limit: 0.001, include_byok_in_limit: true });
  expect((await stage.ask()).status).toBe(200);
  await patchApiKey({ limit: null });
  for (let times = 0; times < 3; times += 1) expect((await stage.ask()).status).toBe(200);
  const { costNano } = (await stage.newest(({ status }) => status === 'succeeded')).attempts[0] ?? {};
  const each = (costNano ?? 0) / 1e9;
  expect(each).toBeGreaterThan(0.001);
  // Room for one more than was counted, none beyond what was really spent.
  await patchApiKey({ limit: each * 3.5 });
  const refused = await stage.ask();
  expect([refused.status, refused.json.error?.['code']]).toEqual([403, 'quota_exceeded']);
});

test('own keys that are made to count against a limit count from the beginning of its period', async () => {
  await stage.addKey();
  await setPrice();
  await patchApiKey({ limit: 0.001, include_byok_in_limit: false });
  expect((await stage.ask()).status).toBe(200);
  await patchApiKey({ include_byok_in_limit: true });
  expect((await stage.ask()).status).toBe(403);
  await patchApiKey({ include_byok_in_limit: false });
  expect((await stage.ask()).status).toBe(200);
});

test('a provider key’s budget that is removed and set again knows what was spent meanwhile', async () => {
  const id = await stage.addKey({ daily_budget_usd: 0.001 });
  await setPrice();
  expect((await stage.ask()).status).toBe(200);
  await stage.manage('PATCH', `/api/v1/byok/${id}`, { daily_budget_usd: null });
  for (let times = 0; times < 3; times += 1) expect((await stage.ask()).status).toBe(200);
  const { costNano } = (await stage.newest(({ status }) => status === 'succeeded')).attempts[0] ?? {};
  await stage.manage('PATCH', `/api/v1/byok/${id}`, {
    daily_budget_usd: Number(((costNano ?? 0) * 3.5e-9).toFixed(6)),
  });
  const refused = await stage.ask();
  expect([refused.status, refused.json.error?.['code']]).toEqual([402, 'provider_key_budget_exceeded']);
});

test('the amounts of the operator’s budget are in no caller’s error', async () => {
  await stage.addKey({ platform: true, daily_budget_usd: 0.0071 });
  await setPrice();
  expect((await stage.ask()).status).toBe(200);
  const refused = await stage.ask();
  expect([refused.status, refused.json.error?.['code']]).toEqual([402, 'provider_key_budget_exceeded']);
  expect(refused.text).not.toContain('0.0071');
  expect(refused.text).not.toContain('_usd');
});

test.each([
  { region: 5, require_region: true },
  { require_region: 'yes' },
  { require_region: true },
  { allow_fallbacks: 'no' },
  { only: 'openai' },
  { sort: 7 },
])('a routing preference that cannot be kept is refused, not ignored: %j', async (provider) => {
  await stage.addKey();
  const answer = await stage.ask({ ...QUESTION, provider });
  expect([answer.status, answer.json.error?.['code']]).toEqual([400, 'invalid_request']);
});

test('a fault that may be over in a second is not said to last until another key’s budget resets', async () => {
  await stage.addKey({ label: 'spent', daily_budget_usd: 0.001, weight: 1000 });
  await setPrice();
  expect((await stage.ask()).status).toBe(200);
  await stage.addKey({ label: 'faulty' });
  stage.sandbox.behave({ times: 1, fault: { kind: 'error', preset: 'server_error', retryAfter: null } });
  const answer = await stage.ask();
  expect(answer.status).toBe(502);
  expect(answer.headers.get('retry-after')).toBeNull();
  expect(answer.headers.get('x-should-retry')).toBeNull();
});

test('of a provider’s stated wait and another key’s free slot, the sooner is told', async () => {
  await stage.addKey({ label: 'limited', rpm_limit: 1 });
  expect((await stage.ask()).status).toBe(200);
  await stage.addKey({ label: 'other' });
  stage.sandbox.behave({ times: 1, fault: { kind: 'error', preset: 'rate_limited', retryAfter: '3000' } });
  const answer = await stage.ask();
  expect(answer.status).toBe(429);
  expect(Number(answer.headers.get('retry-after'))).toBeLessThanOrEqual(60);
});

test('an own key’s passing trouble is not hidden behind a limit that only stands in the way of platform keys', async () => {
  await stage.addKey({ label: 'own' });
  await stage.addKey({ label: 'operators', platform: true });
  await setPrice();
  await patchApiKey({ limit: 0 });
  stage.sandbox.behave({ times: 1, fault: { kind: 'error', preset: 'rate_limited', retryAfter: '2' } });
  const failed = await stage.ask();
  expect([failed.status, failed.json.error?.['code']]).toEqual([429, 'rate_limit_exceeded']);
  expect(failed.headers.get('retry-after')).toBe('2');
  const cooling = await stage.ask();
  expect([cooling.status, cooling.json.error?.['code']]).toEqual([503, 'provider_key_cooling_down']);
  expect(cooling.headers.get('x-should-retry')).toBeNull();
});

test('a limit that stands in the way of every key is the answer', async () => {
  await stage.addKey({ platform: true });
  await setPrice();
  await patchApiKey({ limit: 0 });
  const refused = await stage.ask();
  expect([refused.status, refused.json.error?.['code']]).toEqual([403, 'quota_exceeded']);
});

test('an own key whose slot frees in a minute is not hidden behind a workspace without credits', async () => {
  await stage.addKey({ label: 'own', rpm_limit: 1 });
  await stage.addKey({ label: 'operators', platform: true });
  expect((await stage.ask()).status).toBe(200);
  await stage.server.instance.store.workspaces.update(stage.keys.workspaceId, { unmetered: false });
  await stage.server.engine.live.refresh();
  const refused = await stage.ask();
  expect([refused.status, refused.json.error?.['code']]).toEqual([429, 'provider_key_rate_limited']);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
});
