/**
 * The root key (key encryption key): 32 random bytes outside the database, without which a stolen database is noise.
 * Written as `lrk1_` + base64url of the bytes + a checksum of six characters, so that a cut or mistyped key is told
 * from a wrong one.
 */
import { createHmac, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { CHECKSUM_CHARACTERS, checksumOf } from '../auth/base62.ts';
import { VaultStartRefused } from './vault-error.ts';

export type RootKey = {
  /** 16 hex characters; derived from the key, safe to print. */
  readonly id: string;
  /** Prints as nothing. */
  readonly key: KeyObject;
};

const PREFIX = 'lrk1_';
const KEY_BYTES = 32;
const BODY_CHARACTERS = 43;
/** A random key has 30 or so; one below this has been made by hand. The chance for a random one is below 10⁻¹⁵. */
const DISTINCT_BYTES_MIN = 16;
/** The bytes of the key that our documentation shows. */
const SAMPLE_BYTES = 'sample root key: do not use this';

export function createRootKey(): RootKey {
  return rootKeyOf(randomBytes(KEY_BYTES));
}

/** The text to store: the key in clear. */
export function formatRootKey({ key }: RootKey): string {
  const body = PREFIX + key.export().toString('base64url');
  return body + checksumOf(body);
}

/**
 * @param source What the text was read from, for the message, e.g. `AROUTER_KEK`.
 * @throws VaultStartRefused with one sentence that never quotes the text.
 */
export function parseRootKey(text: string, source: string): RootKey {
  const refuse = (why: string): VaultStartRefused => new VaultStartRefused(`${source} ${why}.`);
  if (!text.startsWith(PREFIX)) {
    throw refuse(
      `holds no root key: it must start with ${PREFIX}; a passphrase does not serve, run \`arouter init\` to make one`,
    );
  }
  const bodyEnd = PREFIX.length + BODY_CHARACTERS;
  if (text.length !== bodyEnd + CHECKSUM_CHARACTERS) {
    throw refuse(
      `has ${text.length} characters where a root key has ${bodyEnd + CHECKSUM_CHARACTERS}; part of it is missing or added`,
    );
  }
  const body = text.slice(0, bodyEnd);
  const bytes = Buffer.from(body.slice(PREFIX.length), 'base64url');
  const isExact = bytes.length === KEY_BYTES && bytes.toString('base64url') === body.slice(PREFIX.length);
  if (!isExact || checksumOf(body) !== text.slice(bodyEnd)) {
    throw refuse('does not match its checksum; a character was mistyped or changed');
  }
  const weakness = weaknessOf(bytes);
  if (weakness !== undefined) throw refuse(weakness);
  return rootKeyOf(bytes);
}

function rootKeyOf(bytes: Buffer): RootKey {
  const key = createSecretKey(bytes);
  bytes.fill(0);
  const id = createHmac('sha256', key).update('lr-kek-id/v1').digest('hex').slice(0, 16);
  return { id, key };
}

function weaknessOf(bytes: Buffer): string | undefined {
  if (bytes.toString('latin1') === SAMPLE_BYTES) {
    return 'holds the sample key of the documentation, which everybody knows; run `arouter init` to make one';
  }
  const first = bytes[0] ?? 0;
  const step = (bytes[1] ?? 0) - first;
  const isSequence = bytes.every((byte, index) => byte === ((first + index * step) & 0xff));
  if (isSequence || new Set(bytes).size < DISTINCT_BYTES_MIN) {
    return 'holds repeated or counted bytes instead of random ones; run `arouter init` to make a key';
  }
  return undefined;
}
