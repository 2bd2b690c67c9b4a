/** The playground's path: who may use it, that it goes the way of all requests, and that no other site can. */
import type { Role } from '@arouter/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MODEL, openStage, QUESTION, type Stage } from '../data-plane/testing/open-stage.ts';
import { signIn } from '../data-plane/testing/sign-in.ts';
import { playgroundKeyId } from './playground-key.ts';

const PATH = '/api/v1/playground/chat/completions';

type Asking = {
  readonly cookie?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly query?: string;
};

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  await stage.addKey({ label: 'own' });
});
afterAll(() => stage.close());

const openPerson = (name: string, role: Role | null) => signIn(stage, name, role);

async function ask({ cookie = '', headers = {}, body = QUESTION, query = '' }: Asking) {
  const response = await fetch(stage.server.url + PATH + query, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      origin: stage.server.url,
      'sec-fetch-site': 'same-origin',
      ...(cookie === '' ? {} : { cookie }),
      ...headers,
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text };
}
const codeOf = (text: string) => (JSON.parse(text) as { error: { code: string } }).error.code;

describe('who may', () => {
  test.each([
    ['owner', 200],
    ['admin', 200],
    ['developer', 200],
    ['billing', 403],
    ['viewer', 403],
  ] as const)('a person with the role %s is answered %i', async (role, status) => {
    const { cookie } = await openPerson(`a-${role}`, role);
    const answer = await ask({ cookie });
    expect(answer.status, answer.text).toBe(status);
    if (status === 403) expect(codeOf(answer.text)).toBe('permission_denied');
  });

  test('nobody without a session, whatever key they have', async () => {
    const none = await ask({});
    expect([none.status, codeOf(none.text)]).toEqual([401, 'not_signed_in']);
    for (const key of [stage.keys.apiKey, stage.keys.managementKey, stage.keys.operatorKey]) {
      const answer = await ask({ headers: { authorization: `Bearer ${key}` } });
      expect([answer.status, codeOf(answer.text)]).toEqual([403, 'wrong_key_kind']);
    }
  });

  test('nobody in a workspace that is not theirs', async () => {
    const stranger = await openPerson('stranger', null);
    const answer = await ask({ cookie: stranger.cookie });
    expect([answer.status, codeOf(answer.text)]).toEqual([404, 'not_found']);
    const other = await ask({ cookie: stranger.cookie, query: `?workspace_id=${stage.keys.workspaceId}` });
    expect([other.status, other.text.replaceAll(/req_\w+/g, '')]).toEqual([
      404,
      answer.text.replaceAll(/req_\w+/g, ''),
    ]);
  });

  test.each([
    [{ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    [{ origin: 'null' }],
    [{ 'sec-fetch-site': 'same-site' }],
  ])('no page of another site, with the session of whoever looks at it: %j', async (headers) => {
    const { cookie } = await openPerson(`victim-${Object.values(headers).join('').length}`, 'owner');
    const before = stage.sandbox.journal.entries().length;
    const answer = await ask({ cookie, headers });
    expect([answer.status, codeOf(answer.text)]).toEqual([403, 'cross_site_request']);
    expect(stage.sandbox.journal.entries().length).toBe(before);
  });
});

describe('a request', () => {
  test('is planned, reserved and booked like every other, on a key of the person’s own', async () => {
    const { cookie, userId } = await openPerson('Grace', 'developer');
    const answer = await ask({
      cookie,
      body: { ...QUESTION, stream: true, stream_options: { include_usage: true } },
    });
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    expect(answer.text).toContain('"total_tokens"');
    const id = answer.headers.get('x-generation-id') ?? '';
    const row = await stage.newest((view) => view.header.id === id && view.status === 'succeeded');
    expect(row.header.apiKeyId).toBe(playgroundKeyId(stage.keys.workspaceId, userId));
    expect(row.header.modelRequested).toBe(MODEL);
    const { json } = await stage.manage('GET', '/api/v1/keys');
    const names = (json['data'] as { name: string }[]).map(({ name }) => name);
    expect(names.filter((name) => name === 'Playground of Grace')).toHaveLength(1);
    const audit = await stage.manage('GET', '/api/v1/audit?action=api_key.create');
    expect(audit.text).toContain('Playground of Grace');
  });

  test('obeys what an admin says of that key, and the key comes back after it was deleted', async () => {
    const { cookie, userId } = await openPerson('Linus', 'developer');
    await Promise.all([ask({ cookie }), ask({ cookie })]);
    const { json } = await stage.manage('GET', '/api/v1/keys?page_size=100');
    const key = (json['data'] as { name: string; hash: string; id: string }[]).find(
      ({ name }) => name === 'Playground of Linus',
    );
    expect(key?.id).toBe(playgroundKeyId(stage.keys.workspaceId, userId));
    await stage.manage('PATCH', `/api/v1/keys/${key?.hash}`, { disabled: true });
    const disabled = await ask({ cookie });
    expect([disabled.status, codeOf(disabled.text)]).toEqual([403, 'api_key_disabled']);
    await stage.manage('PATCH', `/api/v1/keys/${key?.hash}`, {
      disabled: false,
      allowed_models: ['anthropic/*'],
    });
    const narrowed = await ask({ cookie });
    expect([narrowed.status, codeOf(narrowed.text)]).toEqual([403, 'model_not_allowed']);
    await stage.manage('DELETE', `/api/v1/keys/${key?.hash}`);
    expect((await ask({ cookie })).status).toBe(200);
  });

  test('carries neither the session nor the page to the provider', async () => {
    const { cookie } = await openPerson('Barbara', 'admin');
    await ask({ cookie });
    const sent = JSON.stringify(stage.sandbox.journal.entries().at(-1));
    expect(sent).not.toContain(cookie.split('=')[1]?.slice(0, 20));
    expect(sent).not.toContain('origin');
  });

  test('that is wrong is told so in words', async () => {
    const { cookie } = await openPerson('Edsger', 'owner');
    const unknown = await ask({ cookie, body: { model: 'nobody/nothing', messages: [] } });
    expect([unknown.status, codeOf(unknown.text)]).toEqual([404, 'model_not_found']);
    const extra = await ask({ cookie, query: '?key=lr_live_x' });
    expect([extra.status, codeOf(extra.text)]).toEqual([400, 'invalid_request']);
  });
});
