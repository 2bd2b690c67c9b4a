/** A relay of a dialect behind a provider that frames the dialect's stream in its own way. */
import type { StreamRelay } from './dialect.ts';
import type { FrameReader } from './provider-manifest.ts';

export function unframed(relay: StreamRelay, reader: FrameReader): StreamRelay {
  return {
    push(bytes) {
      const stream = reader.push(bytes);
      return stream.length === 0 ? null : relay.push(stream);
    },
    end: () => relay.end(),
    finish: () => relay.finish(),
    ...(relay.encodeError === undefined ? {} : { encodeError: relay.encodeError.bind(relay) }),
    get state() {
      return relay.state;
    },
  };
}
