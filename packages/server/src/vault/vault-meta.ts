/** The vault's meta rows: names, and what is read from them. */
import type { VaultRowStore } from '../store/vault-ports.ts';

/** The id of the root key that new data is sealed under. */
export const META_PRIMARY = 'vault.primary_kek_id';
/** A known value sealed under the primary root key: opens, or the key is wrong. */
export const META_CANARY = 'vault.canary';
export const CANARY_TEXT = 'arouter vault canary v1';

/** Random values of the instance, made on first use. Rotation has to know all of them, so they are listed here. */
export const INSTANCE_SECRETS = ['api_key_pepper', 'session_secret'] as const;
export type InstanceSecretName = (typeof INSTANCE_SECRETS)[number];

export function metaOfInstanceSecret(name: InstanceSecretName): string {
  return `vault.secret.${name}`;
}

export async function readPrimaryId(store: Pick<VaultRowStore, 'getMeta'>): Promise<string | undefined> {
  const value = await store.getMeta(META_PRIMARY);
  return value === undefined ? undefined : Buffer.from(value).toString('latin1');
}

export function primaryIdBytes(id: string): Uint8Array {
  return Buffer.from(id, 'latin1');
}
