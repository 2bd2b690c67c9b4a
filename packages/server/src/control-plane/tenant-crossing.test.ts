/**
 * Every route that takes an id, with ids of another workspace: in the path, in the query and in the body, by key and by
 * person. What is somebody else's must be answered as what never was, and nothing of it may change. The routes and the
 * fields come from the contract: one that is added later is tried too.
 */
import { ROUTES, type Route, type RouteName } from '@arouter/contract';
import { z } from 'zod';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { book } from './testing/book-attempt.ts';
import { openPerson, type Browser } from './testing/open-browser.ts';
import {
  openTestInstance,
  OTHER_WORKSPACE,
  WORKSPACE,
  type Answer,
  type Method,
  type TestInstance,
} from './testing/open-test-instance.ts';

let instance: TestInstance;
let victim: Browser;
let attacker: Browser;
let theirs: Record<keyof typeof NEVER, string>;

/** Ids of the right form that nothing has. */
const NEVER = {
  apiKeyHash: 'a'.repeat(64),
  apiKeyId: 'AAAAAAAAAAAA',
  providerKey: 'pk_000000000000000000000000',
  deletedProviderKey: 'pk_000000000000000000000001',
  webhook: 'wh_000000000000000000000000',
  delivery: 'whd_000000000000000000000000',
  member: 'usr_000000000000000000000000',
  invitation: 'inv_000000000000000000000000',
  session: 'ses_000000000000000000000000',
  generation: 'gen-1795422925-000000000000000000000000',
  request: 'req_000000000000000000000000',
  upstream: 'chatcmpl-never',
  workspace: 'ws_never',
} as const;
type IdName = keyof typeof NEVER;

/** Whose id a parameter is, by what is before it in the path. */
const IN_PATHS: Readonly<Record<string, IdName>> = {
  '/api/v1/keys/': 'apiKeyHash',
  '/api/v1/byok/': 'providerKey',
  '/api/v1/members/': 'member',
  '/api/v1/invitations/': 'invitation',
  '/api/v1/sessions/': 'session',
  '/api/webhooks/endpoints/': 'webhook',
  '/api/webhooks/deliveries/': 'delivery',
};
const IN_QUERIES: Readonly<Record<string, IdName>> = {
  id: 'generation',
  key_id: 'apiKeyId',
  api_key: 'apiKeyHash',
  provider_key_id: 'providerKey',
  request_id: 'request',
  upstream_id: 'upstream',
  endpoint_id: 'webhook',
};
/** A provider is nobody's; another's workspace is tried at every route, in `access.test.ts` and `roles.test.ts`. */
const NOT_HERE = new Set(['provider_id', 'workspace_id']);
/** Good bodies: a bad one would be refused before anybody looks whose id it is. `id` stands for the foreign one. */
const BODIES: Partial<Record<RouteName, (ids: Readonly<Record<IdName, string>>) => object>> = {
  updateApiKey: () => ({ name: 'x' }),
  createWebhook: ({ apiKeyId }) => ({
    name: 'x',
    url: 'http://127.0.0.1:9001/hook',
    api_key_ids: [apiKeyId],
  }),
  updateByok: () => ({ weight: 2 }),
  testByok: () => ({}),
  changeMemberRole: () => ({ role: 'viewer' }),
  updateWebhook: () => ({ name: 'x' }),
  shareOfDraft: ({ providerKey }) => ({ provider: 'openai', weight: 1, provider_key_id: providerKey }),
  sendWebhookTestEvent: ({ webhook }) => ({ endpoint_id: webhook }),
  switchWorkspace: ({ workspace }) => ({ workspace_id: workspace }),
  previewRouting: ({ providerKey }) => ({
    model: 'openai/gpt-4o',
    changes: [{ provider_key_id: providerKey, weight: 7 }],
  }),
};

beforeAll(async () => {
  instance = await openTestInstance();
  victim = await openPerson(instance, 'victim@example.com', { workspaceId: WORKSPACE, role: 'owner' });
  attacker = await openPerson(instance, 'attacker@example.com', {
    workspaceId: OTHER_WORKSPACE,
    role: 'owner',
  });
  theirs = await arrange();
});
afterAll(() => instance.close());

async function arrange(): Promise<typeof theirs> {
  const made = async (url: string, body: object) => {
    const { status, body: answer, text } = await victim.call('POST', url, body);
    expect(status, text).toBeLessThan(300);
    return answer;
  };
  const key = (label: string) =>
    made('/api/v1/byok', { provider: 'openai', label, credential: `sk-proj-${label}0123456789` });
  const { member } = await addMember();
  const deleted = (await key('deleted')).data.id;
  await victim.call('DELETE', `/api/v1/byok/${deleted}`);
  const webhook = await made('/api/webhooks/endpoints', {
    name: 'Theirs',
    url: 'http://127.0.0.1:9001/hook',
  });
  const generation = await book(instance, {}, { upstreamId: 'chatcmpl-theirs' });
  return {
    apiKeyHash: instance.inferenceKey.hash,
    apiKeyId: instance.inferenceKey.id,
    providerKey: (await key('theirs')).data.id,
    deletedProviderKey: deleted,
    webhook: webhook.endpoint.id,
    delivery: (await made('/api/webhooks/test-event', { endpoint_id: webhook.endpoint.id })).data.id,
    member,
    invitation: (await made('/api/v1/invitations', { email: 'new@example.com', role: 'viewer' })).data.id,
    session: (await victim.call('GET', '/api/v1/sessions')).body.data[0].id,
    generation,
    request: (await victim.call('GET', `/api/v1/generation?id=${generation}`)).body.request_id,
    upstream: 'chatcmpl-theirs',
    workspace: WORKSPACE,
  };
}

