/**
 * A Converse stream on its way to a Converse caller, message for message. What comes after `messageStop` (the usage) is
 * read and held back with it.
 */
import { Buffer } from 'node:buffer';
import type { AnswerFacts, FailureSignals, StreamRelay, StreamState } from '@arouter/core';
import { finishReasonToCanonical } from '../anthropic-messages/finish-reasons.ts';
import { readUsage } from '../anthropic-messages/usage.ts';
import { createEventMessageParser, type EventMessage } from '../shared/aws-event-stream.ts';
import { readFailureInAnswer } from '../shared/failure-signals.ts';
import { objectOf } from '../shared/json-values.ts';
import { usageToMessages } from './answers.ts';
import { type ConverseEvent, failureEvent, readConverseEvent } from './stream-events.ts';

/** After the terminal event nothing of use can come. */
const HELD_BACK_BYTES_MAX = 64 * 1024;

export function createPassThroughRelay(): StreamRelay {
  return new Relay();
}

class Relay implements StreamRelay, StreamState {
  contentSeen = false;
  terminalSeen = false;
  failure: FailureSignals | null = null;
  contentBytes = 0;
  readonly #parser = createEventMessageParser();
  readonly #heldBack: Uint8Array[] = [];
  #heldBackBytes = 0;
  #answer: AnswerFacts = { usage: null, upstreamId: null, finishReason: null };

  get state(): StreamState {
    return this;
  }

  get answer(): AnswerFacts {
    return this.#answer;
  }

  push(bytes: Uint8Array): Uint8Array | null {
    const passed = this.#parser
      .push(bytes)
      .map((message) => this.#relay(message))
      .filter((raw) => raw !== null);
    if (passed.length === 0) return null;
    return passed.length === 1 ? (passed[0] ?? null) : Buffer.concat(passed);
  }

  end(): Uint8Array | null {
    return null;
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#heldBack);
  }

  #relay(message: EventMessage): Uint8Array | null {
    if (this.failure !== null) return null;
    const event = readConverseEvent(message);
    if (event.kind === 'failure') {
      this.failure = readFailureInAnswer(failureEvent(event));
      // An error that ends a committed stream is the caller's to see; an uncommitted one is ours to fail over from.
      return this.contentSeen ? message.raw : null;
    }
    this.#read(event, message.payload.length);
    return this.terminalSeen ? this.#holdBack(message.raw) : message.raw;
  }

  #read({ name, data }: ConverseEvent, bytes: number): void {
    switch (name) {
      case 'contentBlockStart':
        this.contentSeen = true;
        break;
      case 'contentBlockDelta':
        this.contentSeen = true;
        this.contentBytes += bytes;
        break;
      case 'messageStop':
        this.contentSeen = this.terminalSeen = true;
        this.#answer = { ...this.#answer, finishReason: finishReasonToCanonical(data['stopReason']) };
        break;
      case 'metadata':
        this.#answer = { ...this.#answer, usage: readUsage(usageToMessages(objectOf(data['usage']))) };
        break;
      default:
        break;
    }
  }

  #holdBack(raw: Uint8Array): null {
    this.#heldBackBytes += raw.length;
    if (this.#heldBackBytes <= HELD_BACK_BYTES_MAX) this.#heldBack.push(raw);
    return null;
  }
}
