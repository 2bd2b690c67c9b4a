/** Reads the heads of one connection's requests, each of which is mostly the one before it over again. */
import { knownHead, type KnownHead } from './known-head.ts';
import { HEAD_END, readPlainHead, type PlainHead } from './plain-head.ts';

const END = Buffer.from(HEAD_END);
/** So often in a row a head is noted that does not come again; then the connection's heads are taken to be all different. */
const NOTED_IN_VAIN_MAX = 8;

export class HeadReader {
  readonly #bytesMax: number;
  #known: KnownHead | null = null;
  #notedInVain = 0;
  #isFirst = true;

  /** @param bytesMax Of a head, without its empty line. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** @param bytes From the head's beginning. Null: it is not plain, too long, or not all there. */
  read(bytes: Buffer): PlainHead | null {
    const recognised = this.#known === null ? null : this.#known.recognise(bytes);
    if (recognised === null) return this.#readAnew(bytes);
    this.#notedInVain = 0;
    return recognised.bytes - END.length > this.#bytesMax ? null : recognised;
  }

  #readAnew(bytes: Buffer): PlainHead | null {
    const end = bytes.indexOf(END);
    if (end === -1 || end > this.#bytesMax) return null;
    const head = readPlainHead(bytes.toString('latin1', 0, end));
    // Many connections carry one request only.
    if (head !== null && !this.#isFirst && this.#notedInVain < NOTED_IN_VAIN_MAX) {
      this.#notedInVain += 1;
      this.#known = knownHead(bytes, head);
    }
    this.#isFirst = false;
    return head;
  }
}
