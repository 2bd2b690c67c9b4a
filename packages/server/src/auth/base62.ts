/** Base62 text: random, and checksums. 43 random characters hold 256 bits. */
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** The largest multiple of 62 that a byte can hold; bytes from here on are thrown away, or some characters would come up more often. */
const UNBIASED_BELOW = 248;
export const CHECKSUM_CHARACTERS = 6;

/** From the system's secure source. */
export function randomBase62(characters: number): string {
  let text = '';
  while (text.length < characters) {
    for (const byte of randomBytes(characters - text.length + 8)) {
      if (byte < UNBIASED_BELOW && text.length < characters) text += ALPHABET[byte % 62];
    }
  }
  return text;
}

/** CRC-32 as six characters: finds typing errors and lets scanners tell a token from chance. Not a protection. */
export function checksumOf(text: string): string {
  let rest = crc32(text);
  let checksum = '';
  for (let place = 0; place < CHECKSUM_CHARACTERS; place += 1) {
    checksum = ALPHABET[rest % 62] + checksum;
    rest = Math.floor(rest / 62);
  }
  return checksum;
}

/** So many characters of a number that the bytes spell; for names that follow from something, not for secrets. */
export function base62OfBytes(bytes: Uint8Array, characters: number): string {
  let rest = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  for (let place = 0; place < characters; place += 1) {
    text = ALPHABET[Number(rest % 62n)] + text;
    rest /= 62n;
  }
  return text;
}
