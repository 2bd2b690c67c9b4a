/**
 * Do the loaded root keys fit the data? Asked before anything is served. A root key is never made over existing data,
 * and a wrong one never silently leaves secrets unreadable.
 */
import type { VaultRowStore } from '../store/vault-ports.ts';
import { keyringOf, openMeta, rootKeyIdOfMeta, sealMeta, type Keyring } from './key-wrapping.ts';
import type { RootKeys } from './load-root-keys.ts';
import type { RootKey } from './root-key.ts';
import {
  CANARY_TEXT,
  INSTANCE_SECRETS,
  META_CANARY,
  META_PRIMARY,
  metaOfInstanceSecret,
  primaryIdBytes,
  readPrimaryId,
} from './vault-meta.ts';
import { VaultError, VaultStartRefused } from './vault-error.ts';

/** Marks an empty database with the first root key. Throws VaultStartRefused, naming key ids and never bytes. */
export async function checkRootKeys(store: VaultRowStore, keks: RootKeys): Promise<Keyring> {
  const keyring = keyringOf(keks);
  const use = await rootKeyUse(store);
  if (use.size === 0) {
    await promote(store, keks[0]);
    return keyring;
  }
  await checkFit(store, keyring, [...use.keys()]);
  // A first start that was killed between its two writes has left the canary alone.
  if ((await readPrimaryId(store)) === undefined) await promote(store, keks[0]);
  return keyring;
}

/** Reads only. Throws VaultStartRefused. */
export async function checkFit(
  store: VaultRowStore,
  keyring: Keyring,
  neededIds: readonly string[],
): Promise<void> {
  const missing = neededIds.filter((id) => !keyring.has(id));
  if (missing.length > 0) {
    throw new VaultStartRefused(
      `The database is sealed under root key ${missing.sort().join(' and ')}, but only ${listed(keyring)} is loaded; ` +
        'restore the right key from your backup (AROUTER_KEK_FILE, AROUTER_KEK or root.key in the data directory).',
    );
  }
  const canary = await store.getMeta(META_CANARY);
  if (canary === undefined) {
    throw new VaultStartRefused(
      'The database holds sealed data but not the value that proves the root key; restore the database from a backup.',
    );
  }
  if (!isIntact(keyring, canary)) {
    throw new VaultStartRefused(
      `The value that proves root key ${listed(keyring)} has been changed in the database; restore it from a backup.`,
    );
  }
}

/** How many rows each root key seals, by its id. Empty for a database that was never used. */
export async function rootKeyUse(store: VaultRowStore): Promise<ReadonlyMap<string, number>> {
  const use = new Map<string, number>();
  const count = (id: string): unknown => use.set(id, (use.get(id) ?? 0) + 1);
  for (const row of await store.listDeks()) count(row.kekId);
  for (const name of [META_CANARY, ...INSTANCE_SECRETS.map(metaOfInstanceSecret)]) {
    const value = await store.getMeta(name);
    if (value !== undefined) count(idOf(name, value));
  }
  const primaryId = await readPrimaryId(store);
  if (primaryId !== undefined) count(primaryId);
  return use;
}

/** From now on new data is sealed under this key. */
export async function promote(store: VaultRowStore, rootKey: RootKey): Promise<void> {
  await store.setMeta(META_CANARY, sealMeta(rootKey, META_CANARY, Buffer.from(CANARY_TEXT)));
  await store.setMeta(META_PRIMARY, primaryIdBytes(rootKey.id));
}

/** The root key for new data. Throws VaultError `root_key_missing`, e.g. where a rotation has promoted another one. */
export async function readPrimary(store: VaultRowStore, keyring: Keyring): Promise<RootKey> {
  const id = await readPrimaryId(store);
  const rootKey = id === undefined ? undefined : keyring.get(id);
  if (rootKey === undefined) throw new VaultError('root_key_missing');
  return rootKey;
}

function isIntact(keyring: Keyring, canary: Uint8Array): boolean {
  try {
    return openMeta(keyring, META_CANARY, canary).toString() === CANARY_TEXT;
  } catch (error) {
    if (error instanceof VaultError) return false;
    throw error;
  }
}

function idOf(name: string, value: Uint8Array): string {
  try {
    return rootKeyIdOfMeta(value);
  } catch (error) {
    throw new VaultStartRefused(`The database row ${name} is damaged; restore the database from a backup.`, {
      cause: error,
    });
  }
}

function listed(keyring: Keyring): string {
  return [...keyring.keys()].join(' and ');
}
