/**
 * A Gemini stream on its way to a Gemini caller, byte for byte. Every event is found, but once content is seen only
 * those are read that may say how the answer ends; counts are read once, from the last event that has some. An event
 * with a finish reason waits until another follows or the stream has ended: it is what ends the answer.
 */
import { Buffer } from 'node:buffer';
import type { AnswerFacts, FailureSignals, StreamRelay, StreamState } from '@arouter/core';
import { readFailureInAnswer } from '../shared/failure-signals.ts';
import { isObject } from '../shared/json-values.ts';
import { asBuffer } from '../shared/scan-json.ts';
import { type AnswerEvent, createAnswerReader, eventValue } from './answer-events.ts';
import {
  answerFacts,
  hasContent,
  isFailure,
  isFinal,
  NO_FACTS,
  type StreamFacts,
  withAnswer,
} from './stream-facts.ts';

/** What an event must hold to be worth reading after the first content; finding one of them in a text does no harm. */
const TELLING = ['finishReason', 'finish_reason', '"error"', 'blockReason', 'functionCall'] as const;
const COUNTS = 'usageMetadata';

export function createPassThroughRelay(): StreamRelay {
  return new Relay();
}

class Relay implements StreamRelay, StreamState {
  contentSeen = false;
  failure: FailureSignals | null = null;
  /** Framing included: more than the content. */
  contentBytes = 0;
  /** The protocol has no terminal event: the answer is complete when the stream ends after a finish reason. */
  readonly terminalSeen = false;
  readonly #reader = createAnswerReader();
  #facts: StreamFacts = NO_FACTS;
  /** The last event with counts that has not been read for them. */
  #counted: AnswerEvent | null = null;
  #heldBack: Uint8Array | null = null;

  get state(): StreamState {
    return this;
  }

  get answer(): AnswerFacts {
    const counted = this.#counted === null ? undefined : eventValue(this.#counted);
    const facts = isObject(counted) ? withAnswer(this.#facts, counted) : this.#facts;
    return answerFacts(facts, this.contentBytes);
  }

  push(bytes: Uint8Array): Uint8Array | null {
    return this.#relay(this.#reader.push(bytes));
  }

  end(): Uint8Array | null {
    return this.#relay(this.#reader.end());
  }

  finish(): Uint8Array {
    return this.#heldBack ?? new Uint8Array();
  }

  #relay(events: readonly AnswerEvent[]): Uint8Array | null {
    const passed = events.flatMap((event) => this.#pass(event));
    return passed.length === 0 ? null : passed.length === 1 ? (passed[0] ?? null) : Buffer.concat(passed);
  }

  #pass(event: AnswerEvent): readonly Uint8Array[] {
    const before = this.#heldBack === null ? [] : [this.#heldBack];
    if (event.data === null) {
      // Comments and blank lines go where the bytes before them go.
      if (this.#heldBack === null) return [event.raw];
      this.#heldBack = Buffer.concat([this.#heldBack, event.raw]);
      return [];
    }
    this.#heldBack = null;
    const isLast = this.#read(event);
    if (this.contentSeen) this.contentBytes += event.raw.length;
    // An error that ends a committed stream is the caller's to see; an uncommitted one is ours to fail over from.
    if (this.failure !== null && !this.contentSeen) return [];
    if (!isLast) return [...before, event.raw];
    this.#heldBack = event.raw;
    return before;
  }

  /** True when the event may be the last one. */
  #read(event: AnswerEvent): boolean {
    const bytes = asBuffer(event.raw);
    if (this.contentSeen && !TELLING.some((word) => bytes.includes(word))) {
      if (bytes.includes(COUNTS)) this.#counted = event;
      return false;
    }
    const answer = eventValue(event);
    if (isFailure(answer)) {
      this.failure ??= readFailureInAnswer(answer);
      return false;
    }
    if (!isObject(answer)) {
      // What cannot be read cannot be judged: holding it back would turn the stream into one late answer.
      this.contentSeen = true;
      return false;
    }
    this.#counted = null;
    this.#facts = withAnswer(this.#facts, answer);
    this.contentSeen ||= hasContent(answer);
    return isFinal(answer);
  }
}
