/** The canonical request → a Gemini request. Pure; what cannot be said is in field-fates.ts. */
import type { CanonicalRequest, EncodeTarget } from '@arouter/core';
import {
  isObject,
  type JsonObject,
  numberOf,
  objectOf,
  present,
  refuse,
  stringOf,
} from '../shared/json-values.ts';
import { contentsFromCanonical } from './contents-from-canonical.ts';
import { fieldOf } from './field-of.ts';
import { type GeminiFeatures, geminiFeatures } from './gemini-models.ts';
import { schemaFromCanonical } from './schemas.ts';
import { googleFields, thinkingConfig } from './thinking.ts';
import { toolsFromCanonical } from './tools-from-canonical.ts';

const STOP_SEQUENCES_MAX = 5;
const TEMPERATURE_MAX = 2;

/** Throws GatewayError `invalid_request` for what Gemini cannot do. */
export function requestFromCanonical(request: CanonicalRequest, target: EncodeTarget): JsonObject {
  const features = geminiFeatures(target.upstreamModel);
  const { system, contents } = contentsFromCanonical(request['messages'], features);
  const { tools, toolConfig } = toolsFromCanonical(request);
  const format = readFormat(request['response_format'], tools !== undefined && !features.jsonBesideTools);
  const instructed = format.instruction === undefined ? system : [...system, { text: format.instruction }];
  const config = { ...generationConfig(request, target, features), ...format.config };
  const google = googleFields(request);
  const body = present({
    contents,
    systemInstruction: instructed.length === 0 ? undefined : { parts: instructed },
    tools,
    toolConfig,
    generationConfig: Object.keys(config).length === 0 ? undefined : config,
    safetySettings: fieldOf(google, 'safetySettings') ?? request['safety_settings'] ?? undefined,
    cachedContent: fieldOf(google, 'cachedContent'),
  });
  const refused = target.quirks.unsupportedFields ?? [];
  return Object.fromEntries(Object.entries(body).filter(([field]) => !refused.includes(field)));
}

function generationConfig(
  request: CanonicalRequest,
  target: EncodeTarget,
  features: GeminiFeatures,
): JsonObject {
  const cap = numberOf(request['max_completion_tokens']) ?? numberOf(request['max_tokens']);
  const temperature = numberOf(request['temperature']);
  const count = numberOf(request['n']);
  const logprobs = request['logprobs'] === true;
  return present({
    maxOutputTokens:
      cap === undefined
        ? undefined
        : Math.min(Math.max(1, Math.floor(cap)), target.outputTokensMax ?? Infinity),
    candidateCount: count !== undefined && count > 1 ? count : undefined,
    temperature: temperature === undefined ? undefined : Math.min(TEMPERATURE_MAX, Math.max(0, temperature)),
    topP: numberOf(request['top_p']),
    topK: numberOf(request['top_k']),
    seed: numberOf(request['seed']),
    presencePenalty: numberOf(request['presence_penalty']),
    frequencyPenalty: numberOf(request['frequency_penalty']),
    stopSequences: stopSequences(request['stop']),
    responseLogprobs: logprobs ? true : undefined,
    logprobs: logprobs ? numberOf(request['top_logprobs']) : undefined,
    responseModalities: modalities(request),
    thinkingConfig: thinkingConfig(request, features),
  });
}

/** `beside`: tools stand in the same request and this model refuses a JSON mode beside them. */
function readFormat(
  format: unknown,
  beside: boolean,
): { readonly config: JsonObject; readonly instruction: string | undefined } {
  const none = { config: {}, instruction: undefined };
  if (!isObject(format)) return none;
  const named = objectOf(format['json_schema']);
  const schema = format['type'] === 'json_schema' ? (named['schema'] ?? format['schema']) : undefined;
  if (format['type'] !== 'json_object' && !isObject(schema)) return none;
  if (beside) return { config: {}, instruction: instructionFor(schema) };
  return {
    config: present({
      responseMimeType: 'application/json',
      responseJsonSchema: isObject(schema) ? schemaFromCanonical(schema) : undefined,
    }),
    instruction: undefined,
  };
}

function instructionFor(schema: unknown): string {
  return isObject(schema)
    ? `Give the final answer as one JSON value that fits this JSON schema, and nothing else: no prose, no code fence.\n${JSON.stringify(schema)}`
    : 'Give the final answer as one valid JSON object and nothing else: no prose, no code fence.';
}

function stopSequences(stop: unknown): readonly string[] | undefined {
  const all: readonly unknown[] = Array.isArray(stop) ? stop : [stop];
  const usable = all.filter((each): each is string => typeof each === 'string' && each !== '');
  if (usable.length > STOP_SEQUENCES_MAX) {
    throw refuse(
      `\`stop\` has more than ${STOP_SEQUENCES_MAX} sequences, which is all that Gemini takes; send fewer.`,
    );
  }
  return usable.length === 0 ? undefined : usable;
}

function modalities(request: CanonicalRequest): readonly string[] | undefined {
  const wanted = request['modalities'];
  if (isObject(request['audio']) || (Array.isArray(wanted) && wanted.includes('audio'))) {
    throw refuse(
      '`modalities` asks for sound, whose voices Gemini names otherwise; ask its speech models directly.',
    );
  }
  if (!Array.isArray(wanted) || wanted.every((modality) => modality === 'text')) return undefined;
  return wanted.map((modality) => (stringOf(modality) ?? '').toUpperCase());
}
