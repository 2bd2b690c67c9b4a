/**
 * For callers who ask for a stream without `alt=sse`: the same objects as one JSON array that grows. The dialect is the
 * same but for this framing, so bytes still pass through within the objects.
 */
import { Buffer } from 'node:buffer';
import type { CallerError, Dialect, StreamEncoder, StreamRelay } from '@arouter/core';
import { asBuffer } from '../shared/scan-json.ts';
import { type AnswerReader, createAnswerReader } from './answer-events.ts';
import { encodeError } from './errors.ts';

/** The streaming half of the dialect, framed as an array. */
export function framedAsArray(
  dialect: Pick<Dialect, 'createPassThroughRelay' | 'createStreamEncoder'>,
): Pick<Dialect, 'createPassThroughRelay' | 'createStreamEncoder' | 'encodeStreamError'> {
  return {
    createPassThroughRelay: (options) => relayAsArray(dialect.createPassThroughRelay(options)),
    createStreamEncoder: (options) => encoderAsArray(dialect.createStreamEncoder(options)),
    // Written only after content, so the array has begun.
    encodeStreamError: (error: CallerError) => Buffer.concat([SEPARATOR, encodeError(error), CLOSE]),
  };
}

const OPEN = Buffer.from('[');
const SEPARATOR = Buffer.from('\n,\r\n');
const CLOSE = Buffer.from('\n]\n');

/** Events in, array elements out; stateful, one per stream. */
function createFramer(): {
  readonly frame: (bytes: Uint8Array | null) => Uint8Array | null;
  readonly close: () => Uint8Array;
} {
  const reader: AnswerReader = createAnswerReader();
  let begun = false;
  const elements = (events: ReturnType<AnswerReader['push']>): Uint8Array[] =>
    events.flatMap(({ data }) => {
      if (data === null) return [];
      const lead = begun ? SEPARATOR : OPEN;
      begun = true;
      return [lead, asBuffer(data)];
    });
  return {
    frame: (bytes) => {
      const pieces = bytes === null ? [] : elements(reader.push(bytes));
      return pieces.length === 0 ? null : Buffer.concat(pieces);
    },
    close: () => {
      const pieces = elements(reader.end());
      return Buffer.concat([...pieces, ...(begun ? [CLOSE] : [OPEN, CLOSE])]);
    },
  };
}

function relayAsArray(relay: StreamRelay): StreamRelay {
  const framer = createFramer();
  return {
    push: (bytes) => framer.frame(relay.push(bytes)),
    end: () => framer.frame(relay.end()),
    finish: () => Buffer.concat([framer.frame(relay.finish()) ?? Buffer.alloc(0), framer.close()]),
    get state() {
      return relay.state;
    },
  };
}

function encoderAsArray(encoder: StreamEncoder): StreamEncoder {
  const framer = createFramer();
  return {
    push: (chunk) => framer.frame(encoder.push(chunk)),
    finish: () => Buffer.concat([framer.frame(encoder.finish()) ?? Buffer.alloc(0), framer.close()]),
  };
}
