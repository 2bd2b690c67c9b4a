/** A stream of bytes that nobody reads on the way: sound, files, answers that are passed on as they are. */
import type { StreamRelay, StreamState } from '@arouter/core';

/** `emptyIsWhole`: an answer without a body is an answer too. The end of the bytes is the end of the answer. */
export function createBinaryRelay({ emptyIsWhole }: { readonly emptyIsWhole: boolean }): StreamRelay {
  return new BinaryRelay(emptyIsWhole);
}

class BinaryRelay implements StreamRelay {
  readonly #emptyIsWhole: boolean;
  #bytes = 0;
  #ended = false;

  constructor(emptyIsWhole: boolean) {
    this.#emptyIsWhole = emptyIsWhole;
  }

  get state(): StreamState {
    return {
      contentSeen: this.#bytes > 0 || (this.#ended && this.#emptyIsWhole),
      terminalSeen: false,
      failure: null,
      answer: { usage: null, upstreamId: null, finishReason: this.#ended ? 'stop' : null },
      contentBytes: this.#bytes,
    };
  }

  push(bytes: Uint8Array): Uint8Array {
    this.#bytes += bytes.length;
    return bytes;
  }

  end(): null {
    this.#ended = true;
    return null;
  }

  finish(): Uint8Array {
    return new Uint8Array();
  }
}
