/** Usage by group and against the period before, errors by key, the table, filters of the list, and the live list. */
import { nanoUsd, type ProviderKeyId } from '@arouter/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { book } from './testing/book-attempt.ts';
import { openPerson } from './testing/open-browser.ts';
import {
  NOW,
  openTestInstance,
  OTHER_WORKSPACE,
  WORKSPACE,
  type TestInstance,
} from './testing/open-test-instance.ts';

const HOUR_MS = 3_600_000;
const DAY = Date.UTC(2026, 5, 15);
const WINDOW = 'start_time=2026-06-15T00:00:00Z&end_time=2026-06-16T00:00:00Z';
const FAILED = {
  outcome: 'failed',
  usage: null,
  costNano: nanoUsd(0),
  failure: { class: 'rate_limited', message: 'slow down', providerCode: null },
  callerStatus: 429,
  errorCode: 'rate_limit_exceeded',
} as const;

let instance: TestInstance;
const get = (url: string) => instance.call('management', 'GET', url);
beforeAll(async () => {
  instance = await openTestInstance();
  const cheap = { costNano: nanoUsd(1_000_000) };
  await book(instance, { at: DAY - HOUR_MS, source: 'byok' }, cheap);
  await book(instance, { at: DAY + HOUR_MS, source: 'byok' }, cheap);
  await book(instance, { at: DAY + HOUR_MS, source: 'platform', model: 'openai/gpt-5.4' }, cheap);
  await book(
    instance,
    { at: DAY + 2 * HOUR_MS, source: 'byok', providerKeyId: 'pk_two' as ProviderKeyId },
    FAILED,
  );
});
afterAll(() => instance.close());

