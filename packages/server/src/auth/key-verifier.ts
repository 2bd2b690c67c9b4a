/**
 * The KeyVerifier port. A stored key is HMAC-SHA-256(pepper, token): the secret has 256 bits, so a slow hash would
 * only help those who want to tire us out; the pepper is sealed under the root key, so that who can write the
 * database still cannot make a key that works.
 *
 * Verified tokens are remembered by their SHA-256 until the configuration changes, so that a revoked key stops with
 * the snapshot that revokes it.
 */
import { createHmac, createSecretKey, hash, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { ApiKeyId, KeyVerifier } from '@arouter/core';
import { parseToken, TOKEN_CHARACTERS } from './api-key-token.ts';

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
  const remembered = new Map<string, ApiKeyId>();
  let rememberedVersion = Number.NaN;

  return {
    macOf: (token) => macOf(key, token),
    verify(token, snapshot) {
      if (token.length !== TOKEN_CHARACTERS) return undefined;
      if (snapshot.version !== rememberedVersion) {
        remembered.clear();
        rememberedVersion = snapshot.version;
      }
      const digest = hash('sha256', token, 'base64');
      const known = remembered.get(digest);
      if (known !== undefined) return snapshot.apiKey(known);
      const parsed = parseToken(token);
      if (parsed === undefined) return undefined;
      const record = snapshot.apiKey(parsed.id);
      const mac = record?.mac.length === NO_MAC.length ? record.mac : NO_MAC;
      // Both are computed and compared in every case; only then is the answer looked at.
      const isEqual = timingSafeEqual(macOf(key, token), mac);
      if (!isEqual || record === undefined) return undefined;
      if (remembered.size >= REMEMBERED_MAX) remembered.clear();
      remembered.set(digest, parsed.id);
      return record;
    },
  };
}

function macOf(key: KeyObject, token: string): Uint8Array {
  return createHmac('sha256', key).update(token).digest();
}
