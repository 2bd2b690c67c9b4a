/**
 * The KeyVerifier port. A stored key is HMAC-SHA-256(pepper, token): the secret has 256 bits, so a slow hash would
 * only help those who want to tire us out; the pepper is sealed under the root key, so that who can write the
 * database still cannot make a key that works.
 *
 * Verified tokens are remembered until the configuration changes, so that a revoked key stops with the snapshot that
 * revokes it: found by their public id, compared character by character to the end, and kept under a mask of this
 * process, so that no copy of one lies in memory as text.
 */
import { createHmac, createSecretKey, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { KeyVerifier } from '@arouter/core';
import { idIn, parseToken, TOKEN_CHARACTERS } from './api-key-token.ts';

const REMEMBERED_MAX = 10_000;
/** What an unknown id is compared with, so that it takes as long as a known one. */
const NO_MAC = new Uint8Array(32);

export type PepperedKeyVerifier = KeyVerifier & {
  /** The keyed hash to store for a new token: 32 bytes. */
  macOf(token: string): Uint8Array;
};

/** @param pepper 32 secret bytes of this instance; from the vault. */
export function createKeyVerifier(pepper: Uint8Array): PepperedKeyVerifier {
  if (pepper.length !== NO_MAC.length) throw new RangeError('the pepper must have 32 bytes');
  const key = createSecretKey(pepper);
  const mask = randomBytes(TOKEN_CHARACTERS);
  const remembered = new Map<string, Uint8Array>();
  let rememberedVersion = Number.NaN;

  return {
    macOf: (token) => macOf(key, token),
    verify(token, snapshot) {
      if (token.length !== TOKEN_CHARACTERS) return undefined;
      if (snapshot.version !== rememberedVersion) {
        remembered.clear();
        rememberedVersion = snapshot.version;
      }
      const id = idIn(token);
      const known = remembered.get(id);
      if (known !== undefined && isMasked(token, known, mask)) return snapshot.apiKey(id);
      const parsed = parseToken(token);
      if (parsed === undefined) return undefined;
      const record = snapshot.apiKey(parsed.id);
      const mac = record?.mac.length === NO_MAC.length ? record.mac : NO_MAC;
      // Both are computed and compared in every case; only then is the answer looked at.
      const isEqual = timingSafeEqual(macOf(key, token), mac);
      if (!isEqual || record === undefined) return undefined;
      if (remembered.size >= REMEMBERED_MAX) remembered.clear();
      remembered.set(parsed.id, masked(token, mask));
      return record;
    },
  };
}

/** A verified token has one byte per character. */
function masked(token: string, mask: Uint8Array): Uint8Array {
  return mask.map((byte, index) => byte ^ token.charCodeAt(index));
}

/** Looks at every character whatever it finds. */
function isMasked(token: string, known: Uint8Array, mask: Uint8Array): boolean {
  let difference = token.length ^ known.length;
  for (let index = 0; index < known.length; index += 1) {
    difference |= token.charCodeAt(index) ^ (known[index] ?? 0) ^ (mask[index] ?? 0);
  }
  return difference === 0;
}

function macOf(key: KeyObject, token: string): Uint8Array {
  return createHmac('sha256', key).update(token).digest();
}
