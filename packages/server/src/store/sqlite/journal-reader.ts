/**
 * Reads the journal from a position on, over as many segments as there are. What a crash tore off was never
 * acknowledged and is passed over; so are bytes that a power cut took, which the batch says.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { checkSegmentHeader, readGroup, SEGMENT_HEADER } from './journal-format.ts';
import { listSegments } from './journal-segments.ts';
import type { Segment } from './journal-segments.ts';

/** Read at once; a longer group is read by itself. */
const READ_BYTES = 1024 * 1024;

export type JournalBatch = {
  /** Texts of operations, good until the next batch is read: each is made values of just before they are needed. */
  readonly groups: readonly Buffer[];
  /** Where the next batch begins. */
  readonly position: number;
  /** One sentence for the log, when something that should be there could not be read. */
  readonly loss: string | null;
};

type OpenSegment = Segment & { readonly descriptor: number; readonly isTorn: boolean };

export class JournalReader {
  readonly #file: string;
  readonly #bytes = Buffer.allocUnsafe(READ_BYTES);
  #segment: OpenSegment | null = null;
  #damagedAt: number | null = null;

  constructor(databaseFile: string) {
    this.#file = databaseFile;
  }

  /** Null at the end. Throws when a segment has another format. */
  next(position: number): JournalBatch | null {
    const here = this.#readAt(position);
    if (here.groups.length > 0 || here.loss !== null) return here;
    const after = this.#enterAfter(position);
    if (after === null) return null;
    if (after.base === position) return this.next(position);
    const loss = `${after.base - position} bytes of the ledger's journal before position ${after.base} are missing`;
    return { groups: [], position: after.base, loss };
  }

  close(): void {
    if (this.#segment !== null) closeSync(this.#segment.descriptor);
    this.#segment = null;
  }

  #readAt(position: number): JournalBatch {
    const groups: Buffer[] = [];
    const none: JournalBatch = { groups, position, loss: null };
    const segment = this.#segment;
    if (segment === null || segment.isTorn || position < segment.base) return none;
    let bytes = readInto(this.#bytes, segment, position);
    let at = 0;
    for (;;) {
      const read = readGroup(bytes, at);
      if (read.kind === 'group') {
        groups.push(read.text);
        at = read.next;
      } else if (
        read.kind === 'cut' &&
        at === 0 &&
        read.groupBytes > READ_BYTES &&
        bytes.length === READ_BYTES
      ) {
        bytes = readInto(Buffer.allocUnsafe(read.groupBytes), segment, position);
      } else {
        const loss = read.kind === 'damaged' ? this.#damageAt(position + at) : null;
        return { groups, position: position + at, loss };
      }
    }
  }

  /** Said once. */
  #damageAt(position: number): string | null {
    if (this.#damagedAt === position) return null;
    this.#damagedAt = position;
    return `the ledger's journal is damaged at position ${position}`;
  }

  /** Opens the first segment that continues at the position or, when that one is read to its end, after it. */
  #enterAfter(position: number): OpenSegment | null {
    const segments = listSegments(this.#file);
    const containing = segments.findLast(({ base }) => base <= position);
    const isNew = containing !== undefined && containing.base !== this.#segment?.base;
    const next = isNew ? containing : segments.find(({ base }) => base > position);
    if (next === undefined) return null;
    this.close();
    this.#segment = openSegment(next);
    return isNew ? { ...this.#segment, base: position } : this.#segment;
  }
}

function openSegment(segment: Segment): OpenSegment {
  const descriptor = openSync(segment.path, 'r');
  try {
    const header = Buffer.alloc(SEGMENT_HEADER.length);
    const bytes = readSync(descriptor, header, 0, header.length, 0);
    const isTorn = checkSegmentHeader(header.subarray(0, bytes), segment.path) === 'torn';
    return { ...segment, descriptor, isTorn };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function readInto(target: Buffer, { base, descriptor }: OpenSegment, position: number): Buffer {
  const offset = SEGMENT_HEADER.length + position - base;
  return target.subarray(0, readSync(descriptor, target, 0, target.length, offset));
}
