/** The headers around an answer, and refusals in the shape of the provider asked. */
import { idCharacters } from './compose-reply.ts';
import { presetError } from '../faults/error-presets.ts';
import { googleError } from '../faults/google-errors.ts';
import type { ErrorPresetName } from '../faults/error-rows.ts';
import { PROVIDER_STYLES } from '../provider-styles.ts';
import type { SandboxRequest } from '../sandbox-request.ts';
import { jsonAnswer } from '../script.ts';
import type { Answer, HeaderList } from '../script.ts';

/** `tokens`: what the answer took from the token limit. */
export function answerHeaders(request: SandboxRequest, tokens: number): HeaderList {
  return PROVIDER_STYLES[request.style].headers({
    requestId: requestIdOf(request),
    // Not measured: a stand-in's own speed says nothing, but it has to look like one.
    processingMs: 20 + (request.sequence % 40),
    requestsThisMinute: request.requestsThisMinute,
    tokens,
    now: request.now,
  });
}

/** `req_…` in the length that the provider uses. */
export function requestIdOf(request: SandboxRequest): string {
  const anthropic = PROVIDER_STYLES[request.style].shape === 'anthropic';
  return anthropic
    ? `req_011${idCharacters(7, request.sequence, 21)}`
    : `req_${idCharacters(7, request.sequence, 32).toLowerCase()}`;
}

/** A preset error as a whole answer; the preset's headers win over the usual ones. */
export function errorAnswer(
  request: SandboxRequest,
  name: ErrorPresetName,
  headers: HeaderList = [],
): Answer {
  const { key, model, style } = request;
  const error = presetError(name, { style, key, model, requestId: requestIdOf(request) });
  return withHeaders(jsonAnswer(error.status, answerHeaders(request, 0), error.body), [
    ...error.headers,
    ...headers,
  ]);
}

/** 400 for a body that the provider cannot take. */
export function invalidRequest(request: SandboxRequest, message: string, param: string | null): Answer {
  return jsonAnswer(400, answerHeaders(request, 0), invalidBody(request, message, param));
}

function invalidBody(request: SandboxRequest, message: string, param: string | null): unknown {
  switch (PROVIDER_STYLES[request.style].shape) {
    case 'anthropic':
      return {
        type: 'error',
        error: { type: 'invalid_request_error', message },
        request_id: requestIdOf(request),
      };
    case 'google':
      return googleError(400, message).body;
    case 'openai':
      return { error: { message, type: 'invalid_request_error', param, code: null } };
  }
}

/** Replaces headers of the same name; repeated names in `more` are all kept. */
export function withHeaders(answer: Answer, more: HeaderList): Answer {
  if (more.length === 0) return answer;
  const replaced = new Set(more.map(([name]) => name));
  return { ...answer, headers: [...answer.headers.filter(([name]) => !replaced.has(name)), ...more] };
}
