/**
 * The text of an API key: `lr_live_<id>_<secret><checksum>`. The id is public and finds the record; the secret holds
 * 256 bits; the checksum lets us discard typing errors without asking anything, and lets secret scanners recognise a
 * leaked key (the shape that GitHub uses for its own tokens).
 *
 * Scanner pattern: `\blr_(live|mgmt)_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}\b`
 */
import { hash } from 'node:crypto';
import type { ApiKeyId } from '@arouter/core';
import { CHECKSUM_CHARACTERS, checksumOf, randomBase62 } from './base62.ts';

/** `live` calls models; `mgmt` manages a workspace, or the instance for an operator. The record says which. */
export type TokenPrefix = 'live' | 'mgmt';
export type ParsedToken = { readonly prefix: TokenPrefix; readonly id: ApiKeyId };

const ID_CHARACTERS = 12;
const SECRET_CHARACTERS = 43;
const SHAPE = new RegExp(
  `^lr_(live|mgmt)_([0-9A-Za-z]{${ID_CHARACTERS}})_[0-9A-Za-z]{${SECRET_CHARACTERS + CHECKSUM_CHARACTERS}}$`,
);
export const TOKEN_CHARACTERS =
  'lr_live_'.length + ID_CHARACTERS + 1 + SECRET_CHARACTERS + CHECKSUM_CHARACTERS;

/** A new token and its public id. The token is shown once and never stored. */
export function createToken(
  prefix: TokenPrefix,
  /** Of the key that gets a new secret; else a new one. */
  id: ApiKeyId = randomBase62(ID_CHARACTERS) as ApiKeyId,
): { readonly token: string; readonly id: ApiKeyId } {
  const body = `lr_${prefix}_${id}_${randomBase62(SECRET_CHARACTERS)}`;
  return { token: body + checksumOf(body), id };
}

/** Undefined when the text cannot be a token: wrong shape or checksum. Asks nothing. */
export function parseToken(token: string): ParsedToken | undefined {
  if (token.length !== TOKEN_CHARACTERS) return undefined;
  const match = SHAPE.exec(token);
  const [, prefix, id] = match ?? [];
  if (prefix === undefined || id === undefined) return undefined;
  const body = token.slice(0, -CHECKSUM_CHARACTERS);
  if (checksumOf(body) !== token.slice(-CHECKSUM_CHARACTERS)) return undefined;
  return { prefix: prefix as TokenPrefix, id: id as ApiKeyId };
}

/** What stands where a token has its public id; says nothing of whether it is one. */
export function idIn(token: string): ApiKeyId {
  return token.slice(ID_AT, ID_AT + ID_CHARACTERS) as ApiKeyId;
}
const ID_AT = 'lr_live_'.length;

/** The identifier in management paths: 64 hex characters that say nothing about the secret. */
export function hashOfKeyId(id: ApiKeyId): string {
  return hash('sha256', `lr-key-hash/v1:${id}`, 'hex');
}

/** What may be shown of a token: `lr_live_4fG…x9Q2`. */
export function hintOfToken(token: string): string {
  return `${token.slice(0, 'lr_live_'.length + 3)}…${token.slice(-4)}`;
}
