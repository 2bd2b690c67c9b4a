/**
 * A chat completions stream on its way to a caller of the same dialect: the hot path of the gateway.
 *
 * Until content is seen every event is parsed, because an error may still be answered by another key. From then on
 * whole blocks go on as they came: two native searches per chunk (`[DONE]`, `error`), a copy into the tail, no string
 * and no JSON. Where usage is to be stripped, `"usage":null` is cut out in the same way. Only a chunk that ends within a
 * block, or that one of the searches stops at, is taken apart again. `[DONE]` is held back for `finish`, and so is nothing else that is whole.
 */
import { Buffer } from 'node:buffer';
import type { AnswerFacts, FailureSignals, StreamRelay, StreamState } from '@arouter/core';
import {
  createEventStreamParser,
  EVENT_BYTES_MAX,
  eventJson,
  type EventBlock,
  withBlankLine,
} from '../shared/event-stream.ts';
import { readFailureInAnswer } from '../shared/failure-signals.ts';
import { asBuffer } from '../shared/scan-json.ts';
import { isRecord } from '../shared/token-usage.ts';
import { isDone, readChunk } from './chunk-facts.ts';
import { StreamTail, TAIL_BYTES_MIN } from './stream-tail.ts';
import { stripNullUsage, stripUsage } from './strip-usage.ts';

/**
 * `stripUsage`: usage was asked for by us, not by the caller, who gets the stream that an own request would have given.
 * `push` throws DialectError when an event is beyond the bounds.
 */
export function createPassThroughRelay(options: { readonly stripUsage: boolean }): StreamRelay {
  return new PassThroughRelay(options.stripUsage);
}

const DONE = Buffer.from('[DONE]');
const DONE_EVENT = Buffer.from('data: [DONE]\n\n');
const ERROR = Buffer.from('error');
const USAGE = Buffer.from('"usage"');
const BLOCK_END = Buffer.from('\n\n');
/** Finish reason and usage stand within so many of the last bytes, as a rule. */
const USUAL_END_BYTES = 2048;
const CR = 0x0d;
const LF = 0x0a;

