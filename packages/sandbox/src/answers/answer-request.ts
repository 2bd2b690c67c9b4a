/**
 * From a path to the endpoint that it means. Only the end of the path counts, so that one sandbox stands under any base
 * URL: `/v1/…`, `/groq/openai/v1/…`, `/openrouter/api/v1/…`, `/deepseek/…`.
 */
import { answerAnthropicMessages, answerCountTokens } from './anthropic-messages.ts';
import { answerAzureChat } from './azure.ts';
import { answerBedrock, BEDROCK_PATH } from './bedrock.ts';
import { answerCohereEmbed, answerEmbeddings, answerGeminiEmbed, answerPredict } from './embeddings.ts';
import { answerHeaders, errorAnswer, invalidRequest } from './answer-headers.ts';
import { answerImages, answerRerank, answerSpeech, answerTranscription } from './media-endpoints.ts';
import { answerGemini, answerGeminiCount } from './gemini-generate.ts';
import { answerOpenaiChat } from './openai-chat.ts';
import { answerOpenaiResponses, answerResponsesCount } from './openai-responses.ts';
import {
  answerBalance,
  answerModel,
  answerModels,
  answerOpenrouterKey,
  answerXaiKey,
} from './small-endpoints.ts';
import { googleError } from '../faults/google-errors.ts';
import { PROVIDER_STYLES } from '../provider-styles.ts';
import { isObject } from '../sandbox-request.ts';
import type { SandboxRequest } from '../sandbox-request.ts';
import { jsonAnswer } from '../script.ts';
import type { Answer } from '../script.ts';

type Endpoint = {
  readonly method: 'GET' | 'POST';
  readonly end: string;
  /** Its body is a form, not JSON. */
  readonly isForm?: true;
  readonly answer: (request: SandboxRequest, models: readonly string[] | null) => Answer;
};

const ENDPOINTS: readonly Endpoint[] = [
  { method: 'POST', end: '/chat/completions', answer: answerOpenaiChat },
  { method: 'POST', end: '/responses', answer: answerOpenaiResponses },
  { method: 'POST', end: '/responses/input_tokens', answer: answerResponsesCount },
  { method: 'POST', end: '/messages', answer: answerAnthropicMessages },
  { method: 'POST', end: '/messages/count_tokens', answer: answerCountTokens },
  { method: 'POST', end: '/embeddings', answer: answerEmbeddings },
  { method: 'POST', end: '/v2/embed', answer: answerCohereEmbed },
  { method: 'POST', end: ':embedContent', answer: answerGeminiEmbed },
  { method: 'POST', end: ':batchEmbedContents', answer: answerGeminiEmbed },
  { method: 'POST', end: ':predict', answer: answerPredict },
  { method: 'POST', end: '/rerank', answer: answerRerank },
  { method: 'POST', end: '/images/generations', answer: answerImages },
  { method: 'POST', end: '/audio/speech', answer: answerSpeech },
  { method: 'POST', end: '/audio/transcriptions', answer: answerTranscription, isForm: true },
  { method: 'POST', end: '/audio/translations', answer: answerTranscription, isForm: true },
  { method: 'POST', end: ':generateContent', answer: answerGemini },
  { method: 'POST', end: ':streamGenerateContent', answer: answerGemini },
  { method: 'POST', end: ':countTokens', answer: answerGeminiCount },
  { method: 'POST', end: '/models/count-tokens:rawPredict', answer: answerRawCount },
  { method: 'POST', end: ':rawPredict', answer: answerRawPredict },
  { method: 'POST', end: ':streamRawPredict', answer: answerRawPredict },
  { method: 'GET', end: '/models', answer: answerModels },
  { method: 'GET', end: '/key', answer: answerOpenrouterKey },
  { method: 'GET', end: '/api-key', answer: answerXaiKey },
  { method: 'GET', end: '/balance', answer: answerBalance },
];

/** `models` null: any model is served. The credential has been checked before. */
export function answerRequest(request: SandboxRequest, models: readonly string[] | null): Answer {
  const { method, path, model, style } = request;
  if (style === 'bedrock' && method === 'POST' && BEDROCK_PATH.test(path)) return answerBedrock(request);
  if (style === 'azure' && method === 'POST' && path.endsWith('/chat/completions'))
    return answerAzureChat(request);
  const endpoint = ENDPOINTS.find((each) => each.method === method && path.endsWith(each.end));
  if (endpoint === undefined) {
    if (method === 'GET' && path.includes('/models/')) return answerModel(request, models);
    return unknownPath(request);
  }
  if (method === 'POST' && request.json === undefined && endpoint.isForm !== true)
    return invalidRequest(request, 'We could not parse the JSON body of your request.', null);
  if (models !== null && model !== null && !models.includes(model))
    return errorAnswer(request, 'model_not_found');
  return endpoint.answer(request, models);
}

/** True where the provider answers without looking at the key. */
export function isPublic({ method, path, style }: SandboxRequest): boolean {
  return PROVIDER_STYLES[style].modelsArePublic && method === 'GET' && path.endsWith('/models');
}

/** Claude at Vertex AI: the path names the model, the body names the version instead. */
function answerRawPredict(request: SandboxRequest): Answer {
  const { json, model } = request;
  if (!isObject(json) || json['anthropic_version'] !== 'vertex-2023-10-16' || 'model' in json)
    return invalidRequest(request, 'anthropic_version: "vertex-2023-10-16" is required, and no model', null);
  return answerAnthropicMessages({ ...request, json: { ...json, model } });
}

/** Its tokens are counted at a model of that name; the one that is meant stands in the body. */
function answerRawCount(request: SandboxRequest): Answer {
  const { json } = request;
  if (
    !isObject(json) ||
    json['anthropic_version'] !== 'vertex-2023-10-16' ||
    typeof json['model'] !== 'string'
  )
    return invalidRequest(request, 'anthropic_version: "vertex-2023-10-16" and a model are required', null);
  return answerCountTokens(request);
}

function unknownPath(request: SandboxRequest): Answer {
  const message = `Invalid URL (${request.method} ${request.path})`;
  if (PROVIDER_STYLES[request.style].shape === 'google')
    return jsonAnswer(404, answerHeaders(request, 0), googleError(404, message).body);
  const body =
    PROVIDER_STYLES[request.style].shape === 'anthropic'
      ? { type: 'error', error: { type: 'not_found_error', message: 'Not Found' } }
      : { error: { message, type: 'invalid_request_error', param: null, code: null } };
  return jsonAnswer(404, answerHeaders(request, 0), body);
}
