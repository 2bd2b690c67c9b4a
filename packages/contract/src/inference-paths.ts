/**
 * The inference paths of the OpenAPI document, from the table of faces that serves them: what is not in the table is not in
 * the document, and what is in the table cannot be left out. Bodies are the vendors' own formats and are not repeated here,
 * but for what the gateway reads of them.
 */
import {
  ERROR_CODES,
  type ErrorCode,
  MODEL_NAME_CHARACTERS_MAX,
  MODELS_PER_REQUEST_MAX,
} from '@arouter/core';

/** One inference path, as the data plane serves it. */
export type InferencePath = {
  /** With `{name}` for what stands in the path. */
  readonly path: string;
  readonly methods: readonly ('GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE')[];
  readonly summary: string;
  /** Null: it reads nothing. `any`: as it comes, passed on unread. */
  readonly body: 'json' | 'multipart' | 'any' | null;
  /** Null: it never streams. */
  readonly streamContentType: string | null;
};
type Json = { [key: string]: unknown };

/** What any inference path may be refused with; each in the shape of the caller's own dialect. */
const REFUSALS: readonly ErrorCode[] = [
  'invalid_request',
  'invalid_api_key',
  'insufficient_credits',
  'provider_key_budget_exceeded',
  'api_key_disabled',
  'api_key_expired',
  'model_not_allowed',
  'provider_not_allowed',
  'quota_exceeded',
  'model_not_found',
  'payload_too_large',
  'price_unknown',
  'provider_key_rejected',
  'rate_limit_exceeded',
  'provider_key_rate_limited',
  'upstream_error',
  'upstream_unreachable',
  'no_provider_available',
  'provider_key_cooling_down',
  'service_unavailable',
  'upstream_timeout',
];
const BODY_TYPES = { json: 'application/json', multipart: 'multipart/form-data', any: '*/*' } as const;

/** Where clients put the key; any one of them will do (`http/caller.ts`). */
export const INFERENCE_SECURITY_SCHEMES: Json = {
  xApiKey: {
    type: 'apiKey',
    in: 'header',
    name: 'x-api-key',
    description: 'As Anthropic’s clients send it.',
  },
  xGoogApiKey: { type: 'apiKey', in: 'header', name: 'x-goog-api-key', description: 'As Google’s send it.' },
  azureApiKey: { type: 'apiKey', in: 'header', name: 'api-key', description: 'As Azure’s send it.' },
  keyInQuery: { type: 'apiKey', in: 'query', name: 'key', description: 'As Google’s older clients send it.' },
};
const SECURITY = ['apiKey', ...Object.keys(INFERENCE_SECURITY_SCHEMES)].map((name) => ({ [name]: [] }));
export const INFERENCE_TAG = 'Inference';

export function describeInference(
  faces: readonly InferencePath[],
  errorReference: Json,
): Record<string, Record<string, Json>> {
  const paths: Record<string, Record<string, Json>> = {};
  for (const face of faces)
    paths[face.path] = Object.fromEntries(
      face.methods.map((method) => [method.toLowerCase(), operationOf(face, method, errorReference)]),
    );
  return paths;
}

function operationOf(face: InferencePath, method: string, errorReference: Json): Json {
  const reads = face.body !== null && method !== 'GET' && method !== 'DELETE';
  return {
    operationId: `${method.toLowerCase()}${face.path.replaceAll(/[^A-Za-z0-9]+(.?)/g, (_, next: string) => next.toUpperCase())}`,
    tags: [INFERENCE_TAG],
    summary: face.summary,
    description: 'Keys: inference. The key may stand in any one of the named places.',
    security: SECURITY,
    parameters: [...face.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...(reads && face.body !== null
      ? { requestBody: { required: true, content: { [BODY_TYPES[face.body]]: { schema: bodyOf(face) } } } }
      : {}),
    responses: { 200: successOf(face), ...refusals(errorReference) },
  };
}

/** What the gateway itself reads of a body; the rest is the vendor's format. */
function bodyOf({ path, body }: InferencePath): Json {
  if (body !== 'json') return {};
  const names = MODEL_IN_PATH.test(path) ? {} : { model: MODEL_NAME };
  return { type: 'object', additionalProperties: true, properties: { ...names, ...GATEWAY_MEMBERS } };
}
const MODEL_IN_PATH = /\{model\}/;
const MODEL_NAME: Json = {
  type: 'string',
  minLength: 1,
  maxLength: MODEL_NAME_CHARACTERS_MAX,
  description: 'provider/model, a bare name, or auto.',
};
const GATEWAY_MEMBERS: Json = {
  models: {
    type: 'array',
    maxItems: MODELS_PER_REQUEST_MAX,
    items: MODEL_NAME,
    description: `Tried in order after \`model\`; at most ${MODELS_PER_REQUEST_MAX} names in both together.`,
  },
  route: { type: 'string', description: 'fallback: what `models` does anyway.' },
  provider: { type: 'object', additionalProperties: true, description: 'Wishes about providers.' },
};

function successOf({ body, streamContentType }: InferencePath): Json {
  return {
    description:
      streamContentType === null
        ? 'The answer.'
        : 'The answer, or its events where the request asks for a stream.',
    content: {
      [body === 'any' ? '*/*' : 'application/json']: { schema: {} },
      ...(streamContentType === null ? {} : { [streamContentType]: { schema: { type: 'string' } } }),
    },
  };
}

function refusals(errorReference: Json): Json {
  const byStatus = Map.groupBy(REFUSALS, (code) => ERROR_CODES[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: codes.map((code) => `\`${code}\`: ${ERROR_CODES[code].summary}`).join('\n\n'),
        content: { 'application/json': { schema: errorReference } },
      },
    ]),
  );
}
