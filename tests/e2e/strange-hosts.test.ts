/**
 * Hosts that a tenant names are not a window into the operator's network: nothing that such a host says comes back from a
 * test of a key, and nothing that a request names is fetched.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStage, type Stage } from '../support/stage.ts';
import { openTenant, type Tenant } from '../support/tenant.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const WORDS = 'INTRANET-4711';
const BODIES = [
  {
    error: { message: WORDS, code: WORDS, type: WORDS, param: WORDS },
    message: WORDS,
    data: [{ id: WORDS }],
  },
  `<html><title>${WORDS}</title></html>`,
] as const;
const STATUSES = [200, 204, 301, 400, 401, 403, 404, 429, 500, 503];
const PROVIDERS = [
  ['openai', '/openai/v1'],
  ['anthropic', '/anthropic'],
  ['custom', '/openai/v1'],
] as const;

describe('of what an unknown host says to a test of a key, nothing comes back', () => {
  test.each(PROVIDERS)('entered for %s', async (provider, path) => {
    const tenant = await openTenant(stage.gateway, provider);
    for (const [nth, body] of BODIES.entries()) {
      for (const status of STATUSES) {
        const secret = `sk-sandbox-${provider}-${status}-${nth}`;
        const headers = { 'x-words': WORDS, location: `http://127.0.0.1/${WORDS}`, 'retry-after': '3' };
        stage.sandbox.behave({ match: { key: secret }, fault: { kind: 'answer', status, body, headers } });
        const key = { provider, credential: { api_key: secret }, base_url: stage.sandbox.url + path };
        const { text, json } = await tenant.call('POST', '/api/v1/byok/test', key);
        expect(json().data, text).toMatchObject({ status, message: expect.stringMatching(/\.$/) });
        expect(text).not.toContain(WORDS);
      }
    }
  });
});

describe('what a request names is not fetched', () => {
  test.each(['openai', 'anthropic'] as const)('an image or a file, asked of %s', async (provider) => {
    const host = createServer((_request, response) => response.end('fetched'));
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
    let connections = 0;
    host.on('connection', () => {
      connections += 1;
    });
    const url = `http://127.0.0.1:${(host.address() as AddressInfo).port}/image.png`;
    const tenant = await openTenant(stage.gateway, 'Images');
    await addKey(tenant, provider);
    const model = provider === 'openai' ? 'openai/gpt-4o' : 'anthropic/claude-haiku-4-5';
    const image = { type: 'image_url', image_url: { url } };
    const file = { type: 'file', file: { file_data: url, filename: 'a.pdf' } };
    const source = { type: 'image', source: { type: 'url', url } };
    const before = stage.sandbox.journal.seen();
    const answers = [
      await tenant.ask({ model, with: { messages: [{ role: 'user', content: [image] }] } }),
      await tenant.ask({ model, with: { messages: [{ role: 'user', content: [file] }] } }),
      await tenant.ask({
        model,
        dialect: 'anthropic',
        with: { messages: [{ role: 'user', content: [source] }] },
      }),
      await tenant.call('POST', `/v1/chat/completions?url=${url}`, {
        model,
        messages: [],
        webhook: url,
        callback_url: url,
      }),
    ];
    expect(answers.map(({ status }) => status < 500)).toEqual([true, true, true, true]);
    // Some of it was sent on, with the address as it is: whoever answers may fetch it.
    expect(stage.sandbox.journal.seen()).toBeGreaterThan(before);
    expect(connections).toBe(0);
    host.close();
  });

  async function addKey({ addKey: add }: Tenant, provider: 'openai' | 'anthropic'): Promise<void> {
    const base_url = stage.sandbox.url + (provider === 'openai' ? '/openai/v1' : '/anthropic');
    await add({ provider, credential: { api_key: `sk-sandbox-images-${provider}` }, base_url });
  }
});
