/**
 * A gateway that nobody has claimed yet, on the network as it is: whoever comes learns nothing and changes nothing without
 * the printed link. Every route of the contract and every inference path is tried.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isPublic, ROUTES, type Route } from '@arouter/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { send, type Seen } from '../support/send.ts';
import { serveGateway, type ServingGateway } from '../support/start-gateway.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'arouter-unclaimed-'));
let gateway: ServingGateway;
beforeAll(async () => {
  gateway = await serveGateway({ dataDir });
});
afterAll(async () => {
  await gateway.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const ROUTES_TRIED = Object.entries<Route>(ROUTES);
/** What anybody may read: what the instance is, and how it is called. */
const READ_BY_ALL = new Set(['getSession', 'getOpenApi', 'getDocs']);
const INFERENCE = ['chat/completions', 'responses', 'messages', 'embeddings', 'rerank', 'images/generations'];

function ask(method: string, path: string): Promise<Seen> {
  const hasBody = method !== 'GET' && method !== 'DELETE';
  return send(gateway.url + path, {
    method,
    headers: { 'content-type': 'application/json', origin: gateway.url },
    ...(hasBody ? { body: '{}' } : {}),
  });
}

describe('before the first owner', () => {
  test.each(ROUTES_TRIED)('%s tells nothing and changes nothing', async (name, route) => {
    const { status, text } = await ask(
      route.method,
      route.path.replace('{hash}', 'a'.repeat(64)).replace(/\{\w+\}/, 'x'),
    );
    if (READ_BY_ALL.has(name)) expect(status).toBe(200);
    else if (isPublic(route)) expect([400, 401, 403, 404, 422], text).toContain(status);
    else expect(status, text).toBe(401);
  });

  test.each(INFERENCE)('nobody reaches a model at %s', async (path) => {
    expect((await ask('POST', `/v1/${path}`)).status).toBe(401);
    expect((await ask('POST', `/api/v1/${path}`)).status).toBe(401);
  });

  test('probes say a word, metrics name nobody, and pages hold no data', async () => {
    for (const path of ['/livez', '/readyz']) expect((await ask('GET', path)).text).toBe('ok\n');
    const labels = (await ask('GET', '/metrics')).text.match(/[a-z_]+="(?:ws|pk|usr|lr)_/g);
    expect(labels).toBeNull();
    expect((await ask('GET', '/api/v1/session')).json().data).toMatchObject({ first_run: true });
  });

  test('the link is not guessed', async () => {
    for (let guess = 0; guess < 20; guess += 1) {
      const body = JSON.stringify({
        token: `guess-${guess}`.padEnd(43, 'A'),
        name: 'X',
        email: 'x@example.com',
        password: 'correct horse battery',
      });
      const headers = { 'content-type': 'application/json', origin: gateway.url };
      const { status } = await send(`${gateway.url}/api/v1/first-run`, { method: 'POST', headers, body });
      expect(status).toBe(404);
    }
    expect((await ask('GET', '/api/v1/session')).json().data).toMatchObject({ first_run: true });
    expect(gateway.stdout()).toMatch(/#token=\S+/);
  });
});
