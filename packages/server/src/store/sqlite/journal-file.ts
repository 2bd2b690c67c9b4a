/**
 * The journal's end, where bytes are appended: one open segment, and those before it until the tables have them. Bytes
 * of a write that failed are cut off again; where even that fails, the segment is left and the next one begins where
 * its good bytes end, which readers understand.
 */
import { closeSync, fdatasync, fsyncSync, ftruncateSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { SEGMENT_HEADER, type EncodedGroup } from './journal-format.ts';
import { segmentAt } from './journal-segments.ts';
import type { Segment } from './journal-segments.ts';

/** A segment is deleted as a whole once the tables have all of it. */
const SEGMENT_BYTES_MAX = 16 * 1024 * 1024;

type OpenSegment = Segment & { readonly descriptor: number };

export class JournalFile {
  readonly #databaseFile: string;
  readonly #isFlushed: boolean;
  #segment: OpenSegment | null = null;
  #full: (Segment & { readonly end: number })[] = [];
  #position: number;
  #isFlushing = false;

  /** @param options.isFlushed True when files must survive a power cut too. */
  constructor(options: {
    readonly databaseFile: string;
    readonly position: number;
    readonly isFlushed: boolean;
  }) {
    this.#databaseFile = options.databaseFile;
    this.#position = options.position;
    this.#isFlushed = options.isFlushed;
  }

  /** Where the next bytes go. */
  get position(): number {
    return this.#position;
  }

  /** Throws what the file system says; then nothing was appended. */
  append(group: EncodedGroup): void {
    const segment = this.#writable();
    const offset = SEGMENT_HEADER.length + this.#position - segment.base;
    try {
      writeAll(segment.descriptor, group, offset);
    } catch (error) {
      this.#cutOff(segment, offset);
      throw error;
    }
    this.#position += group.length;
  }

  /** Flushes what was appended to the disk, off this thread. Not while a flush is under way. */
  flush(done: (error: Error | null) => void): void {
    if (this.#segment === null) return done(null);
    this.#isFlushing = true;
    fdatasync(this.#segment.descriptor, (error) => {
      this.#isFlushing = false;
      done(error);
    });
  }

  /** The tables have everything before the position: what only served until then is deleted. */
  release(position: number): void {
    if (this.#full.length === 0) return;
    this.#full = this.#full.filter(({ path, end }) => end > position || !isRemoved(path));
  }

  /** @param isProjected The tables have everything: nothing needs to be left. */
  close(isProjected: boolean): void {
    if (this.#segment === null) return;
    closeSync(this.#segment.descriptor);
    if (isProjected) unlinkSync(this.#segment.path);
    this.#segment = null;
  }

  #writable(): OpenSegment {
    const segment = this.#segment;
    if (segment !== null) {
      // A segment that is being flushed stays open; it is the next write that begins another one.
      if (this.#position - segment.base < SEGMENT_BYTES_MAX || this.#isFlushing) return segment;
      this.#leave(segment);
    }
    const { base, path } = segmentAt(this.#databaseFile, this.#position);
    // What may stand there under this name holds nothing that was acknowledged.
    const descriptor = openSync(path, 'w', 0o600);
    try {
      writeAll(descriptor, { buffer: SEGMENT_HEADER, length: SEGMENT_HEADER.length }, 0);
      if (this.#isFlushed) flushFolder(dirname(path));
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    this.#segment = { base, path, descriptor };
    return this.#segment;
  }

  #leave(segment: OpenSegment): void {
    this.#segment = null;
    closeSync(segment.descriptor);
    this.#full.push({ base: segment.base, path: segment.path, end: this.#position });
  }

  #cutOff(segment: OpenSegment, length: number): void {
    try {
      ftruncateSync(segment.descriptor, length);
    } catch {
      // The bytes stay, and no byte after them counts.
      this.#leave(segment);
    }
  }
}

/** False: it is tried again with the next one, or at the next start. */
function isRemoved(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch {
    return false;
  }
}

function writeAll(descriptor: number, { buffer, length }: EncodedGroup, offset: number): void {
  let written = writeSync(descriptor, buffer, 0, length, offset);
  // A disk that runs full takes a part first.
  while (written < length) {
    written += writeSync(descriptor, buffer, written, length - written, offset + written);
  }
}

/** The name of a new file must survive as well. */
function flushFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