class PassThroughRelay implements StreamRelay {
  readonly #stripUsage: boolean;
  /** Pictures come as one line: a line may be as long as an event. */
  readonly #parser = createEventStreamParser({
    lineBytesMax: EVENT_BYTES_MAX,
    eventBytesMax: EVENT_BYTES_MAX,
  });
  readonly #tail = new StreamTail();
  readonly #facts = new RelayState(this.#tail);
  /** Block ends may be searched for as LF LF. A CR in an early block means that they may not. */
  #lineFeedsOnly = true;

  constructor(strip: boolean) {
    this.#stripUsage = strip;
  }

  get state(): StreamState {
    return this.#facts;
  }

  push(bytes: Uint8Array): Uint8Array | null {
    if (this.#facts.terminalSeen || bytes.length === 0) return null;
    const chunk = asBuffer(bytes);
    if (!this.#mayPassWhole(chunk)) return this.#relayBlocks(this.#parser.push(chunk));
    const wholeEnd = wholeBlocks(chunk);
    if (wholeEnd === chunk.length) return this.#passWhole(chunk);
    const whole = wholeEnd === 0 ? null : this.#passWhole(chunk.subarray(0, wholeEnd));
    return join([whole, this.#relayBlocks(this.#parser.push(chunk.subarray(wholeEnd)))]);
  }

  end(): Uint8Array | null {
    if (this.#facts.terminalSeen) return null;
    const closed = this.#parser.end().filter(isWhole).map(withBlankLine);
    return this.#relayBlocks(closed);
  }

  finish(): Uint8Array {
    // After an error event a stream just ends, unless the provider itself ended it in form.
    return this.#facts.failure !== null && !this.#facts.terminalSeen ? new Uint8Array() : DONE_EVENT;
  }

  #mayPassWhole(chunk: Buffer): boolean {
    return (
      this.#facts.contentSeen &&
      this.#lineFeedsOnly &&
      this.#parser.atBoundary &&
      chunk.indexOf(ERROR) < 0 &&
      chunk.indexOf(DONE) < 0
    );
  }

  #passWhole(blocks: Buffer): Uint8Array | null {
    const relayed = this.#stripUsage ? stripNullUsage(blocks) : blocks;
    if (relayed === undefined) return this.#relayBlocks(this.#parser.push(blocks));
    this.#tail.append(blocks);
    this.#facts.changed();
    return relayed;
  }

  #relayBlocks(blocks: readonly EventBlock[]): Uint8Array | null {
    const passed: (Uint8Array | null)[] = [];
    for (const block of blocks) {
      if (this.#facts.terminalSeen) break;
      this.#readBlock(block);
      if (this.#facts.terminalSeen) break;
      passed.push(this.#stripUsage && hasNeedle(block, USAGE) ? stripUsage(block) : block.raw);
    }
    return join(passed);
  }

  #readBlock(block: EventBlock): void {
    if (isDone(block)) {
      this.#facts.terminalSeen = true;
      return;
    }
    this.#tail.append(block.raw);
    this.#facts.changed();
    if (this.#facts.contentSeen) {
      if (block.name === 'error' || hasNeedle(block, ERROR)) this.#facts.readForFailure(block);
    } else {
      if (block.raw.includes(CR)) this.#lineFeedsOnly = false;
      this.#facts.readEarly(block);
    }
  }
}

class RelayState implements StreamState {
  contentSeen = false;
  terminalSeen = false;
  failure: FailureSignals | null = null;
  readonly #tail: StreamTail;
  /** What the early events said; the tail knows better. */
  #early: AnswerFacts = { usage: null, upstreamId: null, finishReason: null };
  #answer: AnswerFacts | null = null;
  #contentBytes: number | null = null;

  constructor(tail: StreamTail) {
    this.#tail = tail;
  }

  get answer(): AnswerFacts {
    this.#answer ??= answerInTail(this.#tail, this.#early);
    return this.#answer;
  }

  /**
   * Measured in the tail and taken to be as dense before it. Nobody needs it when the provider gave the usage of the
   * whole answer: then it is all that passed, which costs nothing to know.
   */
  get contentBytes(): number {
    if (this.answer.usage !== null && this.answer.finishReason !== null) return this.#tail.bytesSeen;
    this.#contentBytes ??= estimateContent(this.#tail);
    return this.#contentBytes;
  }

  changed(): void {
    this.#answer = null;
    this.#contentBytes = null;
  }

  readEarly(block: EventBlock): void {
    const chunk = eventJson(block) ?? bareJson(block);
    if (Array.isArray(chunk) && isRecord(chunk[0]) && chunk[0]['error'] !== undefined) {
      this.failure = readFailureInAnswer(chunk);
    }
    // What cannot be read cannot be judged: holding it back would turn the stream into one late answer.
    if (chunk === undefined && isFilledData(block)) this.contentSeen = true;
    if (!isRecord(chunk)) return;
    const facts = readChunk(chunk, block.name);
    this.failure ??= facts.failure;
    this.contentSeen = facts.hasContent && this.failure === null;
    this.#early = {
      usage: facts.usage ?? this.#early.usage,
      upstreamId: this.#early.upstreamId ?? facts.upstreamId,
      finishReason: facts.finishReason ?? this.#early.finishReason,
    };
  }

  readForFailure(block: EventBlock): void {
    const chunk = eventJson(block);
    if (isRecord(chunk)) this.failure ??= readChunk(chunk, block.name).failure;
  }
}

function isFilledData({ data }: EventBlock): boolean {
  return data !== null && data.length > 0;
}

/** The last usage and the last finish reason of the stream: some providers state both again and again. */
function answerInTail(tail: StreamTail, early: AnswerFacts): AnswerFacts {
  const atEnd = lastStated(tail.readLast(USUAL_END_BYTES));
  const isAll = (atEnd.usage !== null && atEnd.finishReason !== null) || tail.bytesSeen <= USUAL_END_BYTES;
  const { usage, finishReason } = isAll ? atEnd : lastStated(tail.read());
  return {
    usage: usage ?? early.usage,
    upstreamId: early.upstreamId,
    finishReason: finishReason ?? early.finishReason,
  };
}

function lastStated(bytes: Buffer): Pick<AnswerFacts, 'usage' | 'finishReason'> {
  let usage: AnswerFacts['usage'] = null;
  let finishReason: string | null = null;
  for (const block of blocksOf(bytes).toReversed()) {
    const chunk = eventJson(block);
    if (!isRecord(chunk)) continue;
    const facts = readChunk(chunk, block.name);
    usage ??= facts.usage;
    finishReason ??= facts.finishReason;
    if (usage !== null && finishReason !== null) break;
  }
  return { usage, finishReason };
}

function estimateContent(tail: StreamTail): number {
  let blockBytes = 0;
  let contentBytes = 0;
  for (const block of blocksOf(tail.readLast(TAIL_BYTES_MIN))) {
    const chunk = eventJson(block);
    if (!isRecord(chunk)) continue;
    blockBytes += block.raw.length;
    contentBytes += readChunk(chunk, block.name).contentBytes;
  }
  if (tail.bytesSeen <= TAIL_BYTES_MIN) return contentBytes;
  // Not one whole event fits into the tail: a picture or the like, all content.
  if (blockBytes === 0) return tail.bytesSeen;
  return contentBytes + Math.ceil(((tail.bytesSeen - blockBytes) * contentBytes) / blockBytes);
}

function blocksOf(bytes: Buffer): readonly EventBlock[] {
  const parser = createEventStreamParser({ lineBytesMax: EVENT_BYTES_MAX, eventBytesMax: EVENT_BYTES_MAX });
  return [...parser.push(bytes), ...parser.end()];
}

function join(pieces: readonly (Uint8Array | null)[]): Uint8Array | null {
  const some = pieces.filter((piece) => piece !== null);
  return some.length > 1 ? Buffer.concat(some) : (some[0] ?? null);
}

/** Where the last whole block of a chunk ends; almost always that is the end of the chunk. */
function wholeBlocks(chunk: Buffer): number {
  const { length } = chunk;
  if (chunk[length - 1] === LF && chunk[length - 2] === LF) return length;
  const last = chunk.lastIndexOf(BLOCK_END);
  return last < 0 ? 0 : last + BLOCK_END.length;
}

/** Some providers write an error as plain JSON into a stream that should have been events. */
function bareJson(block: EventBlock): unknown {
  const text = block.data === null ? asBuffer(block.raw).toString('utf8').trim() : '';
  if (!text.startsWith('{') && !text.startsWith('[')) return undefined;
  return eventJson({ ...block, data: Buffer.from(text) });
}

function hasNeedle(block: EventBlock, needle: Buffer): boolean {
  return block.data !== null && asBuffer(block.data).indexOf(needle) >= 0;
}

/** An upstream that ends within an event has not said it. */
function isWhole(block: EventBlock): boolean {
  return block.data === null || isDone(block) || eventJson(block) !== undefined;
}
