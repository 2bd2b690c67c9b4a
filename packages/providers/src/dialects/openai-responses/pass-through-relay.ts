/**
 * A Responses stream on its way to a caller of the same dialect, byte for byte. Until content is seen every event is
 * read, because an error may still be answered by another key. From then on whole blocks go on as they came: a few native
 * searches per chunk, a copy into the tail, no JSON. The terminal event is held back for `finish`; it states the usage.
 */
import { Buffer } from 'node:buffer';
import type { AnswerFacts, CallerError, FailureSignals, StreamRelay, StreamState } from '@arouter/core';
import { StreamTail, TAIL_BYTES_MIN } from '../openai-chat/stream-tail.ts';
import {
  createEventStreamParser,
  EVENT_BYTES_MAX,
  type EventBlock,
  eventJson,
  withBlankLine,
} from '../shared/event-stream.ts';
import { readFailureInAnswer } from '../shared/failure-signals.ts';
import { isObject, type JsonObject } from '../shared/json-values.ts';
import { asBuffer } from '../shared/scan-json.ts';
import { errorEvent } from './errors.ts';
import {
  contentBytesOf,
  failureOfEvent,
  isContent,
  isTerminal,
  NO_FACTS,
  type StreamFacts,
  withEvent,
} from './stream-facts.ts';

/** `push` throws DialectError when an event is beyond the bounds. */
export function createPassThroughRelay(): StreamRelay {
  return new Relay();
}

/** A block with one of these is looked into; text can hold them too, which costs only time. */
const NEEDLES = ['response.completed', 'response.incomplete', 'response.failed', '"error"'].map((each) =>
  Buffer.from(each),
);
const BLOCK_END = Buffer.from('\n\n');
/** After the terminal event nothing of use can come. */
const HELD_BACK_BYTES_MAX = EVENT_BYTES_MAX + 64 * 1024;
const CR = 0x0d;

