/**
 * Streams of whole JSON events that end with one that states the usage (pictures, transcriptions), passed through byte for
 * byte. Every event is read: there are few of them. The terminal event is held back for `finish`.
 */
import { Buffer } from 'node:buffer';
import type { AnswerFacts, FailureSignals, StreamRelay, StreamState, TokenUsage } from '@arouter/core';
import { createEventStreamParser, type EventBlock, eventJson, withBlankLine } from './event-stream.ts';
import { readFailureInAnswer } from './failure-signals.ts';
import { isObject, type JsonObject } from './json-values.ts';

export type EventRelayParts = {
  readonly isContent: (event: JsonObject) => boolean;
  readonly isTerminal: (event: JsonObject) => boolean;
  /** Of the terminal event; null: it states none. */
  readonly usageOf: (terminal: JsonObject) => TokenUsage | null;
  /** A longer event is refused. */
  readonly eventBytesMax: number;
};

/** `push` throws DialectError when an event is beyond the bound. */
export function createEventRelay(parts: EventRelayParts): StreamRelay {
  return new EventRelay(parts);
}

/** After the terminal event only a marker can come. */
const REST_BYTES_MAX = 64 * 1024;

class EventRelay implements StreamRelay, StreamState {
  contentSeen = false;
  terminalSeen = false;
  failure: FailureSignals | null = null;
  contentBytes = 0;
  answer: AnswerFacts = { usage: null, upstreamId: null, finishReason: null };
  readonly #parts: EventRelayParts;
  readonly #parser;
  readonly #heldBack: Uint8Array[] = [];
  #restBytes = 0;

  constructor(parts: EventRelayParts) {
    this.#parts = parts;
    const { eventBytesMax } = parts;
    this.#parser = createEventStreamParser({ lineBytesMax: eventBytesMax, eventBytesMax });
  }

  get state(): StreamState {
    return this;
  }

  push(bytes: Uint8Array): Uint8Array | null {
    return this.#relay(this.#parser.push(bytes));
  }

  end(): Uint8Array | null {
    // An upstream that ends within an event has not said it.
    const said = this.#parser.end().filter((block) => block.data === null || eventJson(block) !== undefined);
    return this.#relay(said.map(withBlankLine));
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#heldBack);
  }

  #relay(blocks: readonly EventBlock[]): Uint8Array | null {
    const passed: Uint8Array[] = [];
    for (const block of blocks) {
      const isRest = this.terminalSeen;
      if (!isRest) this.#read(block);
      if (!this.terminalSeen) passed.push(block.raw);
      else this.#holdBack(block.raw, isRest);
    }
    return passed.length === 0 ? null : Buffer.concat(passed);
  }

  #read(block: EventBlock): void {
    const event = eventJson(block);
    if (!isObject(event)) return;
    if (block.name === 'error' || event['type'] === 'error' || isObject(event['error'])) {
      this.failure ??= readFailureInAnswer(event);
      return;
    }
    if (this.#parts.isTerminal(event)) {
      this.terminalSeen = true;
      this.answer = { usage: this.#parts.usageOf(event), upstreamId: null, finishReason: 'stop' };
    } else if (this.#parts.isContent(event)) {
      this.contentSeen = true;
    }
    this.contentBytes += block.raw.length;
  }

  #holdBack(bytes: Uint8Array, isRest: boolean): void {
    if (isRest) this.#restBytes += bytes.length;
    if (this.#restBytes <= REST_BYTES_MAX) this.#heldBack.push(bytes);
  }
}