async function addMember() {
  const { userId } = await openPerson(instance, 'member@example.com', {
    workspaceId: WORKSPACE,
    role: 'developer',
  });
  return { member: userId };
}

const CALLERS = ['key', 'person'] as const;
type Caller = (typeof CALLERS)[number];

function call(caller: Caller, method: string, url: string, body?: object): Promise<Answer> {
  return caller === 'key'
    ? instance.call('foreign', method as Method, url, body)
    : attacker.call(method as Method, url, body);
}

function callersOf({ kinds, permission }: Route): readonly Caller[] {
  return CALLERS.filter((caller) =>
    caller === 'key' ? kinds.includes('management') : isOfTenants(permission),
  );
}
function isOfTenants(permission: Route['permission']): boolean {
  return permission !== null && permission !== 'operator';
}

/** Every place in which the contract lets a tenant name something by its id. */
type Place = {
  readonly name: RouteName;
  readonly route: Route;
  readonly caller: Caller;
  readonly where: string;
  readonly id: IdName | null;
};
const PLACES: readonly Place[] = Object.entries<Route>(ROUTES).flatMap(([key, route]) => {
  const name = key as RouteName;
  // It does not end; `insights-more.test.ts` listens to it from another workspace.
  if (name === 'streamGenerations') return [];
  return callersOf(route).flatMap((caller) => [
    ...(route.path.includes('{') && !/\/(?:providers|platform-keys|workspaces)\/\{/.test(route.path)
      ? [{ name, route, caller, where: 'path', id: idInPath(name, route) }]
      : []),
    ...fieldsOf(route.query).map((field) => ({
      name,
      route,
      caller,
      where: field,
      id: IN_QUERIES[field] ?? null,
    })),
    ...(fieldsOf(route.body).length > 0 && !route.path.includes('{')
      ? [{ name, route, caller, where: 'body', id: null }]
      : []),
  ]);
});

function idInPath(name: RouteName, { path }: Route): IdName | null {
  if (name === 'restoreByok') return 'deletedProviderKey';
  return IN_PATHS[path.slice(0, path.indexOf('{'))] ?? null;
}

function fieldsOf(schema: z.ZodType | null): readonly string[] {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.keys(schema.shape).filter(
    (field) => (/(?:^|_)ids?$/.test(field) || field === 'api_key') && !NOT_HERE.has(field),
  );
}

function urlOf({ route, where, id, name }: Place, ids: Readonly<Record<IdName, string>>): string {
  if (where === 'body') return route.path;
  if (id === null) throw new Error(`the tables above do not say whose id ${where} of ${name} is`);
  return where === 'path' ? route.path.replace(/\{\w+\}/, ids[id]) : `${route.path}?${where}=${ids[id]}`;
}

/** Status and body without what differs by itself: the request's id, and the id that was asked for. */
function said({ status, text }: Answer, ids: Readonly<Record<IdName, string>>): string {
  let clean = text.replaceAll(MADE_ANEW, '');
  for (const id of Object.values(ids)) clean = clean.replaceAll(id, 'ID');
  return `${status} ${clean}`;
}

const MADE_ANEW = /(?:req|wh|whsec)_[\w+/=]{20,}|"\d{4}-\d\d-\d\dT[\d:.]+Z"/g;

/** Everything that the victim sees of their own. */
async function possessions(): Promise<string> {
  const lists = ['keys', 'byok', 'members', 'invitations', 'sessions'].map((list) => `/api/v1/${list}`);
  const urls = [...lists, '/api/webhooks/endpoints', '/api/webhooks/deliveries', '/api/v1/generations'];
  const answers = [];
  for (const url of urls) answers.push((await victim.call('GET', url)).body);
  return JSON.stringify(answers, (key, value: unknown) => (/last_|_at$/.test(key) ? null : value));
}

describe('an id of another workspace is as missing as one that never was', () => {
  test('there is much to try', () => expect(PLACES.length).toBeGreaterThan(60));
  test('what is tried is there', async () => {
    const all = await possessions();
    for (const id of [
      'apiKeyHash',
      'providerKey',
      'webhook',
      'delivery',
      'member',
      'invitation',
      'session',
      'generation',
    ] as const)
      expect(all, id).toContain(theirs[id]);
  });

  test.each(PLACES)('$name, $where, by $caller', async (place) => {
    const { route, caller, name, where } = place;
    const body = (ids: typeof theirs) =>
      route.method === 'GET' || route.method === 'DELETE' ? undefined : (BODIES[name]?.(ids) ?? {});
    const before = await possessions();
    const foreign = await call(caller, route.method, urlOf(place, theirs), body(theirs));
    const never = await call(caller, route.method, urlOf(place, NEVER), body(NEVER));
    expect(said(foreign, theirs)).toBe(said(never, NEVER));
    if (where === 'path') expect([foreign.status, foreign.body.code]).toEqual([404, 'not_found']);
    else expect(foreign.text).not.toContain('theirs');
    expect(await possessions()).toBe(before);
  });
});
