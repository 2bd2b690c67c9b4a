import { ROUTES, type Route, type RouteName } from '@arouter/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { registerAll } from './create-control-plane.ts';
import type { Handlers } from './handler.ts';
import {
  openTestInstance,
  WORKSPACE,
  OTHER_WORKSPACE,
  type Method,
  type TestInstance,
} from './testing/open-test-instance.ts';

let instance: TestInstance;
beforeAll(async () => {
  instance = await openTestInstance();
});
afterAll(() => instance.close());

const guarded = Object.entries<Route>(ROUTES).filter(([, { kinds }]) => kinds.length > 0);
const HASH = 'a'.repeat(64);
const urlOf = (route: Route): string => route.path.replace('{hash}', HASH).replace('{id}', 'nosuch');

describe('who may call what', () => {
  test.each(guarded)('%s answers 401 without a key', async (_name, route) => {
    const { status, body } = await instance.call(null, route.method, urlOf(route));
    expect([status, body.code]).toEqual([401, 'invalid_api_key']);
  });

  const KINDS = ['inference', 'management', 'operator'] as const;
  const forbidden = guarded.flatMap(([name, route]) =>
    KINDS.filter((kind) => !route.kinds.includes(kind)).map((kind) => [name, kind, route] as const),
  );
  test('there are forbidden pairs to try', () => expect(forbidden.length).toBeGreaterThan(40));
  test.each(forbidden)('%s answers 403 to an %s key and says which is needed', async (_name, kind, route) => {
    const { status, body } = await instance.call(kind, route.method, urlOf(route));
    expect([status, body.code, body.error.type]).toEqual([403, 'wrong_key_kind', 'permission_error']);
    expect(body.message).toContain(`${route.method} ${route.path} needs`);
    for (const needed of route.kinds) expect(body.message).toContain(needed);
    expect(body.error.metadata).toEqual({ needed: [...route.kinds], sent: kind });
  });

  test.each(['lr_live_x', 'x', 'lr_mgmt_' + 'A'.repeat(62), "' OR 1=1 --"])('%j is no key', async (token) => {
    const response = await instance.app.inject({
      method: 'GET',
      url: '/api/v1/byok',
      headers: { authorization: `Bearer ${token}` },
    });
    expect(response.statusCode).toBe(401);
    expect(response.payload).not.toContain(token);
  });

  test('a key may stand in x-api-key, but only one key anywhere', async () => {
    const { management, operator } = instance.keys;
    const get = (headers: Record<string, string | string[]>) =>
      instance.app.inject({ method: 'GET', url: '/api/v1/byok', headers });
    expect((await get({ 'x-api-key': management })).statusCode).toBe(200);
    expect((await get({ 'x-api-key': management, authorization: `Bearer ${operator}` })).statusCode).toBe(
      400,
    );
    expect((await get({ authorization: `Basic ${management}` })).statusCode).toBe(401);
    expect(
      (await instance.app.inject({ method: 'GET', url: `/api/v1/byok?key=${management}` })).statusCode,
    ).toBe(401);
  });

  test('a disabled and an expired key say so', async () => {
    const made = await instance.call('management', 'POST', '/api/v1/keys', {
      name: 'short',
      expires_at: '2026-11-23T12:00:01Z',
    });
    const headers = { authorization: `Bearer ${made.body.key}` };
    const read = () => instance.app.inject({ method: 'GET', url: '/api/v1/key', headers });
    expect((await read()).statusCode).toBe(200);
    instance.world.now += 1001;
    const expired = await read();
    expect([expired.statusCode, expired.json().code]).toEqual([401, 'api_key_expired']);
    instance.world.now -= 1001;
    await instance.call('management', 'PATCH', `/api/v1/keys/${made.body.data.hash}`, { disabled: true });
    const disabled = await read();
    expect([disabled.statusCode, disabled.json().code]).toEqual([403, 'api_key_disabled']);
    await instance.call('management', 'DELETE', `/api/v1/keys/${made.body.data.hash}`);
    expect((await read()).statusCode).toBe(401);
  });
});

describe('whose data', () => {
  const scoped = guarded.filter(([name, { scope }]) => scope === 'workspace' && name !== 'getCurrentKey');

  test.each(scoped)('%s: an operator names the workspace; a missing one is 404', async (name, route) => {
    const body = BODIES[name as RouteName];
    const query = QUERIES[name as RouteName] ?? '';
    const unnamed = await instance.call('operator', route.method, `${urlOf(route)}?${query}`, body);
    expect([unnamed.status, unnamed.body.code]).toEqual([400, 'invalid_request']);
    expect(unnamed.body.message).toContain('workspace_id');
    for (const id of ['ws_missing', 'ws_platform']) {
      const missing = await instance.call(
        'operator',
        route.method,
        `${urlOf(route)}?workspace_id=${id}&${query}`,
        body,
      );
      expect([missing.status, missing.body.message]).toEqual([404, 'There is no workspace with this id.']);
    }
  });

  test.each(scoped)(
    "%s: another tenant's workspace is as missing as one that never was",
    async (name, route) => {
      const body = BODIES[name as RouteName];
      const query = QUERIES[name as RouteName] ?? '';
      const kind = route.kinds.includes('management') ? 'management' : 'inference';
      const answers = await Promise.all(
        [OTHER_WORKSPACE, 'ws_missing'].map((id) =>
          instance.call(kind, route.method, `${urlOf(route)}?workspace_id=${id}&${query}`, body),
        ),
      );
      const [other, missing] = answers.map(({ status, body: { error } }) => [
        status,
        { ...error, request_id: '' },
      ]);
      expect(other).toEqual(missing);
      expect(other?.[0]).toBe(404);
    },
  );

  test('an operator works in the workspace that it names', async () => {
    const { status, body } = await instance.call(
      'operator',
      'POST',
      `/api/v1/keys?workspace_id=${WORKSPACE}`,
      { name: 'by operator' },
    );
    expect(status).toBe(201);
    const own = await instance.call('management', 'GET', `/api/v1/keys/${body.data.hash}`);
    expect(own.status).toBe(200);
    const foreign = await instance.call('foreign', 'GET', `/api/v1/keys/${body.data.hash}`);
    const missing = await instance.call('foreign', 'GET', `/api/v1/keys/${HASH}`);
    expect([foreign.status, foreign.body.message]).toEqual([404, missing.body.message]);
  });
});

