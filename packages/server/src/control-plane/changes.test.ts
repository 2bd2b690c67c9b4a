/** Undoing a deletion, rotating a key, and what would be if keys were otherwise. */
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openTestInstance, WORKSPACE, type TestInstance } from './testing/open-test-instance.ts';

const SECRET = `sk-proj-${'q'.repeat(40)}`;

let instance: TestInstance;
beforeEach(async () => {
  instance = await openTestInstance();
});
afterEach(() => instance.close());

const manage = (...[method, url, body]: [Parameters<TestInstance['call']>[1], string, unknown?]) =>
  instance.call('management', method, url, body);
async function addKey(given: object = {}): Promise<string> {
  const body = { provider: 'openai', label: 'Main', credential: { api_key: SECRET }, ...given };
  const { status, text, body: answer } = await manage('POST', '/api/v1/byok', body);
  expect(status, text).toBe(201);
  return answer.data.id;
}

describe('a deleted provider key', () => {
  test('serves nobody, and is back when the deletion is undone in time', async () => {
    const id = await addKey({ weight: 7 });
    expect((await manage('DELETE', `/api/v1/byok/${id}`)).status).toBe(200);
    expect((await manage('GET', `/api/v1/byok/${id}`)).status).toBe(404);
    expect((await manage('PATCH', `/api/v1/byok/${id}`, { weight: 1 })).status).toBe(404);
    expect((await instance.call('foreign', 'POST', `/api/v1/byok/${id}/restore`)).status).toBe(404);
    instance.world.now += 9 * 60_000;
    const restored = await manage('POST', `/api/v1/byok/${id}/restore`);
    expect([restored.status, restored.body.data.weight]).toEqual([200, 7]);
    expect((await manage('POST', `/api/v1/byok/${id}/restore`)).status).toBe(404);
  });

  test('is gone with its secret after ten minutes', async () => {
    const id = await addKey();
    const other = await addKey({ label: 'Other' });
    await manage('DELETE', `/api/v1/byok/${id}`);
    instance.world.now += 10 * 60_000;
    expect((await manage('POST', `/api/v1/byok/${id}/restore`)).status).toBe(404);
    await manage('DELETE', `/api/v1/byok/${other}`);
    const database = new DatabaseSync(instance.file, { readOnly: true });
    const rows = database.prepare('SELECT id FROM provider_keys').all();
    database.close();
    expect(rows.map((row) => row['id'])).toEqual([other]);
  });
});

describe('a deleted API key', () => {
  const useOf = async (token: string) =>
    (
      await instance.app.inject({
        method: 'GET',
        url: '/api/v1/key',
        headers: { authorization: `Bearer ${token}` },
      })
    ).statusCode;

  test('is refused at once, and works again with its secret and limits when the deletion is undone', async () => {
    const made = await manage('POST', '/api/v1/keys', { name: 'Going', limit: 5 });
    const place = `/api/v1/keys/${made.body.data.hash}`;
    expect(await useOf(made.body.key)).toBe(200);
    expect((await manage('POST', `${place}/restore`)).status).toBe(404);
    expect((await manage('DELETE', place)).status).toBe(200);
    expect(await useOf(made.body.key)).toBe(401);
    expect((await manage('GET', place)).status).toBe(404);
    expect((await manage('POST', `${place}/rotate`)).status).toBe(404);
    expect((await instance.call('foreign', 'POST', `${place}/restore`)).status).toBe(404);
    instance.world.now += 9 * 60_000;
    const restored = await manage('POST', `${place}/restore`);
    expect([restored.status, restored.body.data]).toMatchObject([200, { name: 'Going', limit: 5 }]);
    expect(await useOf(made.body.key)).toBe(200);
    const { body: log } = await manage('GET', '/api/v1/audit');
    expect(log.data.slice(0, 2).map(({ action }: { action: string }) => action)).toEqual([
      'api_key.restore',
      'api_key.delete',
    ]);
  });

  test('is gone after ten minutes, with what could prove its secret', async () => {
    const { body } = await manage('POST', '/api/v1/keys', { name: 'Gone' });
    const other = await manage('POST', '/api/v1/keys', { name: 'Later' });
    await manage('DELETE', `/api/v1/keys/${body.data.hash}`);
    instance.world.now += 10 * 60_000;
    expect((await manage('POST', `/api/v1/keys/${body.data.hash}/restore`)).status).toBe(404);
    await manage('DELETE', `/api/v1/keys/${other.body.data.hash}`);
    const database = new DatabaseSync(instance.file, { readOnly: true });
    const names = database.prepare('SELECT name FROM api_keys WHERE name IN (?, ?)').all('Gone', 'Later');
    database.close();
    expect(names.map((row) => row['name'])).toEqual(['Later']);
  });

  test('of an operator is not brought back by a management key', async () => {
    const { hash, ...key } = { ...instance.inferenceKey, hash: 'c'.repeat(64) };
    const record = { ...key, hash, id: 'OperatorsKey' as typeof key.id, kind: 'operator' as const };
    await instance.store.apiKeys.create(record);
    expect(await instance.store.apiKeys.delete(WORKSPACE, hash, instance.deps.clock.now())).toBe(true);
    const place = `/api/v1/keys/${hash}/restore`;
    expect((await manage('POST', place)).status).toBe(404);
    expect((await instance.call('operator', 'POST', `${place}?workspace_id=${WORKSPACE}`)).status).toBe(200);
  });
});

