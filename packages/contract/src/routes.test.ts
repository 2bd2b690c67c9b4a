import { ERROR_CODES } from '@arouter/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  COMMON_ERRORS,
  isPublic,
  openApiDocument,
  ROLE_PERMISSIONS,
  ROLES,
  ROUTES,
  type Route,
} from './index.ts';

const routes = Object.entries<Route>(ROUTES);
/** Lists that come whole, and why they end. */
const WHOLE_LISTS: Readonly<Record<string, string>> = {
  listSessions: "a person's own, of the last days",
  listMembers: 'each was invited by a person',
  listInvitations: '200 at most',
  listPrices: '10,000 at most, set by the operator',
  listWorkspaces: 'each was made by the operator',
  listProviders: 'our own table',
  listProviderModels: 'our own table',
  getCatalogue: 'our own table and the models that keys name',
  getUsageErrors: 'our own codes',
  getSparklines: 'one row for each of 500 keys at most',
  shareOfDraft: 'one row for each of 500 keys at most',
  listWebhooks: '20 at most',
  listWebhookEventTypes: 'our own table',
};

describe('the route table', () => {
  test('has no two routes at one method and path', () => {
    const places = routes.flatMap(([, { method, path, aliases }]) =>
      [path, ...aliases].map((each) => `${method} ${each}`),
    );
    expect(new Set(places).size).toBe(places.length);
  });

  test('has no list of what grows by itself that does not come by pages', () => {
    const lists = routes.filter(
      ([, { answer }]) => answer instanceof z.ZodObject && answer.shape['data'] instanceof z.ZodArray,
    );
    const isPaged = ({ query }: Route) =>
      ['limit', 'page_size'].some((size) => size in (query?.shape ?? {})) &&
      ['cursor', 'offset', 'page_token'].some((place) => place in (query?.shape ?? {}));
    expect(lists.filter(([, route]) => isPaged(route)).length).toBeGreaterThan(5);
    expect(
      lists
        .filter(([, route]) => !isPaged(route))
        .map(([name]) => name)
        .toSorted(),
    ).toEqual(Object.keys(WHOLE_LISTS).toSorted());
    for (const [name, { query }] of lists.filter(([, route]) => isPaged(route)))
      for (const size of ['limit', 'page_size'])
        if (size in (query?.shape ?? {})) {
          const takes = (value: string) => query?.safeParse({ [size]: value }).success;
          expect([name, takes('100'), takes('201')]).toEqual([name, true, false]);
        }
  });

  test.each(routes)('%s names its path parameters, and only those, in its schema', (_name, route) => {
    const named = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(Object.keys(route.params?.shape ?? {})).toEqual(named);
  });

  test.each(
    routes.filter(([, { scope }]) => scope === 'workspace').filter(([name]) => name !== 'getCurrentKey'),
  )('%s lets an operator say which workspace', (_name, route) => {
    expect(Object.keys(route.query?.shape ?? {})).toContain('workspace_id');
  });

  test('only the documents, and what leads to a session, is open to everybody', () => {
    expect(routes.filter(([, route]) => isPublic(route)).map(([name]) => name)).toEqual([
      'getSession',
      'completeFirstRun',
      'signIn',
      'completeTwoFactor',
      'startSso',
      'finishSso',
      'inspectInvitation',
      'acceptInvitation',
      'getOpenApi',
      'getDocs',
    ]);
  });

  test('nothing of the instance can be changed without an operator key or a person who operates', () => {
    const changing = routes.filter(
      ([, { scope, method, tag }]) =>
        scope === 'instance' && method !== 'GET' && tag !== 'Sessions' && tag !== 'Account',
    );
    expect(changing.length).toBeGreaterThan(5);
    for (const [name, { kinds, permission }] of changing)
      expect([kinds, permission], name).toEqual([['operator'], 'operator']);
  });

  test('what belongs to the instance or to a person is in no role', () => {
    for (const role of ROLES) {
      expect(ROLE_PERMISSIONS[role]).not.toContain('operator');
      expect(ROLE_PERMISSIONS[role]).not.toContain('account');
    }
  });

  test('an inference key changes nothing: what it may call reads, or previews', () => {
    const open = routes.filter(([, { kinds, method }]) => kinds.includes('inference') && method !== 'GET');
    expect(open.map(([name]) => name)).toEqual(['previewRouting']);
  });

  test.each(routes.filter(([, { body }]) => body !== null))(
    '%s refuses a field that it does not know',
    (name, route) => {
      if (name === 'previewRouting') return;
      const result = route.body?.safeParse({ certainly_not_a_field: 1 });
      expect(result?.error?.issues.some((issue) => issue.code === 'unrecognized_keys')).toBe(true);
    },
  );

  test.each(routes.filter(([, { query }]) => query !== null))(
    '%s refuses a query parameter that it does not know',
    (_name, route) => {
      const result = route.query?.safeParse({ certainly_not_a_parameter: '1' });
      expect(result?.error?.issues.some((issue) => issue.code === 'unrecognized_keys')).toBe(true);
    },
  );

  test('no answer has a place for a credential or a stored hash', () => {
    const text = routes
      .map(([, { answer }]) => (answer === null ? '' : JSON.stringify(z.toJSONSchema(answer))))
      .join('');
    for (const name of ['"credential":', '"sealed"', '"mac"', '"api_key":', '"secret_key"'])
      expect(text).not.toContain(name);
  });

  test('every text in a request has an end, every number both', () => {
    const endless: string[] = [];
    for (const [name, { body, query, params }] of routes) {
      if (name === 'previewRouting') continue;
      for (const schema of [body, query, params]) {
        if (schema !== null) findEndless(z.toJSONSchema(schema, { io: 'input' }), name, endless);
      }
    }
    expect(endless).toEqual([]);
  });
});

