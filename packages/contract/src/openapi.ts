/** The OpenAPI 3.1 document, made from the route table and the table of faces: nothing in it is written by hand. */
import { ERROR_CODES, type ErrorCode } from '@arouter/core';
import { z } from 'zod';
import {
  describeInference,
  INFERENCE_SECURITY_SCHEMES,
  INFERENCE_TAG,
  type InferencePath,
} from './inference-paths.ts';
import { COMMON_ERRORS, isPublic, type Route } from './route.ts';
import { ROUTES } from './routes.ts';
import { errorAnswer } from './schemas/errors.ts';

type Json = { [key: string]: unknown };
export type OpenApiDocument = {
  readonly openapi: '3.1.0';
  readonly info: Json;
  readonly servers: readonly Json[];
  readonly tags: readonly Json[];
  readonly security: readonly Json[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly components: { readonly schemas: Json; readonly securitySchemes: Json };
};

export function openApiDocument(options: {
  readonly version: string;
  readonly publicUrl?: string;
  /** Absent: the document is about management only. */
  readonly inference?: readonly InferencePath[];
}): OpenApiDocument {
  const { inference = [] } = options;
  const schemas: Json = {};
  const paths: Record<string, Record<string, Json>> = {};
  const errorReference = jsonSchema(errorAnswer, 'output', schemas);
  for (const [name, route] of Object.entries<Route>(ROUTES)) {
    for (const [index, path] of [route.path, ...route.aliases].entries()) {
      const operationId = index === 0 ? name : `${name}At${index + 1}`;
      const operation = describeOperation(route, operationId, { schemas, errorReference });
      paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation };
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'ARouter API',
      version: options.version,
      description:
        'Keys, provider keys, usage, credits, routing previews; and the inference paths, whose bodies are the formats of the vendors.',
    },
    servers: [{ url: options.publicUrl ?? '/' }],
    tags: [
      ...new Set([
        ...Object.values<Route>(ROUTES).map((route) => route.tag),
        ...(inference.length === 0 ? [] : [INFERENCE_TAG]),
      ]),
    ].map((tag) => ({ name: tag })),
    security: [{ apiKey: [] }, { session: [] }],
    paths: { ...paths, ...describeInference(inference, errorReference) },
    components: {
      schemas,
      securitySchemes: {
        ...INFERENCE_SECURITY_SCHEMES,
        apiKey: { type: 'http', scheme: 'bearer', description: 'An ARouter key: lr_live_… or lr_mgmt_…' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: '__Host-arouter_session',
          description: 'The dashboard. Over plain http on loopback the cookie is named arouter_session.',
        },
      },
    },
  };
}

type Shared = { readonly schemas: Json; readonly errorReference: Json };

function describeOperation(route: Route, operationId: string, shared: Shared): Json {
  const operation: Json = {
    operationId,
    tags: [route.tag],
    summary: route.summary,
    description: callersOf(route),
    parameters: [
      ...parameters(route.params, 'path', shared.schemas),
      ...parameters(route.query, 'query', shared.schemas),
    ],
    responses: {
      [route.status]: success(route, shared.schemas),
      ...failures(route, shared.errorReference),
    },
  };
  operation['security'] = securityOf(route);
  if (route.body !== null) {
    operation['requestBody'] = {
      required: !route.body.safeParse(undefined).success,
      content: { 'application/json': { schema: jsonSchema(route.body, 'input', shared.schemas) } },
    };
  }
  return operation;
}

function callersOf(route: Route): string {
  if (isPublic(route)) return 'Neither key nor session needed.';
  const keys = route.kinds.length === 0 ? [] : [`Keys: ${route.kinds.join(', ')}.`];
  const people = route.permission === null ? [] : [`Sessions with: ${route.permission}.`];
  return [...keys, ...people].join(' ');
}

function securityOf(route: Route): readonly Json[] {
  return [
    ...(route.kinds.length === 0 ? [] : [{ apiKey: [] }]),
    ...(route.permission === null ? [] : [{ session: [] }]),
  ];
}

function success(route: Route, schemas: Json): Json {
  if (route.status === 302) return { description: 'Leads on.' };
  if (route.answer === null) return { description: 'Done.', content: { [route.contentType]: {} } };
  return {
    description: 'Done.',
    content: { 'application/json': { schema: jsonSchema(route.answer, 'output', schemas) } },
  };
}

function failures(route: Route, errorReference: Json): Json {
  const codes = isPublic(route) ? route.errors : [...COMMON_ERRORS, ...route.errors];
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = ERROR_CODES[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const responses: Json = {};
  for (const [status, its] of byStatus) {
    responses[status] = {
      description: its.map((code) => `\`${code}\`: ${ERROR_CODES[code].summary}`).join('\n\n'),
      content: { 'application/json': { schema: errorReference } },
    };
  }
  return responses;
}

function parameters(schema: z.ZodObject | null, place: 'path' | 'query', schemas: Json): Json[] {
  if (schema === null) return [];
  return Object.entries(schema.shape).map(([name, field]) => {
    const { description, ...rest } = jsonSchema(field as z.ZodType, 'input', schemas);
    const required = place === 'path' || !(field as z.ZodType).safeParse(undefined).success;
    return {
      name,
      in: place,
      required,
      ...(typeof description === 'string' ? { description } : {}),
      schema: rest,
    };
  });
}

/** zod's JSON schema with the named parts moved to the document's components. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output', schemas: Json): Json {
  const { $schema: _dialect, $defs, ...own } = z.toJSONSchema(schema, { io, reused: 'inline' }) as Json;
  for (const [name, definition] of Object.entries(($defs ?? {}) as Json))
    schemas[name] = repointed(definition);
  const id = schema.meta()?.id;
  if (id === undefined) return repointed(own) as Json;
  schemas[id] = repointed(own);
  return { $ref: `#/components/schemas/${id}` };
}

function repointed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(repointed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      key === '$ref' && typeof member === 'string'
        ? member.replace('#/$defs/', '#/components/schemas/')
        : repointed(member),
    ]),
  );
}
