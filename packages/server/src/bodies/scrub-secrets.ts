/** A provider's secret that stands in a body is kept as stars, as in answers. */
import { setImmediate as otherWork } from 'node:timers/promises';

/** Searching is native and fast, but nothing else runs meanwhile; after this many the event loop has its turn. */
const SEARCHES_AT_ONCE = 32;
/** Of a secret that the cut goes through, fewer characters than this at the end say nothing. */
const BEGINNING_LENGTH_MIN = 4;
const STAR = 0x2a;

/**
 * The bytes themselves where no secret stands in them, else a copy.
 * @param isCut They end where the limit was: a secret may have been cut in two.
 */
export async function scrubSecrets(
  bytes: Uint8Array,
  secrets: readonly string[],
  isCut: boolean,
): Promise<Uint8Array> {
  const given = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let clean = given;
  const starred = (from: number, to: number): void => {
    if (clean === given) clean = Buffer.from(given);
    clean.fill(STAR, from, to);
  };
  for (const [index, secret] of secrets.entries()) {
    for (let at = clean.indexOf(secret); at !== -1; at = clean.indexOf(secret, at + 1))
      starred(at, at + Buffer.byteLength(secret));
    const left = isCut ? beginningAtEnd(clean, Buffer.from(secret)) : 0;
    if (left >= BEGINNING_LENGTH_MIN) starred(clean.length - left, clean.length);
    if (index % SEARCHES_AT_ONCE === SEARCHES_AT_ONCE - 1) await otherWork();
  }
  return clean;
}

/** How many of the last bytes are the first of the secret. */
function beginningAtEnd(bytes: Buffer, secret: Buffer): number {
  for (let length = Math.min(bytes.length, secret.length - 1); length >= BEGINNING_LENGTH_MIN; length -= 1) {
    if (bytes.subarray(bytes.length - length).equals(secret.subarray(0, length))) return length;
  }
  return 0;
}

/** Secrets as they stand in plain text, and as they stand in JSON; longest first, so that no part is left of one within another. */
export function spellingsOf(secrets: Iterable<string>): readonly string[] {
  const spellings = new Set<string>();
  for (const secret of secrets) {
    spellings.add(secret);
    spellings.add(JSON.stringify(secret).slice(1, -1));
  }
  return [...spellings].toSorted((a, b) => b.length - a.length);
}