describe('usage', () => {
  test('is set against the period of the same length before', async () => {
    const { body } = await get(`/api/usage/summary?${WINDOW}&compare=previous`);
    expect(body).toMatchObject({
      total_requests: 3,
      previous: {
        start_time: '2026-06-14T00:00:00.000Z',
        end_time: '2026-06-15T00:00:00.000Z',
        total_requests: 1,
        estimated_cost_usd: 0.001,
      },
    });
    expect(body.error_rate).toBeCloseTo(1 / 3);
    expect((await get(`/api/usage/summary?${WINDOW}`)).body.previous).toBeNull();
  });

  test.each([
    ['source', ['byok', 'platform']],
    ['provider', ['openai']],
    ['model', ['openai/gpt-5.4', 'openai/gpt-5.4-mini']],
    ['provider_key', ['pk_one', 'pk_two']],
  ])('is given as one series per %s, which add up to the whole', async (groupBy, keys) => {
    const { body } = await get(`/api/usage/timeseries?${WINDOW}&granularity=hourly&group_by=${groupBy}`);
    expect(body.series.map(({ key }: { key: string }) => key).toSorted()).toEqual(keys);
    for (const [place, point] of body.data_points.entries()) {
      const parts = body.series.map(
        (each: { data_points: { requests: number }[] }) => each.data_points[place],
      );
      expect(parts.reduce((sum: number, part: { requests: number }) => sum + part.requests, 0)).toBe(
        point.requests,
      );
    }
  });

  test('beyond nine groups the rest is one', async () => {
    const at = Date.UTC(2026, 4, 1);
    for (let index = 0; index < 12; index += 1) {
      await book(instance, { at, source: 'byok', model: `openai/model-${index}` });
    }
    const { body } = await get(
      '/api/usage/timeseries?start_time=2026-05-01T00:00:00Z&end_time=2026-05-02T00:00:00Z&group_by=model',
    );
    expect(body.series).toHaveLength(10);
    expect(body.series.at(-1)).toMatchObject({ key: 'other', data_points: [{ requests: 3 }] });
  });

  test('of one key and one source is asked for by filters', async () => {
    expect((await get(`/api/usage/summary?${WINDOW}&provider_key_id=pk_two`)).body.total_requests).toBe(1);
    expect((await get(`/api/usage/summary?${WINDOW}&source=platform`)).body.total_requests).toBe(1);
  });

  test('errors are told apart by key and class', async () => {
    const { body } = await get(`/api/usage/errors?${WINDOW}`);
    expect(body.data[0]).toMatchObject({
      provider_key_id: 'pk_two',
      attempts: 1,
      failed_attempts: 1,
      error_rate: 1,
      classes: [{ class: 'rate_limited', count: 1 }],
    });
    expect(body.data.at(-1)).toMatchObject({ failed_attempts: 0, classes: [] });
  });

  test('a sparkline has 24 hours, the running one last', async () => {
    const made = await instance.call('management', 'POST', '/api/v1/byok', {
      provider: 'openai',
      label: 'Spark',
      credential: { api_key: `sk-proj-${'s'.repeat(40)}` },
    });
    const { id } = made.body.data;
    const now = instance.world.now;
    await book(instance, { at: now, source: 'byok', providerKeyId: id });
    await book(instance, { at: now - 23 * HOUR_MS, source: 'byok', providerKeyId: id }, FAILED);
    await book(instance, { at: now - 30 * HOUR_MS, source: 'byok', providerKeyId: id });
    const { body } = await get('/api/usage/sparklines');
    const spark = body.data.find((each: { provider_key_id: string }) => each.provider_key_id === id);
    expect(spark.requests).toEqual([1, ...Array(22).fill(0), 1]);
    expect(spark.errors).toEqual([1, ...Array(23).fill(0)]);
    expect((await get('/api/usage/sparklines?platform=true')).status).toBe(403);
  });

  test('is exported as a table in which no cell is a formula', async () => {
    await book(instance, { at: Date.UTC(2026, 3, 1), source: 'byok', model: '=HYPERLINK("x"),y' });
    const answer = await get(
      '/api/usage/export?start_time=2026-04-01T00:00:00Z&end_time=2026-04-02T00:00:00Z',
    );
    expect(answer.headers['content-type']).toContain('text/csv');
    expect(answer.headers['content-disposition']).toContain('attachment');
    const [head, row] = answer.text.split('\r\n');
    expect(head?.split(',')).toHaveLength(12);
    expect(row).toContain(`"'=HYPERLINK(""x""),y"`);
    for (const [month, model, shown] of [
      [4, 'a;=1+1;b', `a;'=1+1;b`],
      [5, 'a;"@SUM(1)', `"a;'""@SUM(1)"`],
      [6, '\uff1d1+1', `'\uff1d1+1`],
      [7, 'gpt-4o-mini+x', 'gpt-4o-mini+x'],
    ] as const) {
      const at = Date.UTC(2025, month, 1);
      await book(instance, { at, source: 'byok', model });
      const day = new Date(at).toISOString().slice(0, 10);
      const next = new Date(at + 24 * HOUR_MS).toISOString().slice(0, 10);
      const table = await get(`/api/usage/export?start_time=${day}&end_time=${next}`);
      expect(table.text.split('\r\n')[1]).toContain(`,${shown},`);
    }
  });
});

describe('the list of generations', () => {
  test.each([
    ['error_code=rate_limit_exceeded', 1],
    ['caller_status=429', 1],
    ['caller_status=418', 0],
    ['dialect=openai-chat', 3],
    ['dialect=anthropic-messages', 0],
    ['streamed=false', 3],
    ['streamed=true', 0],
    ['model_requested=gpt-5.4-mini', 3],
    ['min_cost_usd=0.0005', 2],
    ['min_cost_usd=0.5', 0],
    ['min_latency_ms=86400000', 0],
    ['min_attempts=2', 0],
    ['min_tokens=1000000000', 0],
    ['fallback_reason=none_such', 0],
    ['source=platform&caller_status=429', 0],
  ])('is filtered by %s', async (filter, count) => {
    const { status, body, text } = await get(`/api/v1/generations?${WINDOW}&${filter}`);
    expect(status, text).toBe(200);
    expect(body.data).toHaveLength(count);
  });

  test.each(['x', '1', '1.', '-1.gen', '1.gen 2', `${'9'.repeat(30)}.gen`])(
    'refuses the cursor %j',
    async (cursor) => {
      const { status } = await get(`/api/v1/generations?cursor=${encodeURIComponent(cursor)}`);
      expect(status).toBe(400);
    },
  );
});

