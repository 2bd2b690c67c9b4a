/** Canonical chunks → a Converse stream, by way of the Messages stream, whose encoder keeps blocks from overlapping. */
import { Buffer } from 'node:buffer';
import type { CanonicalChunk, StreamEncodeOptions, StreamEncoder } from '@arouter/core';
import { createStreamEncoder as createMessagesEncoder } from '../anthropic-messages/encode-stream.ts';
import { encodeJsonEvent } from '../shared/aws-event-stream.ts';
import { createEventStreamParser, eventJson } from '../shared/event-stream.ts';
import { isObject, type JsonObject, objectOf, stringOf } from '../shared/json-values.ts';
import { stopReason, usageFromMessages } from './answers.ts';
import { converseToolId } from './blocks-to-converse.ts';

export function createStreamEncoder(options: StreamEncodeOptions): StreamEncoder {
  return new Encoder(options);
}

class Encoder implements StreamEncoder {
  readonly #messages: StreamEncoder;
  readonly #parser = createEventStreamParser();

  constructor(options: StreamEncodeOptions) {
    this.#messages = createMessagesEncoder(options);
  }

  push(chunk: CanonicalChunk): Uint8Array | null {
    const bytes = this.#messages.push(chunk);
    if (bytes === null) return null;
    const written = this.#reword(bytes);
    return written.length === 0 ? null : written;
  }

  finish(): Uint8Array {
    return this.#reword(this.#messages.finish());
  }

  #reword(bytes: Uint8Array): Buffer {
    return Buffer.concat(this.#parser.push(bytes).map(eventJson).filter(isObject).flatMap(rewordEvent));
  }
}

/** One event of the Messages stream → those of Converse that say it. */
function rewordEvent(event: JsonObject): readonly Buffer[] {
  const contentBlockIndex = event['index'];
  switch (event['type']) {
    case 'message_start':
      return [encodeJsonEvent('event', 'messageStart', { role: 'assistant' })];
    case 'content_block_start':
      return startBlock(contentBlockIndex, objectOf(event['content_block']));
    case 'content_block_delta': {
      const delta = rewordDelta(objectOf(event['delta']));
      return delta === null
        ? []
        : [encodeJsonEvent('event', 'contentBlockDelta', { contentBlockIndex, delta })];
    }
    case 'content_block_stop':
      return [encodeJsonEvent('event', 'contentBlockStop', { contentBlockIndex })];
    case 'message_delta':
      return [
        encodeJsonEvent('event', 'messageStop', {
          stopReason: stopReason(objectOf(event['delta'])['stop_reason']),
        }),
        encodeJsonEvent('event', 'metadata', { usage: usageFromMessages(event['usage']) }),
      ];
    default:
      // `message_stop`: the end of the stream says it.
      return [];
  }
}

/** Text and reasoning begin with their first delta, as Bedrock itself has it. */
function startBlock(contentBlockIndex: unknown, block: JsonObject): readonly Buffer[] {
  if (block['type'] === 'tool_use') {
    const toolUse = { toolUseId: converseToolId(block['id']), name: block['name'] };
    return [encodeJsonEvent('event', 'contentBlockStart', { contentBlockIndex, start: { toolUse } })];
  }
  if (block['type'] !== 'redacted_thinking') return [];
  const redactedContent = Buffer.from(stringOf(block['data']) ?? '', 'utf8').toString('base64');
  const delta = { reasoningContent: { redactedContent } };
  return [encodeJsonEvent('event', 'contentBlockDelta', { contentBlockIndex, delta })];
}

function rewordDelta(delta: JsonObject): JsonObject | null {
  switch (delta['type']) {
    case 'text_delta':
      return { text: delta['text'] };
    case 'thinking_delta':
      return { reasoningContent: { text: delta['thinking'] } };
    case 'signature_delta':
      return { reasoningContent: { signature: delta['signature'] } };
    case 'input_json_delta':
      return { toolUse: { input: delta['partial_json'] } };
    default:
      return null;
  }
}
