import { nanoUsd, type ProviderKeyId } from '@arouter/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { book } from './testing/book-attempt.ts';
import { CANARY, openTestInstance, WORKSPACE, type TestInstance } from './testing/open-test-instance.ts';

let instance: TestInstance;
beforeAll(async () => {
  instance = await openTestInstance();
});
afterAll(() => instance.close());

describe('usage', () => {
  const AT = Date.UTC(2026, 5, 15, 10, 30);
  const WINDOW = 'start_time=2026-06-15T00:00:00Z&end_time=2026-06-16T00:00:00Z';

  test('adds up own keys and platform apart, with errors and unpriced requests', async () => {
    await book(instance, { at: AT, source: 'byok' }, { costNano: nanoUsd(1_000_000) });
    await book(instance, { at: AT, source: 'platform' }, { costNano: nanoUsd(2_000_000) });
    await book(
      instance,
      { at: AT, source: 'byok', model: 'openai/unpriced' },
      { costNano: null, costLines: [] },
    );
    await book(
      instance,
      { at: AT, source: 'byok' },
      {
        outcome: 'failed',
        usage: null,
        costNano: nanoUsd(0),
        failure: { class: 'rate_limited', message: 'x', providerCode: null },
        callerStatus: 429,
      },
    );
    const { body } = await instance.call('management', 'GET', `/api/usage/summary?${WINDOW}`);
    expect(body).toMatchObject({
      total_requests: 4,
      total_input_tokens: 1500,
      total_output_tokens: 600,
      total_tokens: 2100,
      estimated_cost_usd: 0.003,
      byok_requests: 3,
      platform_requests: 1,
      estimated_byok_spend_usd: 0.001,
      platform_spend_usd: 0.002,
      errors: 1,
      unpriced: 1,
    });
    expect(body.byok_error_rate).toBeCloseTo(1 / 3);
    expect(body.by_provider).toMatchObject([{ provider_id: 'openai', requests: 4, source: 'mix' }]);
    expect(body.by_model).toMatchObject([
      {
        provider_id: 'openai',
        model: 'openai/gpt-5.4-mini',
        requests: 3,
        source: 'mix',
        byok_requests: 2,
        errors: 1,
        unpriced: 0,
      },
      {
        provider_id: 'openai',
        model: 'openai/unpriced',
        requests: 1,
        source: 'byok',
        byok_requests: 1,
        errors: 0,
        unpriced: 1,
        estimated_cost_usd: 0,
      },
    ]);
    const foreign = await instance.call('foreign', 'GET', `/api/usage/summary?${WINDOW}`);
    expect(foreign.body).toMatchObject({ total_requests: 0, byok_error_rate: null, by_model: [] });
  });

  test('has a point for every bucket of the window', async () => {
    const hourly = await instance.call(
      'management',
      'GET',
      `/api/usage/timeseries?${WINDOW}&granularity=hourly`,
    );
    expect(hourly.body.data_points).toHaveLength(24);
    expect(hourly.body.data_points[10]).toMatchObject({
      timestamp: '2026-06-15T10:00:00.000Z',
      requests: 4,
      byok_requests: 3,
      platform_spend_usd: 0.002,
    });
    expect(hourly.body.data_points[11]).toMatchObject({ requests: 0, estimated_cost_usd: 0 });
    const daily = await instance.call('management', 'GET', `/api/usage/timeseries?${WINDOW}`);
    expect(daily.body.data_points).toMatchObject([{ timestamp: '2026-06-15T00:00:00.000Z', requests: 4 }]);
    const monthly = await instance.call(
      'management',
      'GET',
      '/api/usage/timeseries?start_time=2026-05-31&end_time=2026-07-02&granularity=monthly',
    );
    expect(
      monthly.body.data_points.map(({ timestamp, requests }: { timestamp: string; requests: number }) => [
        timestamp.slice(0, 7),
        requests,
      ]),
    ).toEqual([
      ['2026-05', 0],
      ['2026-06', 4],
      ['2026-07', 0],
    ]);
  });

  test('an inference key sees its own alone; a filter by key takes its hash or id', async () => {
    const made = await instance.call('management', 'POST', '/api/v1/keys', { name: 'other' });
    const own = await instance.call('inference', 'GET', `/api/usage/summary?${WINDOW}`);
    expect(own.body.total_requests).toBe(4);
    expect(
      (await instance.call('inference', 'GET', `/api/usage/summary?${WINDOW}&key_id=${made.body.data.hash}`))
        .status,
    ).toBe(404);
    for (const id of [made.body.data.hash, made.body.data.id]) {
      expect(
        (await instance.call('management', 'GET', `/api/usage/summary?${WINDOW}&key_id=${id}`)).body
          .total_requests,
      ).toBe(0);
      expect(
        (await instance.call('foreign', 'GET', `/api/usage/summary?${WINDOW}&key_id=${id}`)).status,
      ).toBe(404);
    }
  });

  test.each([
    ['summary', 'start_time=2026-06-16&end_time=2026-06-15', /must be before/],
    ['summary', 'start_time=2020-01-01&end_time=2026-01-01', /at most 366 days/],
    ['timeseries', 'start_time=2026-01-01&end_time=2026-03-01&granularity=hourly', /at most 31 days/],
    ['timeseries', 'granularity=weekly', /`granularity` must be one of/],
    ['summary', 'provider_id=nosuch', /known provider/],
  ])('%s refuses %s', async (path, query, message) => {
    const { status, body } = await instance.call('management', 'GET', `/api/usage/${path}?${query}`);
    expect(status).toBe(400);
    expect(body.message).toMatch(message);
  });
});

