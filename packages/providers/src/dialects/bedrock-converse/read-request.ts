/** What the gateway reads from a Converse request: the model and the stream switch stand in the path. */
import type { RequestContext } from '@arouter/core';
import {
  fieldValue,
  integerField,
  invalidRequest,
  refuseLookalikes,
  scanRequestBody,
  type ScannedFacts,
} from '../shared/request-body.ts';
import { asBuffer, findMember, type JsonMember, scanJsonObject } from '../shared/scan-json.ts';

/** The gateway's own fields: read here, and never sent to a provider. */
export const GATEWAY_FIELDS = ['models', 'route', 'provider', 'usage', 'plugins', 'transforms'] as const;

const OUTPUT_TOKENS_MAX = 100_000_000;
const FIELDS_READ: ReadonlySet<string> = new Set(['messages', 'inferenceConfig', ...GATEWAY_FIELDS]);
const S3_URI = 'uri';

/** Throws GatewayError `invalid_request`. */
export function readRequest(body: Uint8Array, context?: RequestContext): ScannedFacts {
  const bytes = asBuffer(body);
  let externalParts = 0;
  const members = scanRequestBody(body, (start, end) => {
    // A tool argument of the same name counts too: the count is for an upper bound.
    if (end - start === S3_URI.length && bytes.toString('latin1', start, end) === S3_URI) externalParts++;
  });
  refuseLookalikes(members, FIELDS_READ);
  if (findMember(members, 'messages')?.kind !== 'array') {
    throw invalidRequest('The field "messages" must be an array of messages.');
  }
  return {
    body,
    members,
    ...(context === undefined ? {} : { context }),
    model: context?.pathModel,
    models: [],
    stream: context?.stream === true,
    outputTokensCap: readOutputCap(body, members),
    provider: fieldValue(body, members, 'provider'),
    // Converse has no such switch: usage is always in the stream.
    includeUsage: true,
    includeCost: false,
    externalParts,
  };
}

function readOutputCap(body: Uint8Array, members: readonly JsonMember[]): number | null {
  const config = findMember(members, 'inferenceConfig');
  if (config?.kind !== 'object') return null;
  const text = asBuffer(body).subarray(config.valueStart, config.valueEnd);
  return integerField(text, scanJsonObject(text), { key: 'maxTokens', min: 1, max: OUTPUT_TOKENS_MAX });
}
