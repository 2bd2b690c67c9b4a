/**
 * Takes a copy of what passes between a caller and the gateway, for the store of bodies. It is beside the request, never in its way:
 * where the room for what waits to be written is full, this one exchange is not kept, and that is counted.
 */
import type { CallerSink, GenerationHeader, Outbound } from '@arouter/core';
import type { BodyRules } from '../config/body-rules.ts';
import type { KeptBody, KeptGeneration } from './kept-exchange.ts';

export type BodyRecorder = {
  /** Null: the workspace has not turned it on. */
  begin(generation: GenerationHeader, request: StatedBody): BodyRecording | null;
};
export type StatedBody = { readonly mediaType: string; readonly body: Uint8Array };

/** Of one generation: `answer` alone, or `over` and then `end`. */
export type BodyRecording = {
  /** A whole answer, as it goes to the caller. */
  answer(outbound: Outbound & { readonly kind: 'answer' }): void;
  /** What is written to it goes to `sink`, and is noted. */
  over(outbound: Outbound & { readonly kind: 'stream' }, sink: CallerSink): CallerSink;
  /** The stream is over, however it ended. */
  end(): void;
};

/** What a recording hands over; `roomTaken` is given back once it is written. */
export type FinishedRecording = {
  readonly generation: KeptGeneration;
  readonly request: KeptBody;
  readonly answer: KeptBody;
  readonly roomTaken: number;
};

/** Bytes in memory of all that is recorded and not yet written. */
export type BodyQueueRoom = { take(bytes: number): boolean; give(bytes: number): void };

export function createQueueRoom(bytesMax: number): BodyQueueRoom {
  let left = bytesMax;
  return {
    take(bytes) {
      if (bytes > left) return false;
      left -= bytes;
      return true;
    },
    give(bytes) {
      left += bytes;
    },
  };
}

type RecorderDeps = {
  readonly rules: Pick<BodyRules, 'bodyBytesMax'>;
  readonly room: BodyQueueRoom;
  readonly isWanted: (generation: KeptGeneration) => boolean;
  readonly finished: (recording: FinishedRecording) => void;
  readonly dropped: () => void;
};

/** What an exchange takes besides its bytes. */
const OVERHEAD_BYTES = 1024;

export function createBodyRecorder({ rules, room, isWanted, finished, dropped }: RecorderDeps): BodyRecorder {
  return {
    begin(generation, { mediaType, body }) {
      if (!isWanted(generation)) return null;
      let roomTaken = 0;
      let isDropped = false;
      const take = (bytes: number): boolean => {
        if (isDropped || !room.take(bytes)) isDropped = true;
        else roomTaken += bytes;
        return !isDropped;
      };
      const finish = (answer: KeptBody): void => {
        const request = beginningOf(mediaType, body, rules.bodyBytesMax);
        if (take(OVERHEAD_BYTES + sizeOf(request))) {
          finished({ generation, request, answer, roomTaken });
          return;
        }
        room.give(roomTaken);
        dropped();
      };
      const stream = createStreamNotes(rules.bodyBytesMax, take);
      return {
        answer(outbound) {
          const answer = beginningOf(mediaTypeOf(outbound), outbound.body, rules.bodyBytesMax);
          take(sizeOf(answer));
          finish(answer);
        },
        over: (outbound, sink) => stream.over(mediaTypeOf(outbound), sink),
        end: () => finish(stream.noted()),
      };
    },
  };
}

function createStreamNotes(bytesMax: number, take: (bytes: number) => boolean) {
  let pieces: Buffer[] = [];
  let mediaType = '';
  let bytes = 0;
  let left = 0;

  function note(piece: Uint8Array): void {
    bytes += piece.length;
    const kept = piece.subarray(0, left);
    if (kept.length === 0) return;
    if (take(kept.length)) {
      pieces.push(Buffer.from(kept));
      left -= kept.length;
    } else {
      pieces = [];
      left = 0;
    }
  }

  return {
    over(stated: string, sink: CallerSink): CallerSink {
      mediaType = stated;
      left = isText(stated) ? bytesMax : 0;
      return {
        write(piece) {
          note(piece);
          return sink.write(piece);
        },
        onDrain: (listener) => sink.onDrain(listener),
      };
    },
    noted(): KeptBody {
      const kept = isText(mediaType) ? Buffer.concat(pieces) : null;
      return { mediaType, bytes, kept: kept === null || kept.length === bytes ? kept : wholeText(kept) };
    },
  };
}

/**
 * A body that fits is kept as it is, without a copy; of a larger one only the beginning, so that the rest can go. So too where it is a
 * small part of the memory behind it, which would stay with it.
 */
function beginningOf(mediaType: string, body: Uint8Array, bytesMax: number): KeptBody {
  const bytes = body.length;
  if (!isText(mediaType)) return { mediaType, bytes, kept: null };
  if (bytes > bytesMax) return { mediaType, bytes, kept: wholeText(body.slice(0, bytesMax)) };
  return { mediaType, bytes, kept: body.buffer.byteLength > 2 * bytes ? body.slice() : body };
}

/** UTF-8 that was cut anywhere, without the character that the cut went through. */
function wholeText(cut: Uint8Array): Uint8Array {
  for (let back = 1; back <= 4 && back <= cut.length; back += 1) {
    const byte = cut[cut.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte < 0x80 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? cut.subarray(0, cut.length - back) : cut;
  }
  return cut;
}

function sizeOf({ kept }: KeptBody): number {
  return kept?.length ?? 0;
}

function mediaTypeOf({ headers }: Outbound): string {
  return headers.find(([name]) => name === 'content-type')?.[1] ?? '';
}

/** Pictures, sound, uploaded files and binary event streams are not kept. */
function isText(mediaType: string): boolean {
  return TEXT.test(mediaType);
}
const TEXT = /^(?:text\/|application\/(?:json|jsonl|x-ndjson|x-subrip|[\w.-]+\+json)\b)/i;
