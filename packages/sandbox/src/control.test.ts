import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSandbox } from './start-sandbox.ts';
import type { Sandbox } from './start-sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ journalBodies: true });
});
afterAll(async () => await sandbox.close());

async function control(method: string, path: string, body?: unknown) {
  const response = await fetch(`${sandbox.url}/__sandbox/${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const models = async (key = 'sk-sandbox-a') =>
  (await fetch(`${sandbox.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })).status;

test('a behaviour is set, listed, used up and cleared over HTTP', async () => {
  const set = await control('POST', 'behaviour', [
    { times: 1, fault: { kind: 'error', preset: 'server_error' } },
    { fault: { kind: 'answer', status: 418 } },
  ]);
  expect(set).toMatchObject({ status: 201, body: { ids: [expect.any(String), expect.any(String)] } });
  expect([await models(), await models(), await models()]).toEqual([500, 418, 418]);
  expect((await control('GET', 'behaviour')).body['data']).toHaveLength(1);
  const [, last] = set.body['ids'] as string[];
  expect(await control('DELETE', `behaviour/${last}`)).toMatchObject({ status: 200 });
  expect(await control('DELETE', `behaviour/${last}`)).toMatchObject({ status: 404 });
  expect(await models()).toBe(200);
});

test.each([
  ['a string', 'a behaviour is a JSON object'],
  [{ fault: { kind: 'explode' } }, 'is none of: error, answer'],
  [{ fault: { kind: 'error' } }, 'needs "preset"'],
  [{ fault: { kind: 'error', preset: 'nope' } }, '"preset" must be one of'],
  [{ fault: { kind: 'cut', how: 'softly' } }, '"how" must be one of: reset, close, end'],
  [{ times: 'two' }, '"times" must be a number'],
  [{ matches: {} }, 'has no field "matches"'],
  [{ match: { key: 7 } }, '"key" must be a string'],
])(
  'a wrong behaviour %j is refused with what is wrong, and none of its list is taken',
  async (wrong, problem) => {
    const said = await control('POST', 'behaviour', [{ fault: { kind: 'empty_body' } }, wrong]);
    expect(said.status).toBe(400);
    expect(said.body).toHaveProperty('error.message', expect.stringContaining(problem));
    expect((await control('GET', 'behaviour')).body['data']).toEqual([]);
  },
);

test('keys are accepted and revoked over HTTP', async () => {
  expect(await models('another-key')).toBe(401);
  await control('POST', 'keys', { key: 'another-key' });
  expect(await models('another-key')).toBe(200);
  await control('POST', 'keys', { key: 'another-key', state: 'revoked' });
  expect(await models('another-key')).toBe(401);
  expect(await control('POST', 'keys', { key: '' })).toMatchObject({ status: 400 });
});

test('the journal shows a key that is not the sandbox’s own only as a mask', async () => {
  await control('DELETE', 'journal');
  await models('sk-real-key-sent-by-mistake');
  await models('sk-sandbox-shown');
  const { body } = await control('GET', 'journal');
  expect(JSON.stringify(body)).not.toContain('sk-real-key-sent-by-mistake');
  expect(body['data']).toMatchObject([
    { key: expect.stringMatching(/^sk-real-\*+take$/) },
    { key: 'sk-sandbox-shown' },
  ]);
});

test.each([
  ['another host name', { host: 'rebound.example' }],
  ['a page’s origin', { origin: 'https://evil.example' }],
])('the controls do not answer to %s', async (_name, headers) => {
  const status = await new Promise((resolve, reject) => {
    httpRequest(`${sandbox.url}/__sandbox/behaviour`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
  expect(status).toBe(403);
});
