import { nanoUsd } from '@arouter/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { book } from './testing/book-attempt.ts';
import { CANARY, NOW, openTestInstance, WORKSPACE, type TestInstance } from './testing/open-test-instance.ts';

let instance: TestInstance;
beforeAll(async () => {
  instance = await openTestInstance();
});
afterAll(() => instance.close());

describe('API keys', () => {
  test('are created with the contract’s fields; the key itself is shown once', async () => {
    const { status, body } = await instance.call('management', 'POST', '/api/v1/keys', {
      name: 'CI',
      limit: 10.5,
      limit_reset: 'monthly',
      allowed_providers: ['OpenAI', 'x-ai', 'openai'],
      allowed_models: ['gpt-*'],
      rpm_limit: 60,
      expires_at: '2027-01-01',
    });
    expect(status).toBe(201);
    expect(body.key).toMatch(/^lr_live_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/);
    expect(body.data).toEqual({
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      id: body.key.slice(8, 20),
      name: 'CI',
      label: expect.stringMatching(/^lr_live_.*…/),
      key_type: 'regular',
      disabled: false,
      limit: 10.5,
      limit_remaining: 10.5,
      limit_reset: 'monthly',
      include_byok_in_limit: false,
      allowed_providers: ['openai', 'xai'],
      allowed_models: ['gpt-*'],
      rpm_limit: 60,
      usage: 0,
      usage_daily: 0,
      usage_weekly: 0,
      usage_monthly: 0,
      byok_usage: 0,
      byok_usage_daily: 0,
      byok_usage_weekly: 0,
      byok_usage_monthly: 0,
      created_at: new Date(NOW).toISOString(),
      creator_user_id: null,
      updated_at: null,
      expires_at: '2027-01-01T00:00:00.000Z',
    });
    const read = await instance.call('management', 'GET', `/api/v1/keys/${body.data.hash}`);
    expect(read.body.data).toEqual(body.data);
    expect(read.text).not.toContain(body.key.slice(21));
  });

  test('a management key can be made for the workspace, and manages', async () => {
    const made = await instance.call('management', 'POST', '/api/v1/keys', {
      name: 'second',
      key_type: 'management',
    });
    expect(made.body.key).toMatch(/^lr_mgmt_/);
    const response = await instance.app.inject({
      method: 'GET',
      url: '/api/v1/keys',
      headers: { authorization: `Bearer ${made.body.key}` },
    });
    expect(response.statusCode).toBe(200);
    const limited = await instance.call('management', 'POST', '/api/v1/keys', {
      name: 'x',
      key_type: 'management',
      limit: 5,
    });
    expect([limited.status, limited.body.message]).toEqual([
      400,
      '`limit` applies to inference keys; a management key calls no models.',
    ]);
  });

  test('no management key can make an operator key', async () => {
    const { status } = await instance.call('management', 'POST', '/api/v1/keys', {
      name: 'x',
      key_type: 'operator',
    });
    expect(status).toBe(400);
  });

  test.each<[Record<string, unknown>, RegExp]>([
    [{}, /`name` is required/],
    [{ name: ' ' }, /`name` must not be empty/],
    [{ name: 'x', limit: -1 }, /`limit` must be an amount from 0/],
    [{ name: 'x', limit_reset: 'yearly' }, /`limit_reset` must be one of daily, weekly, monthly/],
    [{ name: 'x', expires_at: 'tomorrow' }, /`expires_at` must be a date and time/],
    [{ name: 'x', expires_at: '2020-01-01T00:00:00Z' }, /`expires_at` must be in the future/],
    [{ name: 'x', expires_at: '2027-02-31T25:00:00Z' }, /`expires_at` must be a date and time/],
    [{ name: 'x', allowed_providers: ['nosuch'] }, /`allowed_providers` must name a known provider/],
    [{ name: 'x', allowed_models: [] }, /`allowed_models` must be a list of 1 to 1000/],
    [{ name: 'x', rpm_limit: 0 }, /`rpm_limit` must be a whole number from 1 to 1000000/],
  ])('refuses %j', async (body, message) => {
    const answer = await instance.call('management', 'POST', '/api/v1/keys', body);
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
    expect(answer.body.message).toMatch(message);
  });

  test('a key cannot lock itself out', async () => {
    const [id] = instance.keys.management.slice(8).split('_');
    const list = await instance.call('management', 'GET', '/api/v1/keys?page_size=100');
    const own = list.body.data.find((key: { id: string }) => key.id === id);
    expect(
      (await instance.call('management', 'PATCH', `/api/v1/keys/${own.hash}`, { disabled: true })).status,
    ).toBe(400);
    expect((await instance.call('management', 'DELETE', `/api/v1/keys/${own.hash}`)).status).toBe(400);
  });

  test('are listed by page; disabled ones only when asked for', async () => {
    const made = await instance.call('management', 'POST', '/api/v1/keys', { name: 'off' });
    await instance.call('management', 'PATCH', `/api/v1/keys/${made.body.data.hash}`, { disabled: true });
    const hashes = async (query: string): Promise<string[]> => {
      const { body } = await instance.call('management', 'GET', `/api/v1/keys?${query}`);
      return body.data.map((key: { hash: string }) => key.hash);
    };
    expect(await hashes('page_size=100')).not.toContain(made.body.data.hash);
    const all = await hashes('page_size=100&include_disabled=true');
    expect(all).toContain(made.body.data.hash);
    const paged: string[] = [];
    for (let token: string | null = '0'; token !== null;) {
      const { body } = await instance.call(
        'management',
        'GET',
        `/api/v1/keys?page_size=2&include_disabled=true&page_token=${token}`,
      );
      paged.push(...body.data.map((key: { hash: string }) => key.hash));
      token = body.next_page_token;
    }
    expect(paged).toEqual(all);
    expect((await instance.call('management', 'GET', '/api/v1/keys?page_size=0')).status).toBe(400);
    expect((await instance.call('management', 'GET', '/api/v1/keys?pagesize=5')).body.message).toMatch(
      /`pagesize` is not a parameter/,
    );
  });

  test('know what they spent by UTC window, own keys and platform apart', async () => {
    const made = await instance.call('management', 'POST', '/api/v1/keys', {
      name: 'spender',
      limit: 3,
      limit_reset: 'daily',
    });
    const key = await instance.store.apiKeys.getByHash(WORKSPACE, made.body.data.hash);
    if (key === undefined) throw new Error('it was just created');
    const dayMs = 86_400_000;
    // NOW is a Monday: yesterday is last week, in the same month; 30 days ago is another month.
    await book(instance, { key, source: 'platform' }, { costNano: nanoUsd(1_000_000_000) });
    await book(instance, { key, source: 'platform', at: NOW - dayMs }, { costNano: nanoUsd(2_000_000_000) });
    await book(
      instance,
      { key, source: 'platform', at: NOW - 30 * dayMs },
      { costNano: nanoUsd(4_000_000_000) },
    );
    await book(instance, { key, source: 'byok' }, { costNano: nanoUsd(500_000_000) });
    const url = `/api/v1/keys/${key.hash}`;
    const expected = {
      usage: 7,
      usage_daily: 1,
      usage_weekly: 1,
      usage_monthly: 3,
      byok_usage: 0.5,
      byok_usage_daily: 0.5,
      byok_usage_weekly: 0.5,
      byok_usage_monthly: 0.5,
    };
    expect((await instance.call('management', 'GET', url)).body.data).toMatchObject({
      ...expected,
      limit_remaining: 2,
    });
    await instance.call('management', 'PATCH', url, { include_byok_in_limit: true });
    expect((await instance.call('management', 'GET', url)).body.data.limit_remaining).toBe(1.5);
    const own = await instance.app.inject({
      method: 'GET',
      url: '/v1/key',
      headers: { authorization: `Bearer ${made.body.key}` },
    });
    expect(own.json().data).toEqual({
      label: key.hint,
      limit: 3,
      limit_remaining: 1.5,
      limit_reset: 'daily',
      include_byok_in_limit: true,
      ...expected,
      is_free_tier: true,
      is_management_key: false,
      is_provisioning_key: false,
      expires_at: null,
      rate_limit: { requests: -1, interval: '60s', note: 'No limit on this key.' },
    });
    const cleared = await instance.call('management', 'PATCH', url, { limit: null });
    expect(cleared.body.data).toMatchObject({ limit: null, limit_remaining: null });
  });
});

