/**
 * Puts the pieces of a body together in one block, and gives the memory of each piece back at once: the collector sees a small
 * object per piece and lets a gigabyte of them stand before it looks.
 */
export type BodyBuilder = {
  /** Takes the piece over: its memory must not be used by anyone afterwards. */
  append(piece: Buffer): void;
  /** All that has come. */
  whole(): Buffer;
  /** Gives everything back. */
  drop(): void;
};

/** @param bytesMax What is never exceeded; the block is never made larger. */
export function createBodyBuilder(bytesMax: number): BodyBuilder {
  let block: Buffer = EMPTY;
  let length = 0;
  return {
    append(piece) {
      const end = length + piece.length;
      // Most bodies are one piece, which is left where it is.
      if (length === 0) {
        block = piece;
      } else {
        if (end > block.length) block = enlarged(block, length, Math.max(end, Math.min(2 * end, bytesMax)));
        block.set(piece, length);
        releaseBytes(piece);
      }
      length = end;
    },
    whole: () => block.subarray(0, length),
    drop() {
      releaseBytes(block);
      block = EMPTY;
      length = 0;
    },
  };
}

const EMPTY = Buffer.alloc(0);

function enlarged(block: Buffer, length: number, bytes: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(bytes);
  block.copy(larger, 0, 0, length);
  releaseBytes(block);
  return larger;
}

/** Gives the memory of bytes back that nobody will look at again. What shares its memory with others is left to the collector. */
export function releaseBytes({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength && byteLength > 0) buffer.transfer(0);
}
