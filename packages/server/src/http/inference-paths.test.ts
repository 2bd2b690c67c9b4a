/** What the inference paths say to what they do not do, each in the shape of its caller's library. */
import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStage, QUESTION, type Stage } from '../data-plane/testing/open-stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  await stage.addKey();
});
afterAll(async () => {
  await stage.close();
});

const ANTHROPIC_SHAPE = { type: 'error', error: { type: expect.any(String), message: expect.any(String) } };

test.each(['GET', 'PUT', 'DELETE', 'OPTIONS'])(
  '%s on an inference path is 405 and says what is allowed',
  async (method) => {
    const openai = await stage.ask(QUESTION, { method });
    expect([openai.status, openai.headers.get('allow')]).toEqual([405, 'POST']);
    expect(openai.json.error).toMatchObject({ code: 'method_not_allowed' });
    const anthropic = await stage.ask(QUESTION, { method, path: '/v1/messages' });
    expect([anthropic.status, anthropic.headers.get('allow')]).toEqual([405, 'POST']);
    expect(anthropic.json).toMatchObject(ANTHROPIC_SHAPE);
  },
);

test('HEAD has the status and no body', async () => {
  const refused = await stage.ask(QUESTION, { method: 'HEAD' });
  expect([refused.status, refused.text]).toEqual([405, '']);
  const models = await stage.ask(QUESTION, { method: 'HEAD', path: '/v1/models' });
  expect([models.status, models.text]).toEqual([200, '']);
});

test('an unknown path is 404 in the shape of the library that asks', async () => {
  const openai = await stage.ask(QUESTION, { path: '/v1/unknown' });
  expect(openai.status).toBe(404);
  expect(openai.json.error).toMatchObject({ code: 'not_found' });
  for (const [path, headers] of [
    ['/v1/messages/batches', {}],
    ['/v1/unknown', { 'anthropic-version': '2023-06-01' }],
  ] as const) {
    const anthropic = await stage.ask(QUESTION, { path, headers });
    expect(anthropic.status).toBe(404);
    expect(anthropic.json).toMatchObject(ANTHROPIC_SHAPE);
  }
});

test('a path of the management API is that, whatever library asks', async () => {
  const key = await stage.ask(QUESTION, {
    method: 'GET',
    path: '/v1/key',
    headers: { 'anthropic-version': '2023-06-01' },
  });
  expect(key.status).toBe(200);
});

test('the type of the body is compared as HTTP says, without regard to case', async () => {
  const answer = await stage.ask(QUESTION, {
    headers: { 'content-type': 'Application/JSON; charset=utf-8' },
  });
  expect(answer.status).toBe(200);
  const other = await stage.ask(QUESTION, { headers: { 'content-type': 'application/jsonlines' } });
  expect(other.status).toBe(415);
});

test('a large body of nobody known is refused before it is read', async () => {
  const { port } = new URL(stage.server.url);
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const asked = request({
      port,
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { authorization: 'Bearer lr_live_nobody', 'content-type': 'application/json' },
    });
    asked.on('response', (response) => resolve(response.statusCode));
    asked.on('error', reject);
    // Never ended: an answer can only come from who does not wait for the rest.
    asked.write('{"model":');
  });
  expect(status).toBe(401);
});