class Relay implements StreamRelay, StreamState {
  contentSeen = false;
  terminalSeen = false;
  failure: FailureSignals | null = null;
  /** The last event repeats the whole answer in one line. */
  readonly #parser = createEventStreamParser({
    lineBytesMax: EVENT_BYTES_MAX,
    eventBytesMax: EVENT_BYTES_MAX,
  });
  readonly #tail = new StreamTail();
  #facts: StreamFacts = NO_FACTS;
  readonly #heldBack: Uint8Array[] = [];
  #heldBackBytes = 0;
  /** Block ends may be searched for as LF LF. A CR in an early block means that they may not. */
  #lineFeedsOnly = true;

  get state(): StreamState {
    return this;
  }

  get answer(): AnswerFacts {
    return this.#facts.answer;
  }

  /** Nobody needs it when the provider gave the usage: then it is all that passed, which costs nothing to know. */
  get contentBytes(): number {
    return this.#facts.answer.usage === null ? estimateContent(this.#tail) : this.#tail.bytesSeen;
  }

  push(bytes: Uint8Array): Uint8Array | null {
    if (bytes.length === 0) return null;
    if (this.terminalSeen) return this.#holdBack(bytes);
    const chunk = asBuffer(bytes);
    if (!this.#mayPassWhole(chunk)) return this.#relayBlocks(this.#parser.push(chunk));
    const last = chunk.lastIndexOf(BLOCK_END);
    const wholeEnd = last < 0 ? 0 : last + BLOCK_END.length;
    const whole = wholeEnd === 0 ? null : this.#passOn(chunk.subarray(0, wholeEnd));
    if (wholeEnd === chunk.length) return whole;
    return join([whole, this.#relayBlocks(this.#parser.push(chunk.subarray(wholeEnd)))]);
  }

  end(): Uint8Array | null {
    if (this.terminalSeen) return null;
    // An upstream that ends within an event has not said it.
    const closed = this.#parser
      .end()
      .filter((block) => block.data === null || eventJson(block) !== undefined);
    return this.#relayBlocks(closed.map(withBlankLine));
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#heldBack);
  }

  encodeError(error: CallerError): Uint8Array {
    return Buffer.from(errorEvent(error, lastSequenceNumber(this.#tail) + 1), 'utf8');
  }

  #mayPassWhole(chunk: Buffer): boolean {
    return this.contentSeen && this.#lineFeedsOnly && this.#parser.atBoundary && !hasNeedle(chunk);
  }

  #relayBlocks(blocks: readonly EventBlock[]): Uint8Array | null {
    const passed: (Uint8Array | null)[] = [];
    for (const block of blocks) {
      if (!this.terminalSeen) this.#readBlock(block);
      passed.push(this.terminalSeen ? this.#holdBack(block.raw) : this.#passOn(block.raw));
    }
    return join(passed);
  }

  #readBlock(block: EventBlock): void {
    if (this.contentSeen && !hasNeedle(asBuffer(block.raw))) return;
    if (block.raw.includes(CR)) this.#lineFeedsOnly = false;
    const event = eventJson(block) ?? bareJson(block);
    if (isObject(event))
      return this.#readEvent(event['type'] === undefined ? { ...event, type: block.name } : event);
    if (Array.isArray(event) && isObject(event[0])) this.failure ??= readFailureInAnswer(event);
    // What cannot be read cannot be judged: holding it back would turn the stream into one late answer.
    if (event === undefined && block.data !== null && block.data.length > 0) this.contentSeen = true;
  }

  #readEvent(event: JsonObject): void {
    this.failure ??= failureOfEvent(event);
    this.#facts = withEvent(this.#facts, event);
    if (this.failure !== null) return;
    if (isContent(event)) this.contentSeen = true;
    if (isTerminal(event)) this.terminalSeen = true;
  }

  #passOn(bytes: Uint8Array): Uint8Array {
    this.#tail.append(bytes);
    return bytes;
  }

  #holdBack(bytes: Uint8Array): null {
    this.#heldBackBytes += bytes.length;
    if (this.#heldBackBytes <= HELD_BACK_BYTES_MAX) this.#heldBack.push(bytes);
    return null;
  }
}

function hasNeedle(bytes: Buffer): boolean {
  return NEEDLES.some((needle) => bytes.indexOf(needle) >= 0);
}

/** Some providers write an error as plain JSON into a stream that should have been events. */
function bareJson(block: EventBlock): unknown {
  const text = block.data === null ? asBuffer(block.raw).toString('utf8').trim() : '';
  if (!text.startsWith('{') && !text.startsWith('[')) return undefined;
  return eventJson({ ...block, data: Buffer.from(text) });
}

/** Measured in the tail and taken to be as dense before it. */
function estimateContent(tail: StreamTail): number {
  let contentBytes = 0;
  let blockBytes = 0;
  for (const block of blocksOf(tail.readLast(TAIL_BYTES_MIN))) {
    const event = eventJson(block);
    if (!isObject(event)) continue;
    contentBytes += contentBytesOf(event);
    blockBytes += block.raw.length;
  }
  if (tail.bytesSeen <= TAIL_BYTES_MIN) return contentBytes;
  // Not one whole event fits into the tail: a picture or the like, all content.
  if (blockBytes === 0) return tail.bytesSeen;
  return contentBytes + Math.ceil(((tail.bytesSeen - blockBytes) * contentBytes) / blockBytes);
}

function lastSequenceNumber(tail: StreamTail): number {
  const numbers = tail
    .readLast(TAIL_BYTES_MIN)
    .toString('latin1')
    .matchAll(/"sequence_number":\s{0,4}(\d{1,9})/g);
  return Number([...numbers].at(-1)?.[1] ?? -1);
}

function blocksOf(bytes: Buffer): readonly EventBlock[] {
  const parser = createEventStreamParser({ lineBytesMax: EVENT_BYTES_MAX, eventBytesMax: EVENT_BYTES_MAX });
  return [...parser.push(bytes), ...parser.end()];
}

function join(pieces: readonly (Uint8Array | null)[]): Uint8Array | null {
  const some = pieces.filter((piece) => piece !== null);
  return some.length > 1 ? Buffer.concat(some) : (some[0] ?? null);
}
