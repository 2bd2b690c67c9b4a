/** For tests: the vault's rows in memory, with the store's rules, and a way to be killed at any operation. */
import type { DekRow, VaultRowStore } from '../../store/vault-ports.ts';

export class Killed extends Error {}

export type MemoryVaultRows = VaultRowStore & {
  readonly deks: DekRow[];
  readonly meta: Map<string, Uint8Array>;
  /** Everything stored, as text that can be compared. */
  dump(): string;
  /** Operations so far, reads included. */
  operations(): number;
  /** The operation after this many more is not carried out: it throws Killed, as do all after it. Infinity: never. */
  killAfter(operations: number): void;
};

export function createMemoryVaultRows(): MemoryVaultRows {
  const deks: DekRow[] = [];
  const meta = new Map<string, Uint8Array>();
  let operations = 0;
  let killAt = Number.POSITIVE_INFINITY;
  const step = async (): Promise<void> => {
    await Promise.resolve();
    if (operations >= killAt) throw new Killed();
    operations += 1;
  };
  const find = (row: DekRow): number =>
    deks.findIndex((other) => other.workspaceId === row.workspaceId && other.version === row.version);
  return {
    deks,
    meta,
    dump: () =>
      JSON.stringify([deks, [...meta]], (_key, value: unknown) =>
        value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
      ),
    operations: () => operations,
    killAfter(more) {
      killAt = operations + more;
    },
    async listDeks() {
      await step();
      return [...deks];
    },
    async insertDek(row) {
      await step();
      if (find(row) !== -1) throw new Error('UNIQUE constraint failed');
      deks.push(row);
    },
    async rewrapDek(row, expectedKekId) {
      await step();
      const at = find(row);
      if (deks[at]?.kekId !== expectedKekId) return false;
      deks[at] = row;
      return true;
    },
    async getMeta(name) {
      await step();
      return meta.get(name);
    },
    async setMeta(name, value) {
      await step();
      meta.set(name, value);
    },
  };
}