describe('generations', () => {
  test('show usage, cost and the whole routing, to their workspace and their key', async () => {
    const id = await book(instance, { source: 'byok', providerKeyId: 'pk_one' as ProviderKeyId });
    const { status, body } = await instance.call('management', 'GET', `/api/v1/generation?id=${id}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id,
      model: 'openai/gpt-5.4-mini',
      provider: 'openai',
      status: 'succeeded',
      latency_ms: 850,
      source: 'byok',
      provider_key_id: 'pk_one',
      attempts: 1,
      usage: {
        prompt_tokens: 500,
        completion_tokens: 200,
        total_tokens: 700,
        cost: 0.000525,
        is_byok: true,
        estimated: false,
        prompt_tokens_details: { cached_tokens: 100, cache_write_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 50 },
        cost_details: {
          upstream_inference_cost: 0.000525,
          upstream_inference_prompt_cost: 0.000125,
          upstream_inference_completions_cost: 0.0004,
        },
      },
    });
    expect(body.route.plans[0].verdicts).toMatchObject([
      { provider_key_id: 'pk_one', kind: 'ranked', rank: 1, reason: null },
      {
        provider_key_id: 'pk_two',
        label: 'Platform',
        kind: 'excluded',
        rank: null,
        reason: {
          code: 'fallback_denied',
          by: 'pk_one',
          message: expect.stringContaining('always use this key'),
        },
      },
    ]);
    expect(body.route.attempts).toMatchObject([
      {
        attempt: 1,
        outcome: 'succeeded',
        status: 200,
        cost_lines: [
          { what: 'input', usd: 0.000125 },
          { what: 'output', usd: 0.0004 },
        ],
      },
    ]);
    const byUpstream = await instance.call('inference', 'GET', `/api/v1/generation?id=${body.upstream_id}`);
    expect(byUpstream.body.id).toBe(id);
    const foreign = await instance.call('foreign', 'GET', `/api/v1/generation?id=${id}`);
    const missing = await instance.call('foreign', 'GET', '/api/v1/generation?id=gen-0');
    expect([foreign.status, foreign.body.message]).toEqual([404, missing.body.message]);
  });

  test("another inference key's generation is missing for this one", async () => {
    const made = await instance.call('management', 'POST', '/api/v1/keys', { name: 'neighbour' });
    const key = await instance.store.apiKeys.getByHash(WORKSPACE, made.body.data.hash);
    const id = await book(instance, key === undefined ? {} : { key });
    expect((await instance.call('inference', 'GET', `/api/v1/generation?id=${id}`)).status).toBe(404);
    expect((await instance.call('management', 'GET', `/api/v1/generation?id=${id}`)).status).toBe(200);
  });

  test('are listed newest first, page by page, filtered', async () => {
    const all = await instance.call('management', 'GET', '/api/v1/generations?limit=100');
    const times = all.body.data.map(({ created_at: at }: { created_at: string }) => at);
    expect(times).toEqual([...times].sort().reverse());
    const paged: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { body } = await instance.call(
        'management',
        'GET',
        `/api/v1/generations?limit=3${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      paged.push(...body.data.map(({ id }: { id: string }) => id));
      cursor = body.next_cursor;
    }
    expect(paged).toEqual(all.body.data.map(({ id }: { id: string }) => id));
    const failed = await instance.call('management', 'GET', '/api/v1/generations?status=failed');
    expect(failed.body.data).toHaveLength(1);
    expect(all.body.data[0]).not.toHaveProperty('route');
  });

  test('a cursor that was made up is refused', async () => {
    const { status } = await instance.call('management', 'GET', '/api/v1/generations?cursor=madeup');
    expect(status).toBeLessThan(500);
  });
});

describe('the routing preview', () => {
  test('gives a verdict on every key and sends nothing', async () => {
    const own = await instance.call('management', 'POST', '/api/v1/byok', {
      provider: 'openai',
      credential: CANARY,
      label: 'Own',
      weight: 3,
    });
    const off = await instance.call('management', 'POST', '/api/v1/byok', {
      provider: 'openai',
      credential: CANARY,
      label: 'Off',
      enabled: false,
    });
    const platform = await instance.call('operator', 'POST', '/api/v1/platform-keys', {
      provider: 'openai',
      credential: CANARY,
      label: 'Secret operator label',
    });
    const { status, body, text } = await instance.call('management', 'POST', '/api/v1/routing/preview', {
      model: 'openai/gpt-4o',
      messages: [],
    });
    expect(status).toBe(200);
    expect(body.data.model).toBe('openai/gpt-4o');
    const verdictOf = (id: string) =>
      body.data.verdicts.find((each: { provider_key_id: string }) => each.provider_key_id === id);
    expect(verdictOf(own.body.data.id)).toMatchObject({
      label: 'Own',
      source: 'byok',
      kind: 'ranked',
      rank: 1,
      share: 1,
      reason: null,
    });
    expect(verdictOf(off.body.data.id)).toMatchObject({
      kind: 'excluded',
      rank: null,
      share: null,
      reason: { code: 'key_disabled', message: expect.stringMatching(/disabled/) },
    });
    expect(verdictOf(platform.body.data.id)).toMatchObject({ label: 'Platform', source: 'platform' });
    expect(text).not.toContain('Secret operator label');
    expect(instance.tested).toEqual([]);
    const seen = await instance.call(
      'operator',
      'POST',
      `/api/v1/routing/preview?workspace_id=${WORKSPACE}`,
      { model: 'openai/gpt-4o' },
    );
    expect(seen.text).toContain('Secret operator label');
  });

  test('obeys the restrictions of the key that calls, or is named', async () => {
    const made = await instance.call('management', 'POST', '/api/v1/keys', {
      name: 'only anthropic',
      allowed_providers: ['anthropic'],
    });
    const url = `/api/v1/routing/preview?api_key=${made.body.data.hash}`;
    const { status, body } = await instance.call('management', 'POST', url, { model: 'openai/gpt-4o' });
    expect([status, body.code]).toEqual([403, 'provider_not_allowed']);
    expect((await instance.call('foreign', 'POST', url, { model: 'openai/gpt-4o' })).status).toBe(404);
  });

  test('says that a model is unknown', async () => {
    const { status, body } = await instance.call('management', 'POST', '/api/v1/routing/preview', {
      model: 'nosuch/model-at-all',
    });
    expect([status, body.code]).toEqual([404, 'model_not_found']);
  });
});
