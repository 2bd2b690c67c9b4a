/**
 * What the sandbox was told to do wrong, to whom, and how often. Behaviours stand in a queue: the first that matches a
 * request and is not used up is applied, so `next 2: 429`, `next 1: 500` happens in this order.
 */
import type { ErrorPresetName } from './error-rows.ts';

/** Every given field must match. */
export type BehaviourMatch = {
  /** The credential, whole. */
  readonly key?: string;
  readonly model?: string;
  /** Part of the path. */
  readonly path?: string;
  readonly streamed?: boolean;
};

export type SseDamage =
  | 'crlf'
  | 'cr_only'
  | 'no_space'
  | 'byte_order_mark'
  | 'split_utf8'
  | 'byte_by_byte'
  | 'one_write'
  | 'comments'
  | 'no_colon'
  | 'nul'
  | 'invalid_json'
  | 'huge_line'
  | 'extra_fields';
export type UsageDamage =
  | 'none'
  | 'zero'
  | 'negative'
  | 'strings'
  | 'huge'
  | 'infinite'
  | 'fraction'
  | 'nulls'
  | 'twice';
export type FramingDamage =
  | 'short_content_length'
  | 'long_content_length'
  | 'duplicate_content_length'
  | 'content_length_and_chunked'
  | 'bad_chunk_size'
  | 'header_of_64_kib'
  | 'header_count_200'
  | 'not_http';

export type Fault =
  /** A provider's error. `retryAfter` is the raw header, any form; null sends none; a list repeats it. */
  | {
      readonly kind: 'error';
      readonly preset: ErrorPresetName;
      readonly retryAfter?: string | null | readonly string[];
      /** `Retry-After` as an HTTP date, so many milliseconds from now (negative: past). */
      readonly retryAfterDateMs?: number;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Any answer. A body that is not a string is sent as JSON; `times` over where given, of unstated length, as fast as it is read. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: unknown;
      readonly times?: number;
    }
  | { readonly kind: 'redirect'; readonly status?: number; readonly location: string }
  /** A page where JSON was due. */
  | { readonly kind: 'html'; readonly status?: number }
  | { readonly kind: 'invalid_json' }
  | { readonly kind: 'empty_body' }
  /** Waits: without `ms`, until the client leaves; with it, the answer goes on afterwards. */
  | { readonly kind: 'stall_before_headers'; readonly ms?: number }
  | { readonly kind: 'stall_before_body'; readonly ms?: number }
  | { readonly kind: 'stall_mid_stream'; readonly afterFrames?: number; readonly ms?: number }
  /** A wait before every frame. */
  | { readonly kind: 'pace'; readonly frameDelayMs: number }
  /** A few bytes at a time. */
  | { readonly kind: 'drip'; readonly bytesPerWrite?: number; readonly delayMs: number }
  | { readonly kind: 'reset_before_headers' }
  | { readonly kind: 'reset_after_headers' }
  /** Breaks off: `reset` is TCP RST, `close` is FIN inside the body, `end` ends HTTP cleanly but the answer too early. */
  | {
      readonly kind: 'cut';
      readonly afterFrames?: number;
      readonly afterBytes?: number;
      readonly how?: 'reset' | 'close' | 'end';
    }
  /** An error inside a 200: an event after so many frames of a stream (0: before any content), or the whole JSON body. */
  | { readonly kind: 'error_in_200'; readonly preset: ErrorPresetName; readonly afterFrames?: number }
  /** `raw`: JSON text put where the usage was, checked by nobody. */
  | { readonly kind: 'usage'; readonly damage?: UsageDamage; readonly raw?: string }
  | { readonly kind: 'sse'; readonly damage: SseDamage }
  | { readonly kind: 'framing'; readonly damage: FramingDamage }
  /** `undeclared`: encoded without saying so; `layers`: applied so often. */
  | {
      readonly kind: 'encoding';
      readonly encoding: 'gzip' | 'deflate' | 'br';
      readonly undeclared?: boolean;
      readonly layers?: number;
    }
  /** A few kilobytes that unpack to `bytes` zeros. */
  | { readonly kind: 'gzip_bomb'; readonly bytes: number }
  /** The request's headers, the key among them, come back: in the answer's headers, its body, or an error's message. */
  | { readonly kind: 'echo'; readonly where: 'headers' | 'body' | 'error' }
  | { readonly kind: 'huge_body'; readonly bytes: number; readonly status?: number }
  /** After the end: more events, junk on the socket, or a second whole response. */
  | { readonly kind: 'extra_after_end'; readonly what: 'events' | 'bytes' | 'response' }
  | { readonly kind: 'information'; readonly status: 100 | 102 | 103; readonly times: number };
export type FaultKind = Fault['kind'];

export type Behaviour = {
  readonly match?: BehaviourMatch;
  /** How many matching requests; without it, until cleared. */
  readonly times?: number;
  /** Before anything is sent, besides what the fault itself waits. */
  readonly delayMs?: number;
  /** Without it, only the delay. */
  readonly fault?: Fault;
};
export type ActiveBehaviour = Behaviour & { readonly id: string; readonly used: number };

export const BEHAVIOURS_MAX = 10_000;

export type BehaviourBook = {
  add(behaviour: Behaviour): string;
  /** Without an id, all. False when there was nothing to clear. */
  clear(id?: string): boolean;
  list(): readonly ActiveBehaviour[];
  /** The behaviour for this request, counted as used; undefined on a good day. */
  take(request: BehaviourSubject): ActiveBehaviour | undefined;
};
export type BehaviourSubject = {
  readonly key: string | null;
  readonly model: string | null;
  readonly path: string;
  readonly streamed: boolean;
};

export function createBehaviourBook(): BehaviourBook {
  let queue: ActiveBehaviour[] = [];
  let count = 0;
  return {
    add(behaviour) {
      if (queue.length >= BEHAVIOURS_MAX)
        throw new RangeError(`the sandbox keeps at most ${BEHAVIOURS_MAX} behaviours; clear some`);
      count += 1;
      const id = `behaviour-${count}`;
      queue.push({ ...behaviour, id, used: 0 });
      return id;
    },
    clear(id) {
      const before = queue.length;
      queue = id === undefined ? [] : queue.filter((each) => each.id !== id);
      return queue.length < before;
    },
    list: () => [...queue],
    take(request) {
      if (queue.length === 0) return undefined;
      const index = queue.findIndex((each) => matches(each.match ?? {}, request));
      const found = queue[index];
      if (found === undefined) return undefined;
      const used = { ...found, used: found.used + 1 };
      if (used.times !== undefined && used.used >= used.times) queue.splice(index, 1);
      else queue[index] = used;
      return used;
    },
  };
}

function matches({ key, model, path, streamed }: BehaviourMatch, request: BehaviourSubject): boolean {
  return (
    (key === undefined || key === request.key) &&
    (model === undefined || model === request.model) &&
    (path === undefined || request.path.includes(path)) &&
    (streamed === undefined || streamed === request.streamed)
  );
}
