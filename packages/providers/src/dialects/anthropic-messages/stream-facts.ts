/** What the events of a Messages stream say about the answer as a whole; the decoder and the relay both keep it. */
import { Buffer } from 'node:buffer';
import type { AnswerFacts } from '@arouter/core';
import { finishReasonToCanonical } from './finish-reasons.ts';
import { type JsonObject, objectOf, stringOf } from '../shared/json-values.ts';
import { mergeUsage, readUsage } from './usage.ts';

export type StreamFacts = {
  readonly id: string | null;
  readonly model: string;
  readonly stopReason: string | null;
  readonly usage: JsonObject | undefined;
  /** True once a `message_delta` has given the final counts. */
  readonly usageFinal: boolean;
};

export const NO_FACTS: StreamFacts = {
  id: null,
  model: '',
  stopReason: null,
  usage: undefined,
  usageFinal: false,
};

export function withEvent(facts: StreamFacts, event: JsonObject): StreamFacts {
  if (event['type'] === 'message_start') {
    const message = objectOf(event['message']);
    return {
      id: stringOf(message['id']) ?? null,
      model: stringOf(message['model']) ?? '',
      stopReason: stringOf(message['stop_reason']) ?? null,
      usage: mergeUsage(undefined, message['usage']),
      usageFinal: false,
    };
  }
  if (event['type'] === 'message_delta') {
    const usage = mergeUsage(facts.usage, event['usage']);
    return {
      ...facts,
      stopReason: stringOf(objectOf(event['delta'])['stop_reason']) ?? facts.stopReason,
      usage,
      usageFinal: facts.usageFinal || usage !== facts.usage,
    };
  }
  return facts;
}

/**
 * `outputTokensSeen`: an estimate from the content, for a stream that broke off: what `message_start` counts as output
 * is only the first token or two, and the answer so far has been paid for.
 */
export function answerFacts(facts: StreamFacts, outputTokensSeen: number): AnswerFacts {
  const stated = readUsage(facts.usage);
  const usage =
    stated === null || facts.usageFinal
      ? stated
      : {
          ...stated,
          outputTokens: Math.max(stated.outputTokens, outputTokensSeen),
          origin: 'estimated' as const,
        };
  return { usage, upstreamId: facts.id, finishReason: finishReasonToCanonical(facts.stopReason) };
}

/** Few texts have fewer bytes per token than this: estimates err high. */
export const BYTES_PER_TOKEN = 3;

/** True when the event gives the caller something of the answer, so that the attempt may be committed. */
export function isContent(event: JsonObject): boolean {
  switch (event['type']) {
    case 'content_block_delta':
    case 'message_stop':
      return true;
    case 'content_block_start': {
      const block = objectOf(event['content_block']);
      // An opened text or thinking block is empty as a rule; any other block is content in itself.
      if (block['type'] === 'text') return block['text'] !== '' && block['text'] !== undefined;
      return block['type'] !== 'thinking' || (block['thinking'] !== '' && block['thinking'] !== undefined);
    }
    case 'message_delta':
      return stringOf(objectOf(event['delta'])['stop_reason']) !== undefined;
    default:
      return false;
  }
}

/** Bytes of content in a delta, without its framing. */
export function contentBytesOf(event: JsonObject): number {
  if (event['type'] !== 'content_block_delta') return 0;
  const delta = objectOf(event['delta']);
  const content =
    stringOf(delta['text']) ?? stringOf(delta['thinking']) ?? stringOf(delta['partial_json']) ?? '';
  return Buffer.byteLength(content, 'utf8');
}
