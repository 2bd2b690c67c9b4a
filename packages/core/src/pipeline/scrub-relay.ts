/**
 * A stream that passes through unchanged may end with the provider's own error event, and some providers repeat the key
 * in it. From the moment a failure is seen, what goes to the caller is looked through for secrets.
 */
import type { Credential } from '../keys/provider-key.ts';
import type { StreamRelay } from '../wire/dialect.ts';
import { scrubBytes } from './attempt-failure.ts';

export function scrubRelay(relay: StreamRelay, credential: Credential): StreamRelay {
  const clean = (bytes: Uint8Array | null): Uint8Array | null =>
    bytes === null || relay.state.failure === null ? bytes : scrubBytes(bytes, credential);
  const { encodeError } = relay;
  return {
    push: (bytes) => clean(relay.push(bytes)),
    end: () => clean(relay.end()),
    finish: () => relay.finish(),
    ...(encodeError === undefined ? {} : { encodeError: (error) => encodeError.call(relay, error) }),
    get state() {
      return relay.state;
    },
  };
}