describe('the live list', () => {
  /** Over a real socket: an injected request ends only with its answer. */
  async function follow(
    query: string,
    headers = { authorization: `Bearer ${instance.keys.management}` } as Record<string, string>,
  ) {
    if (instance.app.server.address() === null) await instance.app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = instance.app.server.address() as { port: number };
    const abort = new AbortController();
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/generations/stream${query}`, {
      headers,
      signal: abort.signal,
    });
    return { answer, reader: answer.body?.getReader(), close: () => abort.abort() };
  }
  async function readUntil(
    reader: Awaited<ReturnType<typeof follow>>['reader'],
    text: string,
  ): Promise<string> {
    let seen = '';
    while (!seen.includes(text)) {
      const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
      if (done) throw new Error(`the stream ended before ${text}: ${seen}`);
      seen += Buffer.from(value ?? []).toString();
    }
    return seen;
  }

  test('shows what ends in the workspace, and only what was asked for', async () => {
    const { answer, reader, close } = await follow('?model_requested=wanted');
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    await readUntil(reader, 'event: ready');
    const { sampleHeader, sampleOpened, sampleSettled } = await import('../store/sample-rows.ts');
    const ledger = instance.generationFeed.observe(instance.store.ledger);
    for (const [workspaceId, modelRequested] of [
      ['ws_two', 'wanted'],
      [WORKSPACE, 'other'],
      [WORKSPACE, 'wanted'],
    ] as const) {
      const opened = sampleOpened({
        generation: sampleHeader({ workspaceId: workspaceId as typeof WORKSPACE, modelRequested }),
      });
      await ledger.open(opened);
      await ledger.settle(sampleSettled(opened));
    }
    const seen = await readUntil(reader, 'event: generation');
    expect(seen.match(/event: generation/g)).toHaveLength(1);
    expect(seen).toContain('"model_requested":"wanted"');
    close();
  });

  test('ends soon for a key that is deleted and for a person who is removed, and goes on for the others', async () => {
    const made = await instance.call('management', 'POST', '/api/v1/keys', {
      name: 'short',
      key_type: 'management',
    });
    const person = await openPerson(instance, 'reader@example.com', {
      workspaceId: WORKSPACE,
      role: 'viewer',
    });
    // Somebody who is elsewhere still: the list must not become that of the other workspace.
    await instance.store.members.add({
      workspaceId: OTHER_WORKSPACE,
      userId: person.userId,
      role: 'viewer',
      joinedAt: NOW,
    });
    const cookie = [...person.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const lists = await Promise.all([
      follow('', { authorization: `Bearer ${made.body.key}` }),
      follow('', { cookie }),
      follow(''),
    ]);
    expect(lists.map(({ answer }) => answer.status)).toEqual([200, 200, 200]);
    const ends = lists.map(async ({ reader }) => {
      while ((await reader?.read())?.done === false) continue;
      return 'ended';
    });
    await instance.call('management', 'DELETE', `/api/v1/keys/${made.body.data.hash}`);
    await instance.store.members.remove(WORKSPACE, person.userId);
    expect(await Promise.all(ends.slice(0, 2))).toEqual(['ended', 'ended']);
    const third = await Promise.race([
      ends[2],
      new Promise((resolve) => setTimeout(() => resolve('goes on'), 500)),
    ]);
    expect(third).toBe('goes on');
    for (const { close } of lists) close();
    await ends[2]?.catch(() => undefined);
  }, 15_000);

  test('is open four times at most', async () => {
    const streams = [];
    for (let index = 0; index < 5; index += 1) streams.push(await follow('?model_requested=none'));
    expect(
      streams.map(({ answer }) => answer.status).filter((status) => status === 429).length,
    ).toBeGreaterThan(0);
    for (const { close } of streams) close();
  });
});
