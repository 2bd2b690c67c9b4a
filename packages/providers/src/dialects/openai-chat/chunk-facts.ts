/** What one chunk of a chat completions stream says about the answer as a whole. */
import { Buffer } from 'node:buffer';
import type { FailureSignals, TokenUsage } from '@arouter/core';
import type { EventBlock } from '../shared/event-stream.ts';
import { readFailureInAnswer } from '../shared/failure-signals.ts';
import { isRecord, openAiUsageOf, recordOrEmpty } from '../shared/token-usage.ts';
import { asBuffer } from '../shared/scan-json.ts';

export type ChunkFacts = {
  /** Text, reasoning, a tool call, a refusal, sound, a picture, or a regular finish. */
  readonly hasContent: boolean;
  /** UTF-8 bytes of text, reasoning, refusal and tool calls. */
  readonly contentBytes: number;
  readonly finishReason: string | null;
  readonly upstreamId: string | null;
  readonly usage: TokenUsage | null;
  readonly failure: FailureSignals | null;
};

/** `name`: the event's name; Groq names its error event. */
export function readChunk(chunk: Readonly<Record<string, unknown>>, name: string): ChunkFacts {
  let contentBytes = 0;
  let hasContent = false;
  let finishReason: string | null = null;
  for (const choice of Array.isArray(chunk['choices']) ? chunk['choices'] : []) {
    if (!isRecord(choice)) continue;
    const delta = recordOrEmpty(choice['delta']);
    contentBytes += contentSize(delta) + textSize(choice['text']);
    hasContent ||= contentBytes > 0 || OTHER_CONTENT.some((field) => isFilled(delta[field]));
    const reason = choice['finish_reason'];
    if (typeof reason === 'string' && reason !== '') finishReason = reason;
  }
  const failure = chunkFailure(chunk, name, finishReason);
  return {
    hasContent: failure === null && (hasContent || finishReason !== null),
    contentBytes,
    finishReason,
    upstreamId: typeof chunk['id'] === 'string' && chunk['id'] !== '' ? chunk['id'] : null,
    usage: openAiUsageOf(chunk),
    failure,
  };
}

/** `data: [DONE]` */
export function isDone(block: EventBlock): boolean {
  const data = block.data;
  if (data === null || data.length < DONE.length || data.length > DONE.length + 16) return false;
  return asBuffer(data).toString('latin1').trim() === DONE;
}
const DONE = '[DONE]';

/** Members of a delta that are content but have no text to measure. */
const OTHER_CONTENT = ['reasoning_details', 'audio', 'images', 'annotations'] as const;

function chunkFailure(
  chunk: Readonly<Record<string, unknown>>,
  name: string,
  finishReason: string | null,
): FailureSignals | null {
  if (isFilled(chunk['error'])) return readFailureInAnswer(chunk);
  if (name === 'error') return readFailureInAnswer(chunk);
  return finishReason === 'error'
    ? readFailureInAnswer({ message: 'the provider ended the stream with an error' })
    : null;
}

function contentSize(delta: Readonly<Record<string, unknown>>): number {
  const reasoning = textSize(delta['reasoning']) || textSize(delta['reasoning_content']);
  let size = reasoning + textSize(delta['content']) + textSize(delta['refusal']);
  for (const call of Array.isArray(delta['tool_calls']) ? delta['tool_calls'] : []) size += callSize(call);
  return size + callSize({ function: delta['function_call'] });
}

function callSize(call: unknown): number {
  const called = recordOrEmpty(recordOrEmpty(call)['function']);
  const custom = recordOrEmpty(recordOrEmpty(call)['custom']);
  return (
    textSize(called['name']) +
    textSize(called['arguments']) +
    textSize(custom['name']) +
    textSize(custom['input'])
  );
}

/** Mistral's content may be a list of parts; their JSON bounds their text. */
function textSize(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  return Array.isArray(value) && value.length > 0 ? Buffer.byteLength(JSON.stringify(value)) : 0;
}

function isFilled(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== null && value !== undefined && value !== '' && value !== false;
}
