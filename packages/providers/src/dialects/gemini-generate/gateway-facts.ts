/** What every Gemini path says to the gateway itself, in its path and in its body. */
import type { RequestContext, RequestFacts } from '@arouter/core';
import { isObject } from '../shared/json-values.ts';
import { fieldValue, invalidRequest } from '../shared/request-body.ts';
import type { JsonMember } from '../shared/scan-json.ts';

/**
 * The gateway's own fields: read here, and never sent to a provider. `model` is no field of the body, but people write
 * it there; the path says which model is meant.
 */
export const GATEWAY_FIELDS = [
  'model',
  'models',
  'route',
  'provider',
  'usage',
  'plugins',
  'transforms',
] as const;

const MODEL_CHARS_MAX = 256;
const MODELS_MAX = 16;

type GatewayFacts = Pick<
  RequestFacts,
  'body' | 'context' | 'model' | 'models' | 'provider' | 'includeUsage' | 'includeCost'
>;

/** Throws GatewayError `invalid_request`. */
export function gatewayFacts(
  body: Uint8Array,
  members: readonly JsonMember[],
  context: RequestContext,
): GatewayFacts {
  const { pathModel } = context;
  const usage = fieldValue(body, members, 'usage');
  return {
    body,
    context,
    model: pathModel === undefined || pathModel.length > MODEL_CHARS_MAX ? undefined : pathModel,
    models: readModels(body, members),
    provider: fieldValue(body, members, 'provider'),
    // The protocol has no such switch: usage is always in the answer.
    includeUsage: true,
    includeCost: isObject(usage) && usage['include'] === true,
  };
}

function readModels(body: Uint8Array, members: readonly JsonMember[]): readonly string[] {
  const models = fieldValue(body, members, 'models');
  if (models === undefined) return [];
  const isName = (name: unknown): name is string =>
    typeof name === 'string' && name !== '' && name.length <= MODEL_CHARS_MAX;
  if (Array.isArray(models) && models.length <= MODELS_MAX && models.every(isName)) return models;
  throw invalidRequest(`The field "models" must be an array of at most ${MODELS_MAX} model names.`);
}
