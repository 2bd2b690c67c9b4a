/**
 * Bedrock's count of what a request would take (`POST /model/{id}/count-tokens`), free of charge: the parts of a Converse
 * request that are input, in `input.converse`, or a model's own body in `input.invokeModel`. Source: AWS API reference
 * "CountTokens", recorded traffic.
 */
import { Buffer } from 'node:buffer';
import type { Dialect, DialectId, EncodedRequest, RequestContext, RequestFacts } from '@arouter/core';
import { bedrockConverse } from '../bedrock-converse/index.ts';
import { GATEWAY_FIELDS } from '../bedrock-converse/read-request.ts';
import { requestFromConverse } from '../bedrock-converse/request-from-converse.ts';
import { requestToConverse } from '../bedrock-converse/request-to-converse.ts';
import { estimateTokens } from '../shared/estimate-tokens.ts';
import { encodeBody } from '../shared/json-body.ts';
import { isObject, type JsonObject, objectOf, present, refuse } from '../shared/json-values.ts';
import { fieldValue, invalidRequest, refuseLookalikes, scanRequestBody } from '../shared/request-body.ts';
import { spliceJson } from '../shared/splice.ts';
import { countAnswers } from '../shared/token-count.ts';

/** What of a Converse request is counted; the endpoint refuses the rest. */
const COUNTED_FIELDS = ['messages', 'system', 'toolConfig', 'additionalModelRequestFields'] as const;

export const bedrockCountTokens: Dialect = {
  ...bedrockConverse,
  ...countAnswers({ member: 'inputTokens' }),
  id: 'bedrock-count-tokens' as DialectId,
  readRequest,
  passThrough,
  toCanonical: (facts) => {
    const { converse } = inputOf(facts.body);
    if (!isObject(converse)) {
      throw refuse(
        '`input.invokeModel` is in the form of one model family; send `input.converse`, or choose a model at Bedrock.',
      );
    }
    return requestFromConverse(converse, { model: facts.model, stream: false });
  },
  fromCanonical(request, target) {
    const whole = requestToConverse(request, target);
    const converse = present(Object.fromEntries(COUNTED_FIELDS.map((name) => [name, whole[name]])));
    return { body: encodeBody({ input: { converse } }), headers: [] };
  },
  estimateAnswer: (facts) => encodeBody({ inputTokens: estimate(inputOf(facts.body)) }),
};

function readRequest(body: Uint8Array, context: RequestContext = {}): RequestFacts {
  const members = scanRequestBody(body);
  refuseLookalikes(members, new Set(['input', ...GATEWAY_FIELDS]));
  const { converse, invokeModel } = inputOf(body);
  if (!isObject(converse) && !isObject(invokeModel)) {
    throw invalidRequest('The field "input" is required and must hold "converse" or "invokeModel".');
  }
  return {
    body,
    context,
    model: context.pathModel,
    models: [],
    provider: fieldValue(body, members, 'provider'),
    stream: false,
    outputTokensCap: 0,
    includeUsage: true,
    includeCost: false,
    externalParts: 0,
  };
}

/** The model stands in the path. */
function passThrough({ body }: RequestFacts): EncodedRequest {
  const edits = GATEWAY_FIELDS.map((key) => ({ kind: 'remove', key }) as const);
  return { body: spliceJson(body, scanRequestBody(body), edits), headers: [] };
}

function inputOf(body: Uint8Array): JsonObject {
  return objectOf(fieldValue(body, scanRequestBody(body), 'input'));
}

function estimate({ converse, invokeModel }: JsonObject): number {
  const counted = isObject(converse)
    ? Object.fromEntries(COUNTED_FIELDS.map((name) => [name, converse[name]]))
    : { body: Buffer.from(String(objectOf(invokeModel)['body'] ?? ''), 'base64').toString('utf8') };
  return estimateTokens(counted, (value) => 'bytes' in value || 's3Location' in value);
}
