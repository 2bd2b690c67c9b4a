/** What the gateway reads from a Gemini request without building its conversation. Model and stream stand in the path. */
import type { RequestContext } from '@arouter/core';
import { isObject, type JsonObject } from '../shared/json-values.ts';
import {
  fieldValue,
  invalidRequest,
  refuseLookalikes,
  scanRequestBody,
  type ScannedFacts,
} from '../shared/request-body.ts';
import { asBuffer, findMember, type JsonMember } from '../shared/scan-json.ts';
import { protoName } from './field-of.ts';
import { GATEWAY_FIELDS, gatewayFacts } from './gateway-facts.ts';

const OUTPUT_TOKENS_MAX = 100_000_000;
const CANDIDATES_MAX = 128;
/** `{contents: [{parts: [{inlineData: …}]}]}`: the object of a part is the fifth level; a result's parts are deeper. */
const PART_DEPTH = 5;
/** Media that a part holds or refers to: its tokens go by pixels, seconds and pages, not by bytes. */
const MEDIA_FIELDS: ReadonlySet<string> = new Set(
  ['inlineData', 'fileData'].flatMap((name) => [name, protoName(name)]),
);

/** Throws GatewayError `invalid_request`. */
export function readRequest(body: Uint8Array, context: RequestContext = {}): ScannedFacts {
  const bytes = asBuffer(body);
  let media = 0;
  const members = scanRequestBody(body, (start, end, depth, escaped) => {
    if (depth >= PART_DEPTH && isMediaKey(bytes.toString('utf8', start, end), escaped)) media++;
  });
  refuseLookalikes(members, new Set(GATEWAY_FIELDS));
  if (findMember(members, 'contents')?.kind !== 'array') {
    throw invalidRequest('The field "contents" is required and must be an array.');
  }
  const config = configOf(body, members);
  const choices = count(config, 'candidateCount', CANDIDATES_MAX) ?? 1;
  const cap = count(config, 'maxOutputTokens', OUTPUT_TOKENS_MAX);
  return {
    members,
    ...gatewayFacts(body, members, context),
    stream: context.stream ?? false,
    outputTokensCap: cap === null ? null : cap * choices,
    choices,
    externalParts: media,
  };
}

function isMediaKey(written: string, escaped: boolean): boolean {
  return MEDIA_FIELDS.has(escaped ? (JSON.parse(`"${written}"`) as string) : written);
}

function configOf(body: Uint8Array, members: readonly JsonMember[]): JsonObject {
  const camel = fieldValue(body, members, 'generationConfig');
  const proto = fieldValue(body, members, 'generation_config');
  if (camel !== undefined && proto !== undefined) throw writtenTwice('generationConfig');
  const config = camel ?? proto ?? {};
  if (isObject(config)) return config;
  throw invalidRequest('The field "generationConfig" must be an object.');
}

/** A whole number from 1 to `max`; null when absent. Which of two spellings Google would heed is not for us to guess. */
function count(config: JsonObject, name: string, max: number): number | null {
  const proto = config[protoName(name)] ?? undefined;
  const camel = config[name] ?? undefined;
  if (camel !== undefined && proto !== undefined) throw writtenTwice(name);
  const value = camel ?? proto;
  if (value === undefined) return null;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw invalidRequest(`The field "generationConfig.${name}" must be a whole number from 1 to ${max}.`);
}

function writtenTwice(name: string): Error {
  return invalidRequest(`The field "${name}" is written twice, in two spellings; keep one.`);
}
