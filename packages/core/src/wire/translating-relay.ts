/** An answer stream between two dialects: the upstream's decoder and the caller's encoder as one StreamRelay. */
import { joinBytes } from './join-bytes.ts';
import type { FailureSignals } from '../errors/failure-class.ts';
import type { CanonicalChunk, StreamDecoder, StreamEncoder, StreamRelay, StreamState } from './dialect.ts';

/**
 * `encodeFailure` gives an error event of the upstream the caller's shape; it is written once, after content, and
 * nothing follows it. Without it the failure is only in the state. `model` is what a chunk is called whose format does
 * not name it. `push` throws DialectError when the decoder does.
 */
export function createTranslatingRelay(
  decoder: StreamDecoder,
  encoder: StreamEncoder,
  encodeFailure?: (failure: FailureSignals) => Uint8Array,
  model = '',
): StreamRelay {
  return new TranslatingRelay(decoder, encoder, encodeFailure, model);
}

class TranslatingRelay implements StreamRelay {
  readonly #decoder: StreamDecoder;
  readonly #encoder: StreamEncoder;
  readonly #encodeFailure: ((failure: FailureSignals) => Uint8Array) | undefined;
  readonly #model: string;
  #failed = false;

  constructor(
    decoder: StreamDecoder,
    encoder: StreamEncoder,
    encodeFailure: ((failure: FailureSignals) => Uint8Array) | undefined,
    model: string,
  ) {
    this.#decoder = decoder;
    this.#encoder = encoder;
    this.#encodeFailure = encodeFailure;
    this.#model = model;
  }

  get state(): StreamState {
    return this.#decoder.state;
  }

  push(bytes: Uint8Array): Uint8Array | null {
    return this.#encode(this.#decoder.push(bytes));
  }

  end(): Uint8Array | null {
    return this.#encode(this.#decoder.end());
  }

  finish(): Uint8Array {
    return this.#failed ? new Uint8Array() : this.#encoder.finish();
  }

  get encodeError(): StreamRelay['encodeError'] {
    return this.#encoder.encodeError?.bind(this.#encoder);
  }

  #named(chunk: CanonicalChunk): CanonicalChunk {
    return chunk['model'] === '' ? { ...chunk, model: this.#model } : chunk;
  }

  #encode(chunks: readonly CanonicalChunk[]): Uint8Array | null {
    if (this.#failed) return null;
    const pieces = chunks
      .map((chunk) => this.#encoder.push(this.#named(chunk)))
      .filter((piece) => piece !== null);
    const { failure, contentSeen } = this.#decoder.state;
    if (failure !== null && contentSeen) {
      this.#failed = true;
      if (this.#encodeFailure !== undefined) pieces.push(this.#encodeFailure(failure));
    }
    return pieces.length === 0 ? null : joinBytes(pieces);
  }
}
