/** What the gateway reads from a Messages API request without building its conversation. */
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
import { asBuffer, findMember } from '../shared/scan-json.ts';
import { isObject } from '../shared/json-values.ts';

/** The gateway's own fields: read here, and never sent to a provider. */
export const GATEWAY_FIELDS = ['models', 'route', 'provider', 'usage', 'plugins', 'transforms'] as const;

const OUTPUT_TOKENS_MAX = 100_000_000;
const FIELDS_READ: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'max_tokens',
  'stream',
  ...GATEWAY_FIELDS,
]);
/** `source.url` of a block in a message: messages, message, content, block, source; the keys of the last are depth 6. */
const SOURCE_DEPTH = 6;
const BLOCK_DEPTH = 5;

/** Throws GatewayError `invalid_request`. */
export function readRequest(body: Uint8Array): ScannedFacts {
  const counter = externalPartCounter(body);
  const members = scanRequestBody(body, counter.onKey);
  refuseLookalikes(members, FIELDS_READ);
  const messages = findMember(members, 'messages');
  if (messages?.kind !== 'array') {
    throw invalidRequest('The field "messages" must be an array of messages.');
  }
  const usage = fieldValue(body, members, 'usage');
  return {
    body,
    members,
    model: modelField(body, members),
    models: readModels(body, members),
    stream: booleanField(body, members, 'stream'),
    outputTokensCap: integerField(body, members, { key: 'max_tokens', min: 1, max: OUTPUT_TOKENS_MAX }),
    provider: fieldValue(body, members, 'provider'),
    // The Messages API has no such switch: usage is always in the stream.
    includeUsage: true,
    includeCost: isObject(usage) && usage['include'] === true,
    externalParts: counter.count(),
  };
}

/**
 * Counts images and documents that are referred to, not sent. A tool argument of the same name and depth counts too:
 * the count is for an upper bound.
 */
function externalPartCounter(body: Uint8Array): {
  readonly onKey: (start: number, end: number, depth: number, escaped: boolean) => void;
  readonly count: () => number;
} {
  const bytes = asBuffer(body);
  let found = 0;
  return {
    onKey: (start, end, depth, escaped) => {
      if (
        depth < BLOCK_DEPTH ||
        (!escaped && end - start !== 'url'.length && end - start !== 'file_id'.length)
      )
        return;
      const written = bytes.toString('utf8', start, end);
      const key: unknown = escaped ? JSON.parse(`"${written}"`) : written;
      if (key === 'file_id' || (key === 'url' && depth >= SOURCE_DEPTH)) found++;
    },
    count: () => found,
  };
}
