/**
 * No answer holds a secret that the gateway keeps: every GET route of the contract, by everybody who may call it, over an
 * instance that knows a secret of every kind. A route that is added later is asked too.
 */
import { ROUTES, type Route } from '@arouter/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCanaryWorld, type CanaryIds, type CanaryWorld } from '../support/canary-world.ts';
import { scanForCanaries } from '../support/scan-for-canaries.ts';
import { ask } from '../support/tenant.ts';

let world: CanaryWorld;
beforeAll(async () => {
  world = await openCanaryWorld();
});
afterAll(() => world.close());

const CALLERS = ['owner', 'management', 'operator', 'inference', 'nobody'] as const;
type Caller = (typeof CALLERS)[number];

/** What stands for `{…}` in a path, by what is before it. */
const PARAMETERS: Readonly<Record<string, (ids: CanaryIds) => string>> = {
  '/api/v1/keys/': ({ apiKey }) => apiKey,
  '/api/v1/byok/': ({ providerKeys }) => providerKeys[0] ?? '',
  '/api/v1/platform-keys/': ({ platformKey }) => platformKey,
  '/api/v1/providers/': () => 'openai',
  '/api/webhooks/endpoints/': ({ webhook }) => webhook,
};
/** What a route needs in its query. */
const QUERIES: Readonly<Record<string, (ids: CanaryIds) => readonly string[]>> = {
  getGeneration: ({ generations }) => generations.map((id) => `id=${id}`),
  getGenerationContent: ({ generations }) => generations.map((id) => `id=${id}`),
};
/** They need an identity provider; what it may say is tried with one. */
const WITHOUT_ANSWER = new Set(['startSso', 'finishSso']);

function mayCall({ kinds, permission }: Route, caller: Caller): boolean {
  if (caller === 'nobody') return kinds.length === 0 && permission === null;
  return caller === 'owner' ? permission !== null : kinds.includes(caller);
}

const CASES = Object.entries<Route>(ROUTES)
  .filter(([name, { method }]) => method === 'GET' && !WITHOUT_ANSWER.has(name))
  .flatMap(([name, route]) =>
    CALLERS.filter((caller) => mayCall(route, caller)).map((caller) => ({ name, caller, route })),
  );

function headersOf(caller: Caller): Record<string, string> {
  const { keys } = world.gateway;
  const tokens = { management: keys.managementKey, operator: keys.operatorKey, inference: keys.apiKey };
  if (caller === 'nobody') return {};
  if (caller !== 'owner') return { authorization: `Bearer ${tokens[caller]}` };
  return { cookie: world.session.cookies.map(({ name, value }) => `${name}=${value}`).join('; ') };
}

/** Head and body; of a stream of events, which never ends, as far as what happens meanwhile. */
async function read(path: string, headers: Record<string, string>, init: RequestInit = {}) {
  const leaving = new AbortController();
  const response = await fetch(world.gateway.url + path, { ...init, headers, signal: leaving.signal });
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const head = JSON.stringify([...response.headers]);
  const text = isStream ? await firstEventOf(response) : await response.text();
  leaving.abort();
  return { status: response.status, head, text, bytes: Buffer.from(head + text) };
}

async function firstEventOf({ body }: Response): Promise<string> {
  await ask(world.gateway.url, world.gateway.keys.apiKey, { model: world.models[0] ?? '' });
  let text = '';
  for await (const piece of body ?? []) {
    text += Buffer.from(piece).toString('utf8');
    if (/^data: ?\{/m.test(text)) break;
  }
  return text;
}

function pathsOf(name: string, { path, scope }: Route, caller: Caller): readonly string[] {
  const brace = path.indexOf('{');
  const fill = brace === -1 ? undefined : PARAMETERS[path.slice(0, brace)];
  if (brace !== -1 && fill === undefined) throw new Error(`PARAMETERS does not say what to ask ${path} for`);
  const filled = fill === undefined ? path : path.replace(/\{\w+\}/, fill(world.ids));
  const named =
    caller === 'operator' && scope === 'workspace' ? `workspace_id=${world.gateway.keys.workspaceId}` : '';
  return (QUERIES[name]?.(world.ids) ?? ['']).map(
    (query) => `${filled}?${[query, named].filter(Boolean).join('&')}`,
  );
}

describe('an answer holds no secret', () => {
  test('there is something to ask', () => expect(CASES.length).toBeGreaterThan(70));

  test.each(CASES)('$name as $caller', async ({ name, caller, route }) => {
    for (const path of pathsOf(name, route, caller)) {
      const { status, text, bytes } = await read(path, headersOf(caller));
      expect(status, text).toBe(route.status);
      expect(scanForCanaries(world.canaries, [{ name: path, bytes }])).toEqual([]);
    }
  });

  test.each(['/livez', '/readyz', '/metrics', '/v1/models', '/v1beta/models', '/'])(
    'GET %s',
    async (path) => {
      const { status, bytes } = await read(path, headersOf('inference'));
      expect(status).toBe(200);
      expect(scanForCanaries(world.canaries, [{ name: path, bytes }])).toEqual([]);
    },
  );

  test('of a provider or a receiver who repeats what it was sent: not when they are tested either', async () => {
    const paths = [
      ...world.ids.providerKeys.map((id) => [`/api/v1/byok/${id}/test`, {}] as const),
      ['/api/webhooks/test-event', { endpoint_id: world.ids.webhook }] as const,
    ];
    for (const [path, body] of paths) {
      const headers = { ...headersOf('management'), 'content-type': 'application/json' };
      const { status, text, bytes } = await read(path, headers, {
        method: 'POST',
        body: JSON.stringify(body),
      });
      expect(status, text).toBe(200);
      expect(scanForCanaries(world.canaries, [{ name: path, bytes }])).toEqual([]);
    }
  });
});
