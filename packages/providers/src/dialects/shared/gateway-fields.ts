/** The gateway's own fields in OpenAI-shaped bodies: read here, never sent to a provider. */
import type { RequestFacts } from '@arouter/core';
import { fieldValue, invalidRequest, stringField } from './request-body.ts';
import type { JsonMember } from './scan-json.ts';
import { isRecord } from './token-usage.ts';

export const GATEWAY_FIELDS = ['models', 'route', 'provider', 'usage', 'plugins', 'transforms'] as const;
export const MODELS_MAX = 32;
export const MODEL_CHARS_MAX = 256;

/** Throws GatewayError `invalid_request`. */
export function gatewayFacts(
  body: Uint8Array,
  members: readonly JsonMember[],
): Pick<RequestFacts, 'model' | 'models' | 'provider' | 'includeCost'> {
  return {
    model: stringField(body, members, { key: 'model', charsMax: MODEL_CHARS_MAX }),
    models: readModels(body, members),
    provider: objectField(body, members, 'provider'),
    includeCost: objectField(body, members, 'usage')?.['include'] === true,
  };
}

export function objectField(
  body: Uint8Array,
  members: readonly JsonMember[],
  key: string,
): Readonly<Record<string, unknown>> | undefined {
  const value = fieldValue(body, members, key);
  if (value === undefined || isRecord(value)) return value;
  throw invalidRequest(`The field "${key}" must be an object.`);
}

function readModels(body: Uint8Array, members: readonly JsonMember[]): readonly string[] {
  const models = fieldValue(body, members, 'models') ?? [];
  if (Array.isArray(models) && models.length <= MODELS_MAX && models.every(isModelName)) return models;
  throw invalidRequest(
    `The field "models" must be an array of at most ${MODELS_MAX} model names of 1 to ${MODEL_CHARS_MAX} characters.`,
  );
}

function isModelName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MODEL_CHARS_MAX;
}
