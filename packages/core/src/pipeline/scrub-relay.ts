/**
 * A stream that passes through unchanged may end with the provider's own error event, and some providers repeat the key in
 * it. Whole events are looked through for secrets once a failure is seen. Of an event that is still coming nobody knows yet
 * what it is: it is looked through too, line by line, and a line that is still coming waits for its end.
 */
import type { Credential } from '../keys/provider-key.ts';
import type { StreamRelay } from '../wire/dialect.ts';
import { joinBytes } from '../wire/join-bytes.ts';
import { scrubBytes } from './attempt-failure.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** `lines` false: the stream is binary; it has no lines to wait for, and every piece is looked through as it comes. */
export function scrubRelay(
  relay: StreamRelay,
  credential: Credential,
  { lines }: { readonly lines: boolean },
): StreamRelay {
  /** The beginning of a line whose end has not come. */
  let held: Uint8Array | null = null;

  function clean(fresh: Uint8Array | null): Uint8Array | null {
    if (fresh === null) return null;
    if (held === null && relay.state.failure === null && lines && endsEvent(fresh)) return fresh;
    const all = held === null ? fresh : joinBytes([held, fresh]);
    const end = lines ? all.lastIndexOf(LINE_FEED) + 1 : all.length;
    held = end === all.length ? null : all.subarray(end);
    return end === 0 ? null : scrubBytes(all.subarray(0, end), credential);
  }

  function cleanRest(fresh: Uint8Array | null): Uint8Array | null {
    const rest = [held, fresh].filter((piece) => piece !== null);
    held = null;
    return rest.length === 0 ? null : scrubBytes(joinBytes(rest), credential);
  }

  const { encodeError } = relay;
  return {
    push: (bytes) => clean(relay.push(bytes)),
    end: () => cleanRest(relay.end()),
    finish: () => relay.finish(),
    ...(encodeError === undefined ? {} : { encodeError: (error) => encodeError.call(relay, error) }),
    get state() {
      return relay.state;
    },
  };
}

/** With an empty line, in either spelling of line ends. */
function endsEvent(bytes: Uint8Array): boolean {
  const before = bytes.at(-2);
  return (
    bytes.at(-1) === LINE_FEED &&
    (before === LINE_FEED || (before === CARRIAGE_RETURN && bytes.at(-3) === LINE_FEED))
  );
}
