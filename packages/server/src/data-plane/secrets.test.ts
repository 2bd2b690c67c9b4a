/** Neither a provider's secret nor the caller's own key goes where it does not belong, whatever a provider echoes. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStage, QUESTION, type Stage } from './testing/open-stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  await stage.addKey({ label: 'openai-canary' });
  await stage.addKey({ label: 'anthropic-canary', provider: 'anthropic' });
});
afterAll(async () => {
  await stage.close();
});

const CLAUDE = 'anthropic/claude-sonnet-4-5';
const CASES = [
  ['/v1/chat/completions', QUESTION],
  ['/v1/chat/completions', { ...QUESTION, model: CLAUDE }],
  ['/v1/messages', { ...QUESTION, max_tokens: 10 }],
  ['/v1/messages', { ...QUESTION, model: CLAUDE, max_tokens: 10 }],
] as const;

test.each(
  CASES.flatMap(([path, body]) => [false, true].map((stream) => ({ path, body: { ...body, stream } }))),
)(
  'an error that echoes the request’s headers shows no secret: $path $body.model stream $body.stream',
  async ({ path, body }) => {
    for (const where of ['error', 'headers'] as const) {
      stage.sandbox.behave({ times: 1, fault: { kind: 'echo', where } });
      const answer = await stage.ask(body, { path });
      const shown = `${answer.text}${JSON.stringify([...answer.headers])}`;
      const generation = await stage.newest(({ status }) => status !== 'running');
      for (const text of [shown, JSON.stringify(generation)]) {
        expect(text).not.toContain('canary-0123456789');
        expect(text).not.toContain(stage.keys.apiKey);
      }
    }
  },
);

test('a key that stands where an answer has its names is neither kept in the ledger nor shown', async () => {
  const secret = 'sk-sandbox-openai-canary-0123456789';
  const body = JSON.stringify({
    id: `chatcmpl-${secret}-${'x'.repeat(5000)}`,
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: secret }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  });
  stage.sandbox.behave({ times: 1, fault: { kind: 'answer', status: 200, body } });
  expect((await stage.ask()).status).toBe(200);
  const [kept] = (await stage.newest(({ status }) => status === 'succeeded')).attempts;
  expect(JSON.stringify(kept)).not.toContain(secret);
  expect(kept?.upstreamId).toMatch(/^chatcmpl-\[secret\]-x{200,300}$/);
  const error = JSON.stringify({ error: { message: 'no', type: 'x', code: secret } });
  stage.sandbox.behave({ times: 1, fault: { kind: 'answer', status: 400, body: error } });
  const refused = await stage.ask(QUESTION);
  expect(refused.status).toBe(400);
  const failed = await stage.newest(({ status }) => status === 'failed');
  expect(refused.text + JSON.stringify(failed)).not.toContain(secret);
  expect(refused.json.error?.['message']).toContain(': no. Correct the request');
});

test('the caller’s own key is in no header that a provider gets', async () => {
  await stage.ask(QUESTION, {
    headers: {
      'x-api-key': stage.keys.apiKey,
      'x-goog-api-key': stage.keys.apiKey,
      cookie: stage.keys.apiKey,
    },
  });
  for (const { headers } of stage.sandbox.journal.entries()) {
    expect(JSON.stringify(headers)).not.toContain(stage.keys.apiKey);
  }
});

/** The dashboard lives at the same address: what a provider says must never become a page or a script of it. */
test.each([
  ['a page', { 'content-type': 'text/html', 'set-cookie': 'a=b', location: '/x', refresh: '0; url=/x' }, 200],
  ['a script', { 'content-type': 'text/javascript', 'content-security-policy': 'x' }, 200],
  ['a drawing', { 'content-type': 'image/svg+xml', 'access-control-allow-origin': '*' }, 200],
  ['a page as an error', { 'content-type': 'text/html', 'set-cookie': 'a=b' }, 400],
])('an answer that is %s reaches no browser as one', async (_what, headers, status) => {
  for (const path of ['/v1/chat/completions', '/openai/v1/files/file-1/content']) {
    const body = '<script>alert(1)</script>';
    stage.sandbox.behave({ times: 1, fault: { kind: 'answer', status, headers, body } });
    const method = path.startsWith('/openai') ? 'GET' : 'POST';
    const answer = await stage.ask(QUESTION, { path, method });
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('content-type')).toMatch(/^application\/(?:json|octet-stream)/);
    for (const name of ['set-cookie', 'location', 'refresh', 'access-control-allow-origin'])
      expect(answer.headers.get(name), name).toBeNull();
  }
  stage.sandbox.clearBehaviours();
});
