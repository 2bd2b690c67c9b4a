/** What the gateway reads from a Responses request without building its input. */
import { Buffer } from 'node:buffer';
import { isObject } from '../shared/json-values.ts';
import { modelField, readModels } from '../shared/gateway-fields.ts';
import {
  booleanField,
  fieldValue,
  integerField,
  invalidRequest,
  refuseLookalikes,
  scanRequestBody,
  type ScannedFacts,
} from '../shared/request-body.ts';
import { asBuffer, findMember, type JsonMember } from '../shared/scan-json.ts';

/** Fields that are the gateway's own: read here, never sent to a provider. */
export const GATEWAY_FIELDS = ['models', 'route', 'provider', 'usage', 'plugins', 'transforms'] as const;

const OUTPUT_TOKENS_CAP_MAX = 10_000_000;
/**
 * A conversation that the provider stores is as long as its model takes; so many external parts reserve a million
 * tokens.
 */
const STORED_CONTEXT_PARTS = 100;
const FIELDS_READ: ReadonlySet<string> = new Set([
  'model',
  'input',
  'stream',
  'max_output_tokens',
  'background',
  'previous_response_id',
  'conversation',
  ...GATEWAY_FIELDS,
]);
/** An input item that stands for a stored one; a text that speaks of it is taken for one too. */
const ITEM_REFERENCE = Buffer.from('"item_reference"');
/** `{input: [{content: [{image_url: …}]}]}`: the object of a content part is the fifth level. */
const PART_DEPTH = 5;
/** Members of a content part whose tokens its bytes do not bound. */
const EXTERNAL_PARTS: ReadonlySet<string> = new Set([
  'image_url',
  'file_data',
  'file_url',
  'file_id',
  'input_audio',
]);
const EXTERNAL_PART_LENGTHS: ReadonlySet<number> = new Set([...EXTERNAL_PARTS].map((name) => name.length));

/** Throws GatewayError `invalid_request`: what is wrong and what it must be; nothing of the body is quoted. */
export function readRequest(body: Uint8Array): ScannedFacts {
  const parts: number[] = [];
  const bytes = asBuffer(body);
  const members = scanRequestBody(body, (start, end, depth, escaped) => {
    if (depth !== PART_DEPTH || (!escaped && !EXTERNAL_PART_LENGTHS.has(end - start))) return;
    const written = bytes.toString('utf8', start, end);
    if (EXTERNAL_PARTS.has(escaped ? (JSON.parse(`"${written}"`) as string) : written)) parts.push(start);
  });
  refuseLookalikes(members, FIELDS_READ);
  refuseBackground(body, members);
  const usage = fieldValue(body, members, 'usage');
  const isContinued = usesStoredState(members);
  return {
    body,
    members,
    model: modelField(body, members),
    models: readModels(body, members),
    stream: booleanField(body, members, 'stream'),
    outputTokensCap: integerField(body, members, {
      key: 'max_output_tokens',
      min: 1,
      max: OUTPUT_TOKENS_CAP_MAX,
    }),
    provider: fieldValue(body, members, 'provider'),
    // Usage is part of the protocol: the terminal event of every stream states it.
    includeUsage: true,
    includeCost: isObject(usage) && usage['include'] === true,
    externalParts: partsInInput(members, parts) + (isContinued ? STORED_CONTEXT_PARTS : 0),
    storedState: isContinued || bytes.includes(ITEM_REFERENCE),
  };
}

/** What goes on after its connection has ended could not be accounted for, and nobody could fetch it here. */
function refuseBackground(body: Uint8Array, members: readonly JsonMember[]): void {
  if (!booleanField(body, members, 'background')) return;
  throw invalidRequest(
    'The field "background" is true, but background responses cannot be fetched here and their cost would be unknown. Leave it out; use "stream" for long answers.',
  );
}

function partsInInput(members: readonly JsonMember[], parts: readonly number[]): number {
  const input = findMember(members, 'input');
  if (input === undefined) return 0;
  return parts.filter((at) => at > input.valueStart && at < input.valueEnd).length;
}

function usesStoredState(members: readonly JsonMember[]): boolean {
  return ['previous_response_id', 'conversation', 'prompt'].some((key) => {
    const member = findMember(members, key);
    return member !== undefined && member.kind !== 'null';
  });
}
