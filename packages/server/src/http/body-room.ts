/**
 * How much of long bodies and whole answers is held at once, whoever sends them: they stay until their requests are over,
 * and many long ones together would take the process with them. Short ones are bounded by the number of connections.
 */
import { GatewayError } from '@arouter/core';

/** What one request holds. */
export type BodyPlace = {
  /** Throws 503 where there is no room for so much more. */
  grow(bytes: number): void;
  /** Gives everything back; once is enough. */
  leave(): void;
};
export type BodyRoom = {
  /** In bytes, of all requests. */
  readonly held: number;
  place(): BodyPlace;
};

const RETRY_AFTER_MS = 1000;

export function createBodyRoom(bytesMax: number): BodyRoom {
  let held = 0;
  return {
    get held() {
      return held;
    },
    place() {
      let own = 0;
      return {
        grow(bytes) {
          if (held + bytes > bytesMax) throw full();
          held += bytes;
          own += bytes;
        },
        leave() {
          held -= own;
          own = 0;
        },
      };
    },
  };
}

function full(): GatewayError {
  return new GatewayError(
    'service_unavailable',
    'The gateway holds as much of other long requests and answers as it may. Try again in a moment; ' +
      'the operator can raise AROUTER_BODIES_HELD_BYTES_MAX.',
    { retryAfterMs: RETRY_AFTER_MS },
  );
}
