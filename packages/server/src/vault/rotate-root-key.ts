/**
 * Changes the root key: every row that the old one seals is sealed under the new one. Only wrapped keys are rewritten,
 * one row per workspace; the secrets themselves stay as they are.
 *
 * It can be killed anywhere and run again. The new key is promoted first, so that nothing new is sealed under the old
 * one; a row is replaced only while it is still the row that was read. Until `remaining` is 0 both keys must be loaded,
 * and the old one must be kept for as long as backups from before are.
 */
import type { VaultRowStore } from '../store/vault-ports.ts';
import { checkFit, promote, rootKeyUse } from './check-root-keys.ts';
import {
  keyringOf,
  openMeta,
  rewrapDataKey,
  rootKeyIdOfMeta,
  sealMeta,
  type Keyring,
} from './key-wrapping.ts';
import type { RootKeys } from './load-root-keys.ts';
import type { RootKey } from './root-key.ts';
import { INSTANCE_SECRETS, metaOfInstanceSecret } from './vault-meta.ts';
import { VaultError } from './vault-error.ts';

export type RotationOptions = {
  readonly store: VaultRowStore;
  /** All keys in use so far. */
  readonly from: RootKeys;
  /** Stored durably by the caller before this is called. */
  readonly to: RootKey;
  /** Counts and changes nothing. */
  readonly dryRun: boolean;
  readonly onProgress: (progress: { readonly done: number; readonly total: number }) => void;
};

export type RotationReport = {
  /** Rows sealed anew by this run. */
  readonly rewrapped: number;
  /** Rows that are not under the new key. 0: the old keys are needed no more, except for old backups. */
  readonly remaining: number;
  /** Data keys that do not open under the key they name, by workspace: damaged before, and left alone. */
  readonly damaged: readonly string[];
};

/** Rows appear while it runs only from processes that have not seen the promotion yet; one more pass catches them. */
const PASSES_MAX = 10;

/** Throws VaultStartRefused when the keys do not fit the data; then nothing has been changed. */
export async function rotateRootKey(options: RotationOptions): Promise<RotationReport> {
  const { store, from, to, dryRun, onProgress } = options;
  const keyring = keyringOf([...from, to]);
  const use = await rootKeyUse(store);
  if (use.size > 0) await checkFit(store, keyring, [...use.keys()]);
  const total = await countRowsNotUnder(store, to.id);
  const damaged = new Set<string>();
  let done = 0;
  onProgress({ done, total });
  if (dryRun) return { rewrapped: 0, remaining: total, damaged: [] };

  const onDone = (): void => onProgress({ done: (done += 1), total: Math.max(done, total) });
  if (total > 0 || use.size === 0) await promote(store, to);
  for (let pass = 0; pass < PASSES_MAX; pass += 1) {
    const found = await rewrapDataKeys({ store, keyring, to, damaged, onDone });
    await resealInstanceSecrets({ store, keyring, to, onDone });
    if (found === 0) break;
  }
  const remaining = await countRowsNotUnder(store, to.id);
  return { rewrapped: done, remaining, damaged: [...damaged].sort() };
}

/** Rows that another root key seals, the canary and the choice of the primary included. */
export async function countRowsNotUnder(store: VaultRowStore, rootKeyId: string): Promise<number> {
  let rows = 0;
  for (const [id, count] of await rootKeyUse(store)) if (id !== rootKeyId) rows += count;
  return rows;
}

type Pass = {
  readonly store: VaultRowStore;
  readonly keyring: Keyring;
  readonly to: RootKey;
  readonly onDone: () => void;
};

/** Returns how many rows it found under another key, damaged ones left out. */
async function rewrapDataKeys(pass: Pass & { readonly damaged: Set<string> }): Promise<number> {
  const { store, keyring, to, damaged, onDone } = pass;
  let found = 0;
  for (const row of await store.listDeks()) {
    if (row.kekId === to.id || damaged.has(row.workspaceId)) continue;
    try {
      const rewrapped = rewrapDataKey(keyring, row, to);
      found += 1;
      if (await store.rewrapDek(rewrapped, row.kekId)) onDone();
    } catch (error) {
      if (!(error instanceof VaultError)) throw error;
      damaged.add(row.workspaceId);
    }
  }
  return found;
}

async function resealInstanceSecrets({ store, keyring, to, onDone }: Pass): Promise<void> {
  for (const name of INSTANCE_SECRETS.map(metaOfInstanceSecret)) {
    const value = await store.getMeta(name);
    if (value === undefined || rootKeyIdOfMeta(value) === to.id) continue;
    const plaintext = openMeta(keyring, name, value);
    await store.setMeta(name, sealMeta(to, name, plaintext));
    plaintext.fill(0);
    onDone();
  }
}