describe('credits and workspaces', () => {
  test('a grant raises the balance once, however often it is repeated with one idempotency key', async () => {
    const made = await instance.call('operator', 'POST', '/api/v1/workspaces', { name: 'Fresh' });
    expect([made.status, made.body.data]).toEqual([
      201,
      {
        id: expect.stringMatching(/^ws_/),
        name: 'Fresh',
        unmetered: false,
        created_at: new Date(NOW).toISOString(),
      },
    ]);
    const { id } = made.body.data;
    const grant = { amount_usd: 12.5, description: 'Invoice 7', idempotency_key: 'invoice-7' };
    const first = await instance.call('operator', 'POST', `/api/v1/workspaces/${id}/credits`, grant);
    const again = await instance.call('operator', 'POST', `/api/v1/workspaces/${id}/credits`, grant);
    expect([first.status, first.body.data.balance, again.body]).toEqual([201, 12.5, first.body]);
    expect((await instance.call('operator', 'GET', `/api/v1/balance?workspace_id=${id}`)).body).toEqual({
      balance: 12.5,
      currency: 'USD',
      unmetered: false,
    });
    expect((await instance.call('operator', 'GET', `/api/v1/credits?workspace_id=${id}`)).body).toEqual({
      data: { total_credits: 12.5, total_usage: 0 },
    });
    for (const path of ['/api/v1/transactions', '/v1/billing/transactions']) {
      expect((await instance.call('operator', 'GET', `${path}?workspace_id=${id}`)).body).toEqual({
        transactions: [
          {
            id: first.body.data.transaction_id,
            type: 'credit',
            amount: 12.5,
            description: 'Invoice 7',
            created_at: new Date(NOW).toISOString(),
          },
        ],
      });
    }
    const demand = { kind: 'credits' as const, workspace: id, holdNano: nanoUsd(12_500_000_000) };
    expect(instance.counters.readings([demand])).toEqual([{ kind: 'free' }]);
    expect(instance.counters.readings([{ ...demand, holdNano: nanoUsd(12_500_000_001) }])[0]?.kind).toBe(
      'full',
    );
  });

  test.each([{ amount_usd: 0 }, { amount_usd: -5 }, { amount_usd: 1e9 }, { amount_usd: '5' }, {}])(
    'refuses to grant %j',
    async (body) => {
      const answer = await instance.call('operator', 'POST', `/api/v1/workspaces/${WORKSPACE}/credits`, body);
      expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
    },
  );

  test('a workspace is renamed and metered by the operator; a management key sees its own alone', async () => {
    const { body } = await instance.call('operator', 'PATCH', `/api/v1/workspaces/${WORKSPACE}`, {
      name: 'Renamed',
      unmetered: true,
    });
    expect(body.data).toMatchObject({ name: 'Renamed', unmetered: true });
    expect(instance.deps.snapshot().workspace(WORKSPACE)?.unmetered).toBe(true);
    const seen = await instance.call('management', 'GET', '/api/v1/workspaces');
    expect(seen.body.data.map(({ id }: { id: string }) => id)).toEqual([WORKSPACE]);
    const all = await instance.call('operator', 'GET', '/api/v1/workspaces');
    expect(all.body.data.map(({ id }: { id: string }) => id)).not.toContain('ws_platform');
    for (const id of ['ws_missing', 'ws_platform']) {
      expect(
        (await instance.call('operator', 'PATCH', `/api/v1/workspaces/${id}`, { name: 'x' })).status,
      ).toBe(404);
      expect(
        (await instance.call('operator', 'POST', `/api/v1/workspaces/${id}/credits`, { amount_usd: 1 }))
          .status,
      ).toBe(404);
    }
  });

  test('a new workspace can take a provider key at once', async () => {
    const made = await instance.call('operator', 'POST', '/api/v1/workspaces', { name: 'Keys' });
    const answer = await instance.call('operator', 'POST', `/api/v1/byok?workspace_id=${made.body.data.id}`, {
      provider: 'openai',
      credential: CANARY,
    });
    expect(answer.status).toBe(201);
  });
});

