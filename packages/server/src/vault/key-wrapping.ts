/** What the root key seals: the workspaces' data keys, and a few values of the instance kept in the meta rows. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import type { WorkspaceId } from '@arouter/core';
import type { DekRow } from '../store/vault-ports.ts';
import type { RootKey } from './root-key.ts';
import { openBox, sealBox } from './sealed-box.ts';
import { VaultError } from './vault-error.ts';

/** Root keys by id. The id in a row selects the key; keys are never tried in turn. */
export type Keyring = ReadonlyMap<string, RootKey>;

export function keyringOf(keys: readonly RootKey[]): Keyring {
  return new Map(keys.map((key) => [key.id, key]));
}

export function wrapDataKey(
  rootKey: RootKey,
  workspaceId: WorkspaceId,
  version: number,
  dataKey: Uint8Array,
): DekRow {
  const wrapped = sealBox(rootKey.key, dekContext(workspaceId, version, rootKey.id), dataKey);
  return { workspaceId, version, kekId: rootKey.id, wrapped };
}

/** Throws VaultError. */
export function unwrapDataKey(keyring: Keyring, row: DekRow): KeyObject {
  const bytes = unwrapDataKeyBytes(keyring, row);
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

/** The same data key under another root key. Throws VaultError. */
export function rewrapDataKey(keyring: Keyring, row: DekRow, to: RootKey): DekRow {
  const bytes = unwrapDataKeyBytes(keyring, row);
  const rewrapped = wrapDataKey(to, row.workspaceId, row.version, bytes);
  bytes.fill(0);
  return rewrapped;
}

/** `LK` ‖ version 1 ‖ root key id (16 characters) ‖ box. */
export function sealMeta(rootKey: RootKey, name: string, plaintext: Uint8Array): Uint8Array {
  const box = sealBox(rootKey.key, ['lr/meta/v1', name, rootKey.id], plaintext);
  return Buffer.concat([META_HEADER, Buffer.from(rootKey.id, 'latin1'), box]);
}

/** Which root key a sealed meta value needs. Throws VaultError `secret_format`. */
export function rootKeyIdOfMeta(value: Uint8Array): string {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const idEnd = META_HEADER.length + ROOT_KEY_ID_CHARACTERS;
  if (bytes.length < idEnd || !bytes.subarray(0, META_HEADER.length).equals(META_HEADER)) {
    throw new VaultError('secret_format');
  }
  return bytes.toString('latin1', META_HEADER.length, idEnd);
}

/** Throws VaultError. */
export function openMeta(keyring: Keyring, name: string, value: Uint8Array): Buffer {
  const id = rootKeyIdOfMeta(value);
  const rootKey = keyring.get(id);
  if (rootKey === undefined) throw new VaultError('root_key_missing');
  const box = value.subarray(META_HEADER.length + ROOT_KEY_ID_CHARACTERS);
  return openBox(rootKey.key, ['lr/meta/v1', name, id], box);
}

const META_HEADER = Buffer.from([0x4c, 0x4b, 0x01]);
const ROOT_KEY_ID_CHARACTERS = 16;

function unwrapDataKeyBytes(keyring: Keyring, row: DekRow): Buffer {
  const rootKey = keyring.get(row.kekId);
  if (rootKey === undefined) throw new VaultError('root_key_missing');
  return openBox(rootKey.key, dekContext(row.workspaceId, row.version, row.kekId), row.wrapped);
}

function dekContext(workspaceId: WorkspaceId, version: number, kekId: string): readonly string[] {
  return ['lr/dek/v1', workspaceId, String(version), kekId];
}