const BODIES: Partial<Record<RouteName, unknown>> = {
  renameWorkspace: { name: 'x' },
  shareOfDraft: { provider: 'openai', weight: 1 },
  createWebhook: { name: 'x', url: 'https://hooks.example.com' },
  updateWebhook: { name: 'x' },
  testWebhookConnection: { url: 'https://hooks.example.com' },
  sendWebhookTestEvent: { endpoint_id: 'nosuch' },
  createApiKey: { name: 'x' },
  updateApiKey: {},
  createByok: { provider: 'openai', credential: 'sk-proj-abcdefgh' },
  testUnsavedByok: { provider: 'openai', credential: 'sk-proj-abcdefgh' },
  updateByok: {},
  previewRouting: { model: 'gpt-4o' },
};
const QUERIES: Partial<Record<RouteName, string>> = { getGeneration: 'id=gen-1' };

describe('every answer', () => {
  test.each<[Method, string, number]>([
    ['GET', '/api/v1/byok', 200],
    ['GET', '/api/v1/nowhere', 404],
    ['PUT', '/api/v1/byok', 405],
    ['POST', '/api/v1/byok', 400],
  ])('%s %s carries the security headers, no CORS, and its id', async (method, url, status) => {
    const answer = await instance.call('management', method, url);
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'x-request-id': expect.stringMatching(/^req_[0-9a-f]{24}$/),
    });
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    if (status >= 400) {
      const { code, message, error } = answer.body;
      expect(error).toMatchObject({ code, message, request_id: answer.headers['x-request-id'] });
      expect(answer.headers['x-should-retry']).toBe('false');
    }
  });

  test('a path that exists with another method says which', async () => {
    const { status, headers, body } = await instance.call('management', 'PUT', '/api/v1/byok/pk_x');
    expect([status, body.code, headers['allow']]).toEqual([405, 'method_not_allowed', 'GET, PATCH, DELETE']);
  });

  test('the documents need no key', async () => {
    const document = await instance.call(null, 'GET', '/openapi.json');
    expect([document.status, document.body.openapi]).toEqual([200, '3.1.0']);
    const page = await instance.call(null, 'GET', '/docs');
    expect(page.text).toContain('/api/v1/byok/{id}/reenable');
    expect(page.text).not.toMatch(/<script|https?:\/\/(?!json-schema)/);
    expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-/);
  });

  test.each([
    ['text/plain', '{"name":"x"}', 415, 'unsupported_media_type'],
    ['application/x-www-form-urlencoded', 'name=x', 415, 'unsupported_media_type'],
    ['application/json', '{"name":', 400, 'invalid_request'],
    ['application/json', '{"name":"x","__proto__":{"a":1}}', 400, 'invalid_request'],
    ['application/json', `{"name":"${'x'.repeat(300 * 1024)}"}`, 413, 'payload_too_large'],
    ['application/json', '[]', 400, 'invalid_request'],
    ['application/json', '', 400, 'invalid_request'],
  ])('a body of %s %.20j is answered %i %s', async (type, payload, status, code) => {
    const response = await instance.app.inject({
      method: 'POST',
      url: '/api/v1/keys',
      headers: { authorization: `Bearer ${instance.keys.management}`, 'content-type': type },
      payload,
    });
    expect([response.statusCode, response.json().code]).toEqual([status, code]);
  });

  test('a compressed body is refused', async () => {
    const response = await instance.app.inject({
      method: 'POST',
      url: '/api/v1/keys',
      headers: {
        authorization: `Bearer ${instance.keys.management}`,
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      },
      payload: '{}',
    });
    expect([response.statusCode, response.json().code]).toEqual([415, 'unsupported_media_type']);
  });

  test('an empty JSON body with a DELETE is no fault', async () => {
    const response = await instance.app.inject({
      method: 'DELETE',
      url: `/api/v1/keys/${HASH}`,
      headers: { authorization: `Bearer ${instance.keys.management}`, 'content-type': 'application/json' },
    });
    expect(response.statusCode).toBe(404);
  });
});

describe('the start', () => {
  const missing = {} as Handlers;
  test('fails when a route has no handler', () => {
    expect(() => registerAll(instance.app, instance.deps, missing)).toThrow(
      /routes without handler: \[getSession,/,
    );
  });
  test('fails when a handler has no route', () => {
    const every = Object.fromEntries(
      Object.keys(ROUTES).map((name) => [name, async () => ({})]),
    ) as unknown as Handlers;
    const { getDocs: _docs, getOpenApi: _openApi, ...rest } = every as unknown as Record<string, unknown>;
    expect(() =>
      registerAll(instance.app, instance.deps, { ...rest, extra: 1 } as unknown as Handlers),
    ).toThrow(/handlers without route: \[extra\]/);
  });
});
