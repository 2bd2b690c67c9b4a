/**
 * A stream between provider and caller. Until content arrives everything is held, so that a failure can still move on
 * to another key unseen. Then bytes flow; the terminal event waits for the settlement.
 */
import type { StreamRelay } from '../wire/dialect.ts';
import { TransportFault, type WireResponse } from '../wire/wire.ts';
import type { CallerSink } from './exchange.ts';

/** More than this without content is taken as content: some providers open with long preambles. */
const HELD_BYTES_MAX = 256 * 1024;

export type StreamRun = {
  /** Resolves when content was seen, an error event came, or the stream ended. */
  readonly decided: Promise<void>;
  /** Resolves when the upstream has ended; the fault, if it did not end well. */
  readonly ended: Promise<TransportFault | null>;
  readonly relay: StreamRelay;
  /** True once so much was held that it is taken as content. */
  readonly isFull: () => boolean;
  /** What was held goes to the caller now, and everything after it as it comes. */
  attach(sink: CallerSink): void;
};

export function runStream(response: WireResponse, relay: StreamRelay): StreamRun {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let sink: CallerSink | null = null;
  let undecided = true;
  let resolveDecided: () => void = () => undefined;
  const decided = new Promise<void>((resolve) => {
    resolveDecided = resolve;
  });

  const isFull = (): boolean => heldBytes >= HELD_BYTES_MAX;

  function decide(): void {
    undecided = false;
    resolveDecided();
  }

  function deliver(bytes: Uint8Array | null): boolean {
    if (bytes === null || bytes.length === 0) return true;
    if (sink !== null) return sink.write(bytes);
    held.push(bytes);
    heldBytes += bytes.length;
    return !isFull();
  }

  const ended = response
    .pipe({
      write(bytes) {
        const roomLeft = deliver(relay.push(bytes));
        if (undecided) {
          const { contentSeen, terminalSeen, failure } = relay.state;
          if (contentSeen || terminalSeen || failure !== null || !roomLeft) decide();
          // Undecided and full cannot be: it is decided by being full.
        }
        return roomLeft;
      },
    })
    .then(() => {
      deliver(relay.end());
      return null;
    })
    .catch((error: unknown) => {
      if (error instanceof TransportFault) return error;
      // What a relay throws is about the provider's bytes: lines beyond the limit, no text at all.
      response.cancel();
      return new TransportFault('answer_malformed', false, { cause: error });
    })
    .finally(decide);

  return {
    decided,
    ended,
    relay,
    isFull,
    attach(target) {
      sink = target;
      target.onDrain(() => response.resume());
      const backlog = held;
      held = [];
      let roomLeft = true;
      for (const bytes of backlog) roomLeft = target.write(bytes);
      if (roomLeft) response.resume();
    },
  };
}
