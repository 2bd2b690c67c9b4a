/** What every Gemini path says to the gateway itself, in its path and in its body. */
import { hasNameLength, type RequestContext, type RequestFacts } from '@arouter/core';
import { isObject } from '../shared/json-values.ts';
import { readModels } from '../shared/gateway-fields.ts';
import { fieldValue } from '../shared/request-body.ts';
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
    model: hasNameLength(pathModel) ? pathModel : undefined,
    models: readModels(body, members),
    provider: fieldValue(body, members, 'provider'),
    // The protocol has no such switch: usage is always in the answer.
    includeUsage: true,
    includeCost: isObject(usage) && usage['include'] === true,
  };
}