test('a rotated API key keeps its identity and limits; only the new secret works', async () => {
  const made = await manage('POST', '/api/v1/keys', { name: 'Turning', limit: 5, rpm_limit: 7 });
  const { hash } = made.body.data;
  const rotated = await manage('POST', `/api/v1/keys/${hash}/rotate`);
  expect([rotated.status, rotated.body.data]).toMatchObject([201, { hash, limit: 5, rpm_limit: 7 }]);
  expect(rotated.body.key).not.toBe(made.body.key);
  const ask = async (token: string) =>
    (
      await instance.app.inject({
        method: 'GET',
        url: '/api/v1/key',
        headers: { authorization: `Bearer ${token}` },
      })
    ).statusCode;
  expect([await ask(made.body.key), await ask(rotated.body.key)]).toEqual([401, 200]);
});

describe('a preview', () => {
  const verdicts = async (extra: object) => {
    const body = { model: 'openai/gpt-5.4-mini', messages: [], ...extra };
    const { status, text, body: answer } = await manage('POST', '/api/v1/routing/preview', body);
    expect(status, text).toBe(200);
    return answer.data.verdicts as readonly {
      provider_key_id: string;
      kind: string;
      share: number | null;
      reason: { code: string } | null;
    }[];
  };

  test('shows what changes would do, and changes nothing', async () => {
    const first = await addKey();
    const second = await addKey({ label: 'Second', credential: { api_key: `${SECRET}2` } });
    const share = (all: Awaited<ReturnType<typeof verdicts>>, id: string) =>
      all.find((each) => each.provider_key_id === id)?.share;
    expect(share(await verdicts({}), first)).toBe(0.5);
    expect(share(await verdicts({ changes: [{ provider_key_id: first, weight: 3 }] }), first)).toBe(0.75);
    const without = await verdicts({ changes: [{ provider_key_id: second, enabled: false }] });
    expect(without.find((each) => each.provider_key_id === second)?.reason?.code).toBe('key_disabled');
    const limited = { provider_key_id: first, rpm_limit: 5, daily_budget_usd: 2, monthly_budget_usd: null };
    expect(share(await verdicts({ changes: [limited] }), first)).toBe(0.5);
    const drafted = await verdicts({ draft: { provider: 'OpenAI', weight: 2 } });
    expect(share(drafted, 'draft')).toBe(0.5);
    expect(share(await verdicts({}), first)).toBe(0.5);
  });

  test('of a share needs no model', async () => {
    const first = await addKey();
    const { body } = await manage('POST', '/api/v1/routing/share', { provider: 'openai', weight: 3 });
    expect(body.data).toMatchObject([
      { provider_key_id: 'draft', share: 0.75 },
      { provider_key_id: first, share: 0.25 },
    ]);
    const changed = { provider: 'openai', weight: 9, provider_key_id: first };
    expect((await manage('POST', '/api/v1/routing/share', changed)).body.data).toMatchObject([
      { provider_key_id: first, share: 1 },
    ]);
    await manage('PATCH', `/api/v1/byok/${first}`, { enabled: false });
    expect((await manage('POST', '/api/v1/routing/share', changed)).body.data).toMatchObject([
      { provider_key_id: first, share: 0, enabled: false },
    ]);
  });

  test('of a share among platform keys is for those who operate', async () => {
    await instance.call('operator', 'POST', '/api/v1/platform-keys', {
      provider: 'openai',
      label: 'House',
      credential: { api_key: SECRET },
    });
    const asked = { provider: 'openai', weight: 3, source: 'platform' };
    expect((await manage('POST', '/api/v1/routing/share', asked)).status).toBe(403);
    const path = '/api/v1/routing/share?workspace_id=ws_one';
    const { status, text, body } = await instance.call(
      'operator',
      'POST',
      path.replace('ws_one', WORKSPACE),
      asked,
    );
    expect(status, text).toBe(200);
    expect(body.data).toMatchObject([
      { provider_key_id: 'draft', share: 0.75 },
      { label: 'House', share: 0.25 },
    ]);
  });

  test('of the catalogue says which of my keys serve a model', async () => {
    const id = await addKey({ supported_models: ['gpt-5.4-mini'] });
    const { body } = await manage('GET', '/api/v1/catalogue?q=openai/gpt-5.4');
    const of = (model: string) => body.data.find((each: { id: string }) => each.id === model)?.endpoints[0];
    expect(of('openai/gpt-5.4-mini').my_keys).toMatchObject([{ id }]);
    expect(of('openai/gpt-5.4').my_keys).toEqual([]);
    expect(of('openai/gpt-5.4').prices.input_usd_per_million).toBeGreaterThan(0);
  });

  test('of the catalogue lists a model once, with every provider that serves it and its price there', async () => {
    const { body } = await manage('GET', '/api/v1/catalogue?q=claude-sonnet-4-5');
    const models = body.data as readonly {
      id: string;
      endpoints: readonly { provider: string; upstream_model: string; prices: object | null }[];
    }[];
    const own = models.find(({ id }) => id === 'anthropic/claude-sonnet-4-5');
    const places = own?.endpoints ?? [];
    expect(places.length).toBeGreaterThan(2);
    expect(places[0]?.provider).toBe('anthropic');
    expect(new Set(places.map(({ provider }) => provider)).size).toBe(places.length);
    expect(places.filter(({ prices }) => prices !== null).length).toBeGreaterThan(2);
    const elsewhere = places.slice(1).map((each) => `${each.provider}/${each.upstream_model}`);
    expect(models.filter(({ id }) => elsewhere.includes(id))).toEqual([]);
    expect(new Set(models.map(({ id }) => id)).size).toBe(models.length);
  });

  test('of the catalogue shows a price of the operator, and models that only a key names', async () => {
    await addKey({ supported_models: ['openai/private-1', 'gpt-5.4-m*'] });
    await instance.call('operator', 'PUT', '/api/v1/prices', {
      provider: 'openai',
      model: 'private-1',
      input_usd_per_million: 0.123456789,
      output_usd_per_million: 1,
      cache_write_1h_usd_per_million: 2,
    });
    const { body } = await manage('GET', '/api/v1/catalogue?q=private-1');
    expect(body.data).toMatchObject([
      {
        id: 'openai/private-1',
        endpoints: [
          {
            price_source: 'operator',
            prices: { input_usd_per_million: 0.123456789, cache_write_1h_usd_per_million: 2, tiers: [] },
            my_keys: [{ label: 'Main' }],
          },
        ],
      },
    ]);
  });
});