describe('prices', () => {
  test('are set in USD per million tokens, used by routing at once, and removed', async () => {
    const price = {
      provider: 'OpenAI',
      model: 'openai/my-tuned',
      input_usd_per_million: 2.5,
      output_usd_per_million: 10,
      cached_input_usd_per_million: 0.25,
    };
    const set = await instance.call('operator', 'PUT', '/api/v1/prices', price);
    expect(set.body.data).toEqual({
      ...price,
      provider: 'openai',
      model: 'my-tuned',
      set_at: new Date(NOW).toISOString(),
    });
    expect(await instance.store.prices.list()).toMatchObject([
      {
        upstreamModel: 'my-tuned',
        price: { input: 2_500_000_000, output: 10_000_000_000, cachedInput: 250_000_000 },
      },
    ]);
    expect((await instance.call('management', 'GET', '/api/v1/prices')).body).toEqual({
      data: [set.body.data],
      total_count: 1,
    });
    const gone = await instance.call('operator', 'DELETE', '/api/v1/prices?provider=openai&model=my-tuned');
    expect(gone.body).toEqual({ data: { deleted: true } });
    expect(
      (await instance.call('operator', 'DELETE', '/api/v1/prices?provider=openai&model=my-tuned')).status,
    ).toBe(404);
  });

  test.each([
    { input_usd_per_million: -1 },
    { input_usd_per_million: 1e7 },
    { output_usd_per_million: null },
  ])('refuse %j', async (bad) => {
    const answer = await instance.call('operator', 'PUT', '/api/v1/prices', {
      provider: 'openai',
      model: 'm',
      input_usd_per_million: 1,
      output_usd_per_million: 1,
      ...bad,
    });
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
  });
});

describe('providers', () => {
  test('are listed with their credential forms, without their code', async () => {
    const { body } = await instance.call('inference', 'GET', '/api/v1/providers');
    const openai = body.data.find(({ id }: { id: string }) => id === 'openai');
    expect(openai).toMatchObject({
      name: 'OpenAI',
      is_byok_supported: true,
      base_url: 'https://api.openai.com/v1',
      credential_types: [
        {
          id: 'api_key',
          fields: [
            { name: 'api_key', secret: true, required: true, input: 'text', aliases: ['key', 'apiKey'] },
          ],
        },
      ],
    });
    expect(openai.keys_url).toMatch(/^https:\/\//);
    expect(openai.model_count).toBeGreaterThan(10);
  });
});
