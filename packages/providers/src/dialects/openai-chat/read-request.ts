/** What the gateway must know of a chat completions request, read from its bytes without building the messages. */
import { GATEWAY_FIELDS, gatewayFacts, objectField } from '../shared/gateway-fields.ts';
import {
  booleanField,
  integerField,
  invalidRequest,
  refuseLookalikes,
  scanRequestBody,
  type ScannedFacts,
} from '../shared/request-body.ts';
import { asBuffer, findMember, type JsonMember } from '../shared/scan-json.ts';

/** Far above any model; a larger cap is a mistake, and it would make a reservation meaningless. */
export const OUTPUT_TOKENS_CAP_MAX = 10_000_000;
/** OpenAI's own bound of `n`. */
export const CHOICES_MAX = 128;

/** Throws GatewayError `invalid_request`: what is wrong and what it must be; nothing of the body is quoted. */
export function readRequest(body: Uint8Array): ScannedFacts {
  const parts: number[] = [];
  const bytes = asBuffer(body);
  const members = scanRequestBody(body, (start, end, depth, escaped) => {
    if (depth === PART_DEPTH && isExternalPart(bytes, start, end, escaped)) parts.push(start);
  });
  refuseLookalikes(members, READ_FIELDS);
  const messages = findMember(members, 'messages');
  if (messages?.kind !== 'array')
    throw invalidRequest('The field "messages" is required and must be an array.');
  const choices = integerField(body, members, { key: 'n', min: 1, max: CHOICES_MAX }) ?? 1;
  const cap = outputTokensCap(body, members);
  const { model, models, provider, includeCost } = gatewayFacts(body, members);
  return {
    body,
    members,
    model,
    models,
    provider,
    includeCost,
    stream: booleanField(body, members, 'stream'),
    outputTokensCap: cap === null ? null : cap * choices,
    choices,
    includeUsage: objectField(body, members, 'stream_options')?.['include_usage'] === true,
    externalParts:
      parts.length === 0
        ? 0
        : parts.filter((at) => at > messages.valueStart && at < messages.valueEnd).length,
  };
}

const READ_FIELDS: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'n',
  ...GATEWAY_FIELDS,
]);

/** `{messages: [{content: [{image_url: …}]}]}`: the object of a content part is the fifth level. */
const PART_DEPTH = 5;
/**
 * Members of a content part whose tokens its bytes do not bound: a picture, sound or file costs by its size in pixels,
 * seconds or pages, whether it is named by URL or id or is in the body, compressed.
 */
const EXTERNAL_PARTS = [
  'image_url',
  'input_image',
  'image',
  'input_audio',
  'audio',
  'file',
  'video_url',
  'document',
];
const EXTERNAL_PART_KEYS = EXTERNAL_PARTS.map((name) => asBuffer(new TextEncoder().encode(name)));

function isExternalPart(
  bytes: ReturnType<typeof asBuffer>,
  start: number,
  end: number,
  escaped: boolean,
): boolean {
  if (escaped)
    return EXTERNAL_PARTS.includes(JSON.parse(`"${bytes.toString('utf8', start, end)}"`) as string);
  for (const key of EXTERNAL_PART_KEYS) {
    if (end - start === key.length && bytes.compare(key, 0, key.length, start, end) === 0) return true;
  }
  return false;
}

/** The larger of both spellings: which one a provider heeds is its own affair. */
function outputTokensCap(body: Uint8Array, members: readonly JsonMember[]): number | null {
  const max = OUTPUT_TOKENS_CAP_MAX;
  const older = integerField(body, members, { key: 'max_tokens', min: 1, max });
  const newer = integerField(body, members, { key: 'max_completion_tokens', min: 1, max });
  return older === null || newer === null ? (older ?? newer) : Math.max(older, newer);
}
