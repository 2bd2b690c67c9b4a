/**
 * Between the chat completions format as providers speak it and the canonical form, which is that format with one
 * spelling for what they spell differently: reasoning, content parts, usage.
 */
import type {
  CanonicalAnswer,
  CanonicalChunk,
  CanonicalRequest,
  EncodedRequest,
  EncodeTarget,
  RequestFacts,
} from '@arouter/core';
import { isRecord, openAiUsage, recordOrEmpty } from '../shared/token-usage.ts';
import { parseAnswer } from './answer.ts';
import { HEADERS } from './pass-through.ts';
import { parsedBody } from '../shared/request-body.ts';
import { GATEWAY_FIELDS } from '../shared/gateway-fields.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The caller's request without the gateway's own fields. Throws GatewayError `invalid_request`. */
export function toCanonical(facts: RequestFacts): CanonicalRequest {
  return without(parsedBody(facts.body), GATEWAY_FIELDS);
}

/** A request of another dialect for a provider that speaks this one. */
export function fromCanonical(request: CanonicalRequest, target: EncodeTarget): EncodedRequest {
  const { quirks, upstreamModel } = target;
  const { stream_options: options, ...fields } = without(request, [
    ...GATEWAY_FIELDS,
    'reasoning',
    'cache_control',
  ]);
  const body = without(
    {
      ...fields,
      ...outputCap(request, target),
      ...reasoningEffort(request),
      model: upstreamModel,
      messages: listOf(request['messages']).map((message) => providerMessage(message, quirks.reasoningField)),
      ...(Array.isArray(request['tools']) ? { tools: request['tools'].map(withoutCacheMarks) } : {}),
      ...(request['stream'] === true && quirks.streamOptions !== false
        ? { stream_options: { ...recordOrEmpty(options), include_usage: true } }
        : {}),
    },
    quirks.unsupportedFields ?? [],
  );
  return { body: new TextEncoder().encode(JSON.stringify(body)), headers: HEADERS };
}

/** Throws DialectError when the body is not an answer. */
export function answerToCanonical(body: Uint8Array): CanonicalAnswer {
  const answer = parseAnswer(body);
  return { ...answer, ...canonicalParts(answer, 'message') };
}

export function chunkToCanonical(chunk: Fields): CanonicalChunk {
  return { ...chunk, ...canonicalParts(chunk, 'delta') };
}

export function answerFromCanonical(answer: CanonicalAnswer, options: { readonly id: string }): Uint8Array {
  const head = { id: options.id, object: 'chat.completion', created: createdOf(answer, options.id) };
  return new TextEncoder().encode(JSON.stringify({ ...head, ...answer, ...head }));
}

/** Seconds since 1970: the canonical value, else the second that a generation id (`gen-<seconds>-…`) carries. */
export function createdOf(canonical: Fields, id: string): number {
  const { created } = canonical;
  if (typeof created === 'number' && Number.isInteger(created) && created > 0) return created;
  return Number(/^gen-(\d{9,11})-/.exec(id)?.[1] ?? 0);
}

function without(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** One cap, in the field the provider reads, not above what the model can give. */
function outputCap(request: Fields, target: EncodeTarget): Fields {
  const { outputTokensMax, quirks } = target;
  const newer = request['max_completion_tokens'];
  const cap = newer ?? request['max_tokens'];
  if (typeof cap !== 'number') return {};
  const written = newer === undefined || newer === null ? 'max_tokens' : 'max_completion_tokens';
  const field = quirks.outputCapField ?? written;
  const other = field === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens';
  // Undefined members are not written.
  return { [field]: outputTokensMax === null ? cap : Math.min(cap, outputTokensMax), [other]: undefined };
}

/** OpenRouter's `reasoning: {effort}` in the spelling that the others know. */
function reasoningEffort(request: Fields): Fields {
  const { effort } = recordOrEmpty(request['reasoning']);
  return request['reasoning_effort'] === undefined && typeof effort === 'string'
    ? { reasoning_effort: effort }
    : {};
}

/**
 * A message without what other families put into it: their reasoning (signed for them, or unknown here, so that it
 * would be refused) and cache marks.
 */
function providerMessage(message: unknown, reasoningField: string | undefined): unknown {
  if (!isRecord(message)) return message;
  const { content } = message;
  const clean = without(message, FOREIGN_MESSAGE_FIELDS);
  const reasoning = message['reasoning_content'] ?? message['reasoning'];
  return {
    ...clean,
    ...(Array.isArray(content) ? { content: content.map(withoutCacheMarks) } : {}),
    ...(reasoningField !== undefined && typeof reasoning === 'string' ? { [reasoningField]: reasoning } : {}),
  };
}
const FOREIGN_MESSAGE_FIELDS = ['reasoning', 'reasoning_content', 'reasoning_details', 'cache_control'];

function withoutCacheMarks(part: unknown): unknown {
  if (!isRecord(part)) return part;
  const { function: named } = part;
  const clean = without(part, ['cache_control']);
  return isRecord(named) ? { ...clean, function: without(named, ['cache_control']) } : clean;
}

/** Choices and usage in the canonical spelling; `holder`: where a choice keeps its text. */
function canonicalParts(answer: Fields, holder: 'message' | 'delta'): Fields {
  const usage = answer['usage'] ?? recordOrEmpty(answer['x_groq'])['usage'];
  return {
    choices: listOf(answer['choices']).map((choice) =>
      isRecord(choice) && isRecord(choice[holder])
        ? { ...choice, [holder]: canonicalText(choice[holder]) }
        : choice,
    ),
    ...(isRecord(usage) ? { usage: canonicalUsage(usage) } : {}),
  };
}

/** Reasoning under both names that clients read; Mistral's content parts as text and reasoning. */
function canonicalText(message: Fields): Fields {
  const parts = message['content'];
  const text = Array.isArray(parts) ? { content: textOfParts(parts, 'text') } : {};
  const thought = Array.isArray(parts) ? textOfParts(parts, 'thinking') : '';
  const reasoning = thought || message['reasoning'] || message['reasoning_content'];
  const both =
    typeof reasoning === 'string' && reasoning !== '' ? { reasoning, reasoning_content: reasoning } : {};
  return { ...message, ...text, ...both };
}

/** `{type: 'text', text}` and `{type: 'thinking', thinking: [{type: 'text', text}]}`. */
function textOfParts(parts: readonly unknown[], type: 'text' | 'thinking'): string {
  let text = '';
  for (const part of parts) {
    const { type: kind, [type]: inner } = recordOrEmpty(part);
    if (kind !== type) continue;
    text += Array.isArray(inner) ? textOfParts(inner, 'text') : typeof inner === 'string' ? inner : '';
  }
  return text;
}

/** Cached tokens where OpenAI has them, whatever the provider calls them. */
function canonicalUsage(usage: Fields): Fields {
  const tokens = openAiUsage(usage);
  if (tokens === null || tokens.cachedInputTokens === 0) return usage;
  const details = {
    ...recordOrEmpty(usage['prompt_tokens_details']),
    cached_tokens: tokens.cachedInputTokens,
  };
  return { ...usage, prompt_tokens_details: details };
}
