/** The gateway's own fields in OpenAI-shaped bodies: read here, never sent to a provider. */
import {
  hasNameLength,
  MODEL_NAME_CHARACTERS_MAX,
  MODELS_PER_REQUEST_MAX,
  type EncodeTarget,
  type RequestFacts,
} from '@arouter/core';
import { fieldValue, invalidRequest, stringField } from './request-body.ts';
import type { JsonMember } from './scan-json.ts';
import type { JsonEdit } from './splice.ts';
import { isRecord } from './token-usage.ts';

export const GATEWAY_FIELDS = ['models', 'route', 'provider', 'usage', 'plugins', 'transforms'] as const;

/** Throws GatewayError `invalid_request`. */
export function gatewayFacts(
  body: Uint8Array,
  members: readonly JsonMember[],
): Pick<RequestFacts, 'model' | 'models' | 'provider' | 'includeCost'> {
  return {
    model: modelField(body, members),
    models: readModels(body, members),
    provider: objectField(body, members, 'provider'),
    includeCost: objectField(body, members, 'usage')?.['include'] === true,
  };
}

/** What must be changed of a body that passes through: the gateway's own fields go, the model is the provider's name of it. */
export function gatewayEdits(
  { model }: Pick<RequestFacts, 'model'>,
  members: readonly JsonMember[],
  { upstreamModel }: Pick<EncodeTarget, 'upstreamModel'>,
): readonly JsonEdit[] {
  const edits: JsonEdit[] = [];
  for (const { key } of members) if (IS_GATEWAY_FIELD.has(key)) edits.push({ kind: 'remove', key });
  if (model !== upstreamModel) edits.push({ kind: 'set', key: 'model', json: JSON.stringify(upstreamModel) });
  return edits;
}
const IS_GATEWAY_FIELD: ReadonlySet<string> = new Set(GATEWAY_FIELDS);

export function objectField(
  body: Uint8Array,
  members: readonly JsonMember[],
  key: string,
): Readonly<Record<string, unknown>> | undefined {
  const value = fieldValue(body, members, key);
  if (value === undefined || isRecord(value)) return value;
  throw invalidRequest(`The field "${key}" must be an object.`);
}

/** Throws GatewayError `invalid_request`. */
export function modelField(body: Uint8Array, members: readonly JsonMember[]): string | undefined {
  return stringField(body, members, { key: 'model', charsMax: MODEL_NAME_CHARACTERS_MAX });
}

/** The further models that the caller would take. Throws GatewayError `invalid_request`. */
export function readModels(body: Uint8Array, members: readonly JsonMember[]): readonly string[] {
  const models = fieldValue(body, members, 'models') ?? [];
  const isList = Array.isArray(models) && models.length <= MODELS_PER_REQUEST_MAX;
  if (isList && models.every(hasNameLength)) return models;
  throw invalidRequest(
    `The field "models" must be an array of at most ${MODELS_PER_REQUEST_MAX} model names of 1 to ${MODEL_NAME_CHARACTERS_MAX} characters.`,
  );
}