function findEndless(schema: unknown, path: string, found: string[]): void {
  if (typeof schema !== 'object' || schema === null) return;
  const { type, ...rest } = schema as { type?: string; [key: string]: unknown };
  const bounded = 'enum' in rest || 'const' in rest || 'pattern' in rest || 'maxLength' in rest;
  if (type === 'string' && !bounded) found.push(path);
  if ((type === 'number' || type === 'integer') && !('minimum' in rest && 'maximum' in rest))
    found.push(path);
  if (type === 'array' && !('maxItems' in rest)) found.push(path);
  for (const [key, value] of Object.entries(rest)) findEndless(value, `${path}.${key}`, found);
}

describe('the OpenAPI document', () => {
  const document = openApiDocument({ version: '1.2.3' });
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));

  test('is version 3.1 and has every route at every path once', () => {
    expect(document.openapi).toBe('3.1.0');
    const count = routes.reduce((total, [, { aliases }]) => total + 1 + aliases.length, 0);
    expect(operations).toHaveLength(count);
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(count);
  });

  test('every reference leads to a schema of the document', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(
      ([, target]) => target ?? '',
    );
    expect(references.length).toBeGreaterThan(50);
    for (const target of references) {
      expect(target).toMatch(/^#\/components\/schemas\//);
      expect(document.components.schemas).toHaveProperty(target.split('/').at(-1) ?? '');
    }
  });

  test('says the errors of a route with their status', () => {
    const responses = document.paths['/api/v1/byok']?.['post']?.['responses'] as Record<
      string,
      { description: string }
    >;
    for (const code of [...COMMON_ERRORS, ...ROUTES.createByok.errors]) {
      expect(responses[ERROR_CODES[code].status]?.description).toContain(`\`${code}\``);
    }
  });

  test('marks the credential as write-only and required fields as required', () => {
    const body = document.paths['/api/v1/byok']?.['post']?.['requestBody'] as {
      content: {
        'application/json': {
          schema: { required: string[]; properties: Record<string, { writeOnly?: boolean }> };
        };
      };
    };
    const { schema } = body.content['application/json'];
    expect(schema.required).toEqual(['provider']);
    expect(schema.properties['credential']?.writeOnly).toBe(true);
    expect(schema.properties['key']?.writeOnly).toBe(true);
  });
});
