/**
 * The Vault port, and what else needs the root key. Opening it checks that the loaded root keys fit the data and
 * refuses to start otherwise: a gateway that cannot read its keys must not look as if it had none.
 *
 * Afterwards the data keys are in memory and opening a credential asks nobody. Plaintext is remembered for at most a
 * minute. JavaScript strings cannot be wiped, so no claim is made that memory is clean afterwards.
 */
import { createHmac, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import type { Clock, Credential, ProviderKeyRecord, Vault, WorkspaceId } from '@arouter/core';
import type { VaultRowStore } from '../store/vault-ports.ts';
import { checkRootKeys, readPrimary } from './check-root-keys.ts';
import { createCredentialCache } from './credential-cache.ts';
import { createDataKeys } from './data-keys.ts';
import { hintOf } from './hint-of.ts';
import { openMeta, sealMeta, type Keyring } from './key-wrapping.ts';
import type { RootKeys } from './load-root-keys.ts';
import { openField, sealField, type FieldContext } from './sealed-field.ts';
import { maskedCredential } from './secret.ts';
import { VaultError } from './vault-error.ts';
import { metaOfInstanceSecret, type InstanceSecretName } from './vault-meta.ts';

/** The row that a credential belongs to; what the seal is bound to. */
export type CredentialRow = Pick<ProviderKeyRecord, 'id' | 'workspaceId' | 'destination'>;

/** Tables besides provider keys that hold secrets. */
export type SealedTable = 'webhooks';
export type SealedRow = {
  readonly id: string;
  readonly workspaceId: WorkspaceId;
  readonly destination: string;
};

/** Where sealed bytes belong that go to no destination. */
export type SealedPlace = Omit<FieldContext, 'destination'> & { readonly workspaceId: WorkspaceId };

export type OpenVault = Vault & {
  /** Makes the workspace's data key where there is none. Call before `sealCredential` for a workspace. */
  ensureWorkspace(id: WorkspaceId): Promise<void>;
  /** Reads data keys that another process has made. Call when the configuration changed. */
  refresh(): Promise<void>;
  /** The value for `sealed`. Throws VaultError `data_key_missing` before `ensureWorkspace`. */
  sealCredential(row: CredentialRow, credential: Credential): Uint8Array;
  /** For other rows that hold secrets, bound like a credential to row and destination. Not remembered. */
  sealFields(table: SealedTable, row: SealedRow, fields: Readonly<Record<string, string>>): Uint8Array;
  /** Throws VaultError. */
  openFields(
    table: SealedTable,
    row: SealedRow & { readonly sealed: Uint8Array },
  ): Readonly<Record<string, string>>;
  /** For text that people sent or got: bound to its place, and not remembered. Throws VaultError `data_key_missing`. */
  sealBytes(place: SealedPlace, bytes: Uint8Array): Uint8Array;
  /** Throws VaultError. */
  openBytes(place: SealedPlace, sealed: Uint8Array): Buffer;
  /** Equal for equal credentials of one workspace and only there: finds duplicates. 32 hex characters. */
  fingerprint(workspaceId: WorkspaceId, credential: Credential): string;
  /** What may be shown of a credential. */
  hintOf(credential: Credential): string;
  /** 32 random bytes of this instance, made on first use and the same ever after. */
  instanceSecret(name: InstanceSecretName): Promise<Uint8Array>;
  /** Forgets all plaintext. The vault stays usable. */
  forgetPlaintext(): void;
  /** Forgets all plaintext and stops the clock that does so. */
  close(): void;
};

export type VaultOptions = {
  readonly store: VaultRowStore;
  readonly keks: RootKeys;
  readonly clock: Pick<Clock, 'monotonicMs' | 'sleep'>;
};

/** Throws VaultStartRefused when the root keys do not fit the data. */
export async function openVault({ store, keks, clock }: VaultOptions): Promise<OpenVault> {
  const keyring = await checkRootKeys(store, keks);
  const dataKeys = createDataKeys(store, keyring);
  await dataKeys.refresh();
  const cache = createCredentialCache(clock);
  /** By record, which a snapshot never changes; forgotten when data keys arrive. */
  let readable = new WeakMap<ProviderKeyRecord, boolean>();
  const open = (record: ProviderKeyRecord): Buffer =>
    openField((version) => dataKeys.get(record.workspaceId, version), fieldContext(record), record.sealed);

  return {
    async ensureWorkspace(id) {
      if (await dataKeys.ensure(id)) readable = new WeakMap();
    },
    async refresh() {
      if (await dataKeys.refresh()) readable = new WeakMap();
    },
    sealCredential(row, credential) {
      const plaintext = Buffer.from(JSON.stringify(fieldsOf(credential)));
      const blob = sealField(dataKeys.newest(row.workspaceId), fieldContext(row), plaintext);
      plaintext.fill(0);
      return blob;
    },
    ...sealedRows(dataKeys),
    sealBytes: (place, bytes) => sealField(dataKeys.newest(place.workspaceId), nowhere(place), bytes),
    openBytes: (place, sealed) =>
      openField((version) => dataKeys.get(place.workspaceId, version), nowhere(place), sealed),
    openCredential(record) {
      const known = cache.get(record);
      if (known !== undefined) return known;
      const plaintext = open(record);
      const credential = maskedCredential(JSON.parse(plaintext.toString()) as Record<string, string>);
      plaintext.fill(0);
      cache.put(record, credential);
      return credential;
    },
    isReadable(record) {
      let isReadable = readable.get(record);
      if (isReadable === undefined) {
        isReadable = opens(() => open(record));
        readable.set(record, isReadable);
      }
      return isReadable;
    },
    fingerprint: (workspaceId, credential) => fingerprintOf(dataKeys.oldest(workspaceId).key, credential),
    hintOf,
    instanceSecret: (name) => readInstanceSecret(store, keyring, name),
    forgetPlaintext: cache.clear,
    close: cache.close,
  };
}

function sealedRows(
  dataKeys: ReturnType<typeof createDataKeys>,
): Pick<OpenVault, 'sealFields' | 'openFields'> {
  return {
    sealFields(table, row, fields) {
      const plaintext = Buffer.from(JSON.stringify(fields));
      const blob = sealField(dataKeys.newest(row.workspaceId), rowContext(table, row), plaintext);
      plaintext.fill(0);
      return blob;
    },
    openFields(table, row) {
      const keyOf = (version: number): KeyObject => dataKeys.get(row.workspaceId, version);
      const plaintext = openField(keyOf, rowContext(table, row), row.sealed);
      const fields = JSON.parse(plaintext.toString()) as Record<string, string>;
      plaintext.fill(0);
      return fields;
    },
  };
}

function opens(open: () => Buffer): boolean {
  try {
    open().fill(0);
    return true;
  } catch (error) {
    if (error instanceof VaultError) return false;
    throw error;
  }
}

async function readInstanceSecret(
  store: VaultRowStore,
  keyring: Keyring,
  name: InstanceSecretName,
): Promise<Uint8Array> {
  const metaName = metaOfInstanceSecret(name);
  const stored = await store.getMeta(metaName);
  if (stored !== undefined) return openMeta(keyring, metaName, stored);
  const made = randomBytes(32);
  const primary = await readPrimary(store, keyring);
  await store.setMeta(metaName, sealMeta(primary, metaName, made));
  // As for data keys: a rotation may have promoted its key in the meantime.
  const promoted = await readPrimary(store, keyring);
  if (promoted.id !== primary.id) await store.setMeta(metaName, sealMeta(promoted, metaName, made));
  // Read back, so that processes that start together agree on what was stored last.
  return openMeta(keyring, metaName, (await store.getMeta(metaName)) ?? new Uint8Array());
}

function nowhere(place: SealedPlace): FieldContext {
  return { ...place, destination: '' };
}

function fieldContext(row: CredentialRow): FieldContext {
  return rowContext('provider_keys', row);
}

function rowContext(
  table: SealedTable | 'provider_keys',
  { id, workspaceId, destination }: SealedRow,
): FieldContext {
  return { workspaceId, table, column: 'sealed', rowId: id, destination };
}

/** The fields of a plain or a masked credential, in one order. */
function fieldsOf(credential: Credential): Readonly<Record<string, string>> {
  const names = Object.getOwnPropertyNames(credential).sort();
  return Object.fromEntries(names.map((name) => [name, credential[name] ?? '']));
}

function fingerprintOf(dataKey: KeyObject, credential: Credential): string {
  const key = createSecretKey(createHmac('sha256', dataKey).update('lr/fingerprint/v1').digest());
  return createHmac('sha256', key)
    .update(JSON.stringify(fieldsOf(credential)))
    .digest('hex')
    .slice(0, 32);
}
