/**
 * A Messages stream on its way to a Messages caller, byte for byte. Until content is seen the events are read; from
 * then on a chunk costs two searches and a push: counts are read once, at the end, from the last bytes.
 */
import { Buffer } from 'node:buffer';
import type { AnswerFacts, FailureSignals, StreamRelay, StreamState } from '@arouter/core';
import { createEventStreamParser, type EventBlock, eventJson } from '../shared/event-stream.ts';
import { readFailureInAnswer } from '../shared/failure-signals.ts';
import { isObject, type JsonObject } from '../shared/json-values.ts';
import {
  answerFacts,
  BYTES_PER_TOKEN,
  contentBytesOf,
  isContent,
  NO_FACTS,
  type StreamFacts,
  withEvent,
} from './stream-facts.ts';
import { type ScanResult, TerminalScanner } from './terminal-scanner.ts';

/** The last `message_delta` is a few hundred bytes, with per-iteration counts a few thousand. */
const TAIL_BYTES = 32 * 1024;
/** After the terminal event nothing of use can come. */
const HELD_BACK_BYTES_MAX = 64 * 1024;
const DELTA_NAME = Buffer.from('message_delta');

export function createPassThroughRelay(): StreamRelay {
  return new Relay();
}

class Relay implements StreamRelay, StreamState {
  contentSeen = false;
  terminalSeen = false;
  failure: FailureSignals | null = null;
  readonly #scanner = new TerminalScanner();
  /** Reads events before content, and again from an error on. Null while bytes only flow. */
  #parser: ReturnType<typeof createEventStreamParser> | null = createEventStreamParser();
  #facts: StreamFacts = NO_FACTS;
  readonly #tail: Uint8Array[] = [];
  #tailBytes = 0;
  #passedBytes = 0;
  /** Bytes of the events before the first content. */
  #preambleBytes = 0;
  readonly #heldBack: Uint8Array[] = [];
  #heldBackBytes = 0;
  #errorSeen = false;
  #answer: AnswerFacts | null = null;

  get state(): StreamState {
    return this;
  }

  /** Everything from the first content on, framing included: more than the content, however the bytes were cut. */
  get contentBytes(): number {
    return this.contentSeen ? Math.max(0, this.#passedBytes - this.#preambleBytes) : 0;
  }

  /** Computed when asked for, and kept until more bytes come. */
  get answer(): AnswerFacts {
    this.#answer ??= this.#readAnswer();
    return this.#answer;
  }

  push(bytes: Uint8Array): Uint8Array | null {
    if (bytes.length === 0) return null;
    this.#answer = null;
    if (this.terminalSeen) return this.#holdBack(bytes);
    if (this.#errorSeen) return this.#afterError(bytes);
    if (this.#parser !== null) this.#readEvents(this.#parser.push(bytes));
    return this.#relay(this.#scanner.scan(bytes));
  }

  end(): Uint8Array | null {
    this.#answer = null;
    if (this.#parser !== null) this.#readEvents(this.#parser.end());
    if (this.terminalSeen || this.#errorSeen) return null;
    const rest = this.#relay(this.#scanner.end());
    if (!this.terminalSeen) this.#readUnnamedEnd();
    return rest;
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#heldBack);
  }

  #relay(result: ScanResult): Uint8Array | null {
    if (result.kind === 'flowing') return this.#passOn(result.bytes);
    const before = this.#passOn(result.before);
    if (result.kind === 'terminal') {
      this.terminalSeen = this.contentSeen = true;
      this.#holdBack(result.from);
      return before;
    }
    this.#errorSeen = true;
    const committed = this.contentSeen;
    // Before content the opening reader has these bytes already.
    if (this.#parser === null) {
      this.#parser = createEventStreamParser();
      return join(before, this.#afterError(result.from));
    }
    return committed ? join(before, result.from) : before;
  }

  /** An error that ends a committed stream is the caller's to see; an uncommitted one is ours to fail over from. */
  #afterError(bytes: Uint8Array): Uint8Array | null {
    this.#readEvents(this.#parser?.push(bytes) ?? []);
    return this.contentSeen ? bytes : null;
  }

  #passOn(bytes: Uint8Array | null): Uint8Array | null {
    if (bytes === null) return null;
    this.#tail.push(bytes);
    this.#tailBytes += bytes.length;
    this.#passedBytes += bytes.length;
    while (this.#tailBytes - (this.#tail[0]?.length ?? 0) >= TAIL_BYTES) {
      this.#tailBytes -= this.#tail.shift()?.length ?? 0;
    }
    return bytes;
  }

  #holdBack(bytes: Uint8Array): null {
    this.#heldBackBytes += bytes.length;
    if (this.#heldBackBytes <= HELD_BACK_BYTES_MAX) this.#heldBack.push(bytes);
    return null;
  }

  #readEvents(blocks: readonly EventBlock[]): void {
    for (const block of blocks) {
      const event = eventJson(block);
      if (isObject(event)) {
        this.#facts = withEvent(this.#facts, event);
        if (isFailure(event)) this.failure ??= readFailureInAnswer(event);
        if (isContent(event)) this.contentSeen = true;
      } else if (event === undefined && block.data !== null && block.data.length > 0) {
        // What cannot be read cannot be judged: holding it back would turn the stream into one late answer.
        this.contentSeen = true;
      }
      if (!this.contentSeen) this.#preambleBytes += block.raw.length;
    }
    // From the first content on the bytes only flow.
    if (this.contentSeen && !this.#errorSeen) this.#parser = null;
  }

  /** Servers that name no events are rare, but their end and their errors count too. */
  #readUnnamedEnd(): void {
    for (const event of readBlocks(Buffer.concat(this.#tail)).map(eventJson).filter(isObject)) {
      if (isFailure(event)) this.failure ??= readFailureInAnswer(event);
      if (event['type'] === 'message_stop') this.terminalSeen = true;
    }
  }

  #readAnswer(): AnswerFacts {
    const tail = Buffer.concat(this.#tail);
    // The first place that names it: as a rule there is one, and nothing but the terminal event behind it.
    const delta = tail.indexOf(DELTA_NAME);
    const blocks = readBlocks(delta === -1 ? tail : tail.subarray(blockStart(tail, delta)));
    let facts = this.#facts;
    let seenBytes = 0;
    for (const event of blocks.map(eventJson).filter(isObject)) {
      if (event['type'] === 'message_delta') facts = withEvent(facts, event);
      seenBytes += contentBytesOf(event);
    }
    if (facts.usageFinal || tail.length === 0) return answerFacts(facts, 0);
    // What share of the bytes was content in the tail, it was about in the whole.
    const share = seenBytes / tail.length;
    return answerFacts(facts, Math.ceil((this.contentBytes * share) / BYTES_PER_TOKEN));
  }
}

function isFailure(event: JsonObject): boolean {
  return event['type'] === 'error' || isObject(event['error']);
}

/** The tail may begin within an event: what is not JSON is left out. */
function readBlocks(bytes: Buffer): readonly EventBlock[] {
  const parser = createEventStreamParser();
  return [...parser.push(bytes), ...parser.end()];
}

/** Where the event that holds this place begins. */
function blockStart(bytes: Buffer, at: number): number {
  const lf = bytes.lastIndexOf('\n\n', at);
  const crlf = bytes.lastIndexOf('\r\n\r\n', at);
  return Math.max(0, lf, crlf);
}

function join(one: Uint8Array | null, other: Uint8Array | null): Uint8Array | null {
  if (one === null || other === null) return one ?? other;
  return Buffer.concat([one, other]);
}
