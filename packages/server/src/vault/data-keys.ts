/** The workspaces' data keys in clear, in memory: read at start, made when a workspace first saves a secret. */
import { randomBytes, type KeyObject } from 'node:crypto';
import type { WorkspaceId } from '@arouter/core';
import type { DekRow, VaultRowStore } from '../store/vault-ports.ts';
import { readPrimary } from './check-root-keys.ts';
import { rewrapDataKey, unwrapDataKey, wrapDataKey, type Keyring } from './key-wrapping.ts';
import type { DataKey } from './sealed-field.ts';
import { VaultError } from './vault-error.ts';

export type DataKeys = {
  /** Reads the rows that are not in memory yet; true when there were any. */
  refresh(): Promise<boolean>;
  /** Makes the first data key of a workspace that has none; true when data keys have come into memory. */
  ensure(workspaceId: WorkspaceId): Promise<boolean>;
  /** These throw VaultError `data_key_missing`. */
  get(workspaceId: WorkspaceId, version: number): KeyObject;
  newest(workspaceId: WorkspaceId): DataKey;
  oldest(workspaceId: WorkspaceId): DataKey;
};

export function createDataKeys(store: VaultRowStore, keyring: Keyring): DataKeys {
  const byWorkspace = new Map<WorkspaceId, Map<number, KeyObject>>();

  async function refresh(): Promise<boolean> {
    let hasGrown = false;
    for (const row of await store.listDeks()) {
      const keys = byWorkspace.get(row.workspaceId) ?? new Map<number, KeyObject>();
      byWorkspace.set(row.workspaceId, keys);
      if (keys.has(row.version)) continue;
      try {
        keys.set(row.version, unwrapDataKey(keyring, row));
        hasGrown = true;
      } catch (error) {
        // One damaged row makes one workspace's secrets unreadable, which their health says; the others go on.
        if (!(error instanceof VaultError)) throw error;
      }
    }
    return hasGrown;
  }

  async function ensure(workspaceId: WorkspaceId): Promise<boolean> {
    if (byWorkspace.has(workspaceId)) return false;
    const hasGrown = await refresh();
    if (byWorkspace.has(workspaceId)) return hasGrown;
    await insertDataKey(store, keyring, workspaceId);
    return refresh();
  }

  function versionsOf(workspaceId: WorkspaceId): readonly DataKey[] {
    const keys = [...(byWorkspace.get(workspaceId) ?? [])].map(([version, key]) => ({ version, key }));
    return keys.sort((a, b) => a.version - b.version);
  }

  return {
    refresh,
    ensure,
    get(workspaceId, version) {
      return present(byWorkspace.get(workspaceId)?.get(version));
    },
    newest: (workspaceId) => present(versionsOf(workspaceId).at(-1)),
    oldest: (workspaceId) => present(versionsOf(workspaceId)[0]),
  };
}

async function insertDataKey(
  store: VaultRowStore,
  keyring: Keyring,
  workspaceId: WorkspaceId,
): Promise<void> {
  const rootKey = await readPrimary(store, keyring);
  const bytes = randomBytes(32);
  const row = wrapDataKey(rootKey, workspaceId, 1, bytes);
  bytes.fill(0);
  try {
    await store.insertDek(row);
  } catch (error) {
    // Another process was faster: its key is the workspace's. Anything else is the store's failure.
    const rows = await store.listDeks();
    if (!rows.some((other) => other.workspaceId === workspaceId)) throw error;
    return;
  }
  await followPromotion(store, keyring, row);
}

/** A rotation that promoted its key between our look and our insert may not have seen our row; so we look again. */
async function followPromotion(store: VaultRowStore, keyring: Keyring, row: DekRow): Promise<void> {
  const primary = await readPrimary(store, keyring);
  if (primary.id !== row.kekId) await store.rewrapDek(rewrapDataKey(keyring, row, primary), row.kekId);
}

function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new VaultError('data_key_missing');
  return value;
}
