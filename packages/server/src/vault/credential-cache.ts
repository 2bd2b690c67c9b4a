/** Opened credentials, for a minute at most: opening one costs tens of microseconds, a request should not. */
import type { Clock, Credential, ProviderKeyRecord } from '@arouter/core';

export const PLAINTEXT_MS_MAX = 60_000;
export const PLAINTEXT_ENTRIES_MAX = 1_000;

export type CredentialCache = {
  /** Undefined unless the record's secret and destination are the ones that were opened. */
  get(record: ProviderKeyRecord): Credential | undefined;
  put(record: ProviderKeyRecord, credential: Credential): void;
  readonly size: number;
  clear(): void;
  close(): void;
};

type Entry = {
  readonly workspaceId: string;
  readonly secretVersion: number;
  readonly destination: string;
  readonly expiresAtMs: number;
  readonly credential: Credential;
};

export function createCredentialCache(clock: Pick<Clock, 'monotonicMs' | 'sleep'>): CredentialCache {
  const entries = new Map<string, Entry>();
  const closing = new AbortController();
  let isWaiting = false;

  /** An entry that nobody asks for again must go as well. Entries are in the order of their expiry. */
  async function purgeLater(): Promise<void> {
    if (isWaiting) return;
    isWaiting = true;
    await clock.sleep(PLAINTEXT_MS_MAX, closing.signal).catch(() => undefined);
    isWaiting = false;
    const nowMs = clock.monotonicMs();
    for (const [id, entry] of entries) {
      if (entry.expiresAtMs > nowMs) break;
      entries.delete(id);
    }
    if (entries.size > 0 && !closing.signal.aborted) void purgeLater();
  }

  return {
    get(record) {
      const entry = entries.get(record.id);
      if (entry === undefined) return undefined;
      const isSame =
        entry.secretVersion === record.secretVersion &&
        entry.destination === record.destination &&
        entry.workspaceId === record.workspaceId;
      if (!isSame || entry.expiresAtMs <= clock.monotonicMs()) return undefined;
      return entry.credential;
    },
    put({ id, workspaceId, secretVersion, destination }, credential) {
      entries.delete(id);
      if (entries.size >= PLAINTEXT_ENTRIES_MAX) {
        const [oldest] = entries.keys();
        if (oldest !== undefined) entries.delete(oldest);
      }
      const expiresAtMs = clock.monotonicMs() + PLAINTEXT_MS_MAX;
      entries.set(id, { workspaceId, secretVersion, destination, expiresAtMs, credential });
      void purgeLater();
    },
    get size() {
      return entries.size;
    },
    clear: () => entries.clear(),
    close() {
      closing.abort();
      entries.clear();
    },
  };
}
