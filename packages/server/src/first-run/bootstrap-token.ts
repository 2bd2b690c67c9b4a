/** The one-use link of a new instance: whoever holds it becomes its first owner. Only its hash is stored. */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { laterBy, type Clock, type Instant } from '@arouter/core';
import type { VaultRowStore } from '../store/vault-ports.ts';

const META_NAME = 'bootstrap';
const LIFETIME_MS = 3_600_000;

type MetaStore = Pick<VaultRowStore, 'getMeta' | 'setMeta'>;

/** Replaces any earlier token. The result is shown once. */
export async function issueBootstrapToken(store: MetaStore, clock: Clock): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  const row = { digest: digestOf(token), expiresAt: laterBy(clock.now(), LIFETIME_MS) };
  await store.setMeta(META_NAME, Buffer.from(JSON.stringify(row)));
  return token;
}

/** True once, for the right token in time. The caller makes sure that two claims do not run at the same moment. */
export async function consumeBootstrapToken(store: MetaStore, clock: Clock, token: string): Promise<boolean> {
  const stored = await store.getMeta(META_NAME);
  const row = stored === undefined ? null : readRow(stored);
  if (row === null || row.expiresAt <= clock.now()) return false;
  const given = Buffer.from(digestOf(token), 'hex');
  if (!timingSafeEqual(given, Buffer.from(row.digest, 'hex'))) return false;
  await store.setMeta(META_NAME, Buffer.from(JSON.stringify({ digest: digestOf(''), expiresAt: 0 })));
  return true;
}

function digestOf(token: string): string {
  return hash('sha256', `arouter bootstrap ${token}`, 'hex');
}

function readRow(bytes: Uint8Array): { readonly digest: string; readonly expiresAt: Instant } | null {
  const row: unknown = JSON.parse(Buffer.from(bytes).toString());
  const valid = typeof row === 'object' && row !== null && 'digest' in row && 'expiresAt' in row;
  return valid ? (row as { digest: string; expiresAt: Instant }) : null;
}
