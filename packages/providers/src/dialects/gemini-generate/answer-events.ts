/**
 * The objects of an answer stream from bytes cut anywhere: server-sent events (`alt=sse`), or one JSON array that grows
 * (what the API sends otherwise, and some proxies whatever was asked). An error in the middle of a stream may come as
 * bare JSON between the events (recorded). The `raw` of all events in a row are the bytes pushed; an array's objects are
 * framed anew as events.
 */
import { Buffer } from 'node:buffer';
import { DialectError } from '@arouter/core';
import { createEventStreamParser, EVENT_BYTES_MAX, type EventBlock } from '../shared/event-stream.ts';
import { parseBody } from '../shared/json-body.ts';
import { asBuffer } from '../shared/scan-json.ts';
import { ArraySplitter } from './array-splitter.ts';

export type AnswerEvent = {
  /** The JSON text; null for comments and blank lines. */
  readonly data: Uint8Array | null;
  readonly raw: Uint8Array;
};

export interface AnswerReader {
  /** Throws DialectError beyond the bounds. */
  push(bytes: Uint8Array): readonly AnswerEvent[];
  end(): readonly AnswerEvent[];
}

export function createAnswerReader(): AnswerReader {
  return new Reader();
}

/** The value of an event; undefined when it is not JSON. */
export function eventValue(event: AnswerEvent): unknown {
  return event.data === null ? undefined : parseBody(event.data);
}

const OPEN_BRACKET = 0x5b;
const SPACES: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);

class Reader implements AnswerReader {
  readonly #events = createEventStreamParser({
    lineBytesMax: EVENT_BYTES_MAX,
    eventBytesMax: EVENT_BYTES_MAX,
  });
  /** Undefined until the first byte that is not white space has told which form it is. */
  #array: ArraySplitter | null | undefined;

  push(bytes: Uint8Array): readonly AnswerEvent[] {
    if (this.#array === undefined) {
      const first = bytes.find((byte) => !SPACES.has(byte));
      if (first !== undefined)
        this.#array = first === OPEN_BRACKET ? new ArraySplitter(EVENT_BYTES_MAX) : null;
    }
    if (this.#array) return this.#array.push(bytes).map(framed);
    return this.#events.push(bytes).map(eventFrom);
  }

  end(): readonly AnswerEvent[] {
    if (!this.#array) return this.#events.end().map(eventFrom);
    if (!this.#array.isClosed) throw new DialectError('the array of answers ended within');
    return [];
  }
}

/** A block without data may be the JSON itself. */
function eventFrom({ data, raw }: EventBlock): AnswerEvent {
  if (data !== null) return { data, raw };
  const text = asBuffer(raw).toString('utf8').trim();
  return { data: /^[[{]/.test(text) ? Buffer.from(text, 'utf8') : null, raw };
}

/** Line ends inside an object stand between its tokens: strings have theirs escaped. */
function framed(object: Buffer): AnswerEvent {
  const line = object.toString('utf8').replace(/[\r\n]+\s*/g, ' ');
  return { data: object, raw: Buffer.from(`data: ${line}\r\n\r\n`, 'utf8') };
}
