/**
 * A chat completions stream on its way to a caller of the same dialect: the hot path of the gateway.
 *
 * Until content is seen every event is parsed, because an error may still be answered by another key. From then on
 * whole blocks go on as they came: two native searches per chunk (`[DONE]`, `error`), a copy into the tail, no string
 * and no JSON. Only a chunk that ends within a block, or that one of the searches stops at, is taken
 * apart again. `[DONE]` is held back for `finish`, and so is nothing else that is whole.
 */
import { Buffer } from 'node:buffer';
import type { AnswerFacts, FailureSignals, StreamRelay, StreamState } from '@arouter/core';
import { createEventStreamParser, EVENT_BYTES_MAX, eventJson, type EventBlock } from '../shared/event-stream.ts';
import { readFailureInAnswer } from '../shared/failure-signals.ts';
import { asBuffer } from '../shared/scan-json.ts';
import { isRecord } from '../shared/token-usage.ts';
import { isDone, readChunk } from './chunk-facts.ts';
import { StreamTail, TAIL_BYTES_MIN } from './stream-tail.ts';
import { stripUsage } from './strip-usage.ts';

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
const CR = 0x0d;
const LF = 0x0a;

class PassThroughRelay implements StreamRelay {
  readonly #stripUsage: boolean;
  /** Pictures come as one line: a line may be as long as an event. */
  readonly #parser = createEventStreamParser({ lineBytesMax: EVENT_BYTES_MAX, eventBytesMax: EVENT_BYTES_MAX });
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
    const passed = wholeBlocks(chunk);
    if (passed === chunk.length) return this.#passOn(chunk);
    // What is left is less than a block, so nothing comes out of it now.
    this.#parser.push(chunk.subarray(passed));
    return passed === 0 ? null : this.#passOn(chunk.subarray(0, passed));
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
      !this.#stripUsage &&
      this.#lineFeedsOnly &&
      this.#parser.atBoundary &&
      chunk.indexOf(ERROR) < 0 &&
      chunk.indexOf(DONE) < 0
    );
  }

  #passOn(blocks: Buffer): Buffer {
    this.#tail.append(blocks);
    this.#facts.changed();
    return blocks;
  }

  #relayBlocks(blocks: readonly EventBlock[]): Uint8Array | null {
    const passed: Uint8Array[] = [];
    for (const block of blocks) {
      if (this.#facts.terminalSeen) break;
      this.#readBlock(block);
      if (this.#facts.terminalSeen) break;
      const relayed = this.#stripUsage && hasNeedle(block, USAGE) ? stripUsage(block) : block.raw;
      if (relayed !== null) passed.push(relayed);
    }
    const [first] = passed;
    if (first === undefined) return null;
    return passed.length === 1 ? first : Buffer.concat(passed);
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
    this.#answer ??= answerInTail(this.#tail.read(), this.#early);
    return this.#answer;
  }

  /**
   * Measured in the tail and taken to be as dense before it. Nobody needs it when the provider gave usage: then it is
   * all that passed, which costs nothing to know.
   */
  get contentBytes(): number {
    if (this.answer.usage !== null) return this.#tail.bytesSeen;
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

/** The last usage and the last finish reason of the stream: some providers state both again and again. */
function answerInTail(tail: Buffer, early: AnswerFacts): AnswerFacts {
  const blocks = blocksOf(tail);
  let { usage, finishReason } = { usage: null as AnswerFacts['usage'], finishReason: null as string | null };
  for (let index = blocks.length - 1; index >= 0 && (usage === null || finishReason === null); index--) {
    const block = blocks[index];
    const chunk = block === undefined ? undefined : eventJson(block);
    if (!isRecord(chunk)) continue;
    const facts = readChunk(chunk, block?.name ?? '');
    usage ??= facts.usage;
    finishReason ??= facts.finishReason;
  }
  return {
    usage: usage ?? early.usage,
    upstreamId: early.upstreamId,
    finishReason: finishReason ?? early.finishReason,
  };
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

function withBlankLine(block: EventBlock): EventBlock {
  const raw = asBuffer(block.raw);
  if (raw.length === 0 || raw.toString('latin1').endsWith('\n\n')) return block;
  return { ...block, raw: Buffer.concat([raw, Buffer.from(raw.at(-1) === 0x0a ? '\n' : '\n\n')]) };
}
