/** A chat completions stream → canonical chunks, for callers of another dialect. */
import type { AnswerFacts, CanonicalChunk, FailureSignals, StreamDecoder, StreamState } from '@arouter/core';
import {
  createEventStreamParser,
  EVENT_BYTES_MAX,
  eventJson,
  type EventBlock,
} from '../shared/event-stream.ts';
import { isRecord } from '../shared/token-usage.ts';
import { chunkToCanonical } from './canonical.ts';
import { isDone, readChunk } from './chunk-facts.ts';

/** Error events give no chunk: they are in the state. `push` throws DialectError when an event is beyond the bounds. */
export function createStreamDecoder(): StreamDecoder {
  return new ChatStreamDecoder();
}

class ChatStreamDecoder implements StreamDecoder {
  readonly #parser = createEventStreamParser({
    lineBytesMax: EVENT_BYTES_MAX,
    eventBytesMax: EVENT_BYTES_MAX,
  });
  readonly #state: { -readonly [Field in keyof StreamState]: StreamState[Field] } = {
    contentSeen: false,
    terminalSeen: false,
    failure: null as FailureSignals | null,
    answer: { usage: null, upstreamId: null, finishReason: null } as AnswerFacts,
    contentBytes: 0,
  };

  get state(): StreamState {
    return this.#state;
  }

  push(bytes: Uint8Array): readonly CanonicalChunk[] {
    return this.#read(this.#parser.push(bytes));
  }

  end(): readonly CanonicalChunk[] {
    return this.#read(this.#parser.end());
  }

  #read(blocks: readonly EventBlock[]): readonly CanonicalChunk[] {
    return blocks.flatMap((block) => this.#readBlock(block));
  }

  #readBlock(block: EventBlock): readonly CanonicalChunk[] {
    const state = this.#state;
    if (state.terminalSeen) return [];
    if (isDone(block)) {
      state.terminalSeen = true;
      return [];
    }
    const chunk = eventJson(block);
    if (!isRecord(chunk)) return [];
    const facts = readChunk(chunk, block.name);
    state.failure ??= facts.failure;
    state.contentSeen ||= facts.hasContent && state.failure === null;
    state.contentBytes += facts.contentBytes;
    state.answer = {
      usage: facts.usage ?? state.answer.usage,
      upstreamId: state.answer.upstreamId ?? facts.upstreamId,
      finishReason: facts.finishReason ?? state.answer.finishReason,
    };
    if (facts.failure !== null) return [];
    return [chunkToCanonical(chunk)];
  }
}
