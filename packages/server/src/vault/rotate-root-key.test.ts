import type { Credential, ProviderKeyId, ProviderKeyRecord, WorkspaceId } from '@arouter/core';
import { describe, expect, it } from 'vitest';
import type { DekRow } from '../store/vault-ports.ts';
import { rootKeyUse } from './check-root-keys.ts';
import { openVault, type OpenVault } from './open-vault.ts';
import { createRootKey, type RootKey } from './root-key.ts';
import { countRowsNotUnder, rotateRootKey } from './rotate-root-key.ts';
import { createMemoryVaultRows, Killed, type MemoryVaultRows } from './testing/memory-vault-rows.ts';
import { VaultStartRefused } from './vault-error.ts';

const WORKSPACES = ['ws_1', 'ws_2', 'ws_3'] as WorkspaceId[];
const clock = { monotonicMs: () => 0, sleep: () => new Promise<void>(() => undefined) };
const before = createRootKey();
const after = createRootKey();
const quiet = { dryRun: false, onProgress: () => undefined };

type Filled = { store: MemoryVaultRows; records: ProviderKeyRecord[]; pepper: Uint8Array; vault: OpenVault };

async function filled(): Promise<Filled> {
  const store = createMemoryVaultRows();
  const vault = await openVault({ store, keks: [before], clock });
  const records: ProviderKeyRecord[] = [];
  for (const workspaceId of WORKSPACES) {
    await vault.ensureWorkspace(workspaceId);
    const row = {
      id: `pk_${workspaceId}` as ProviderKeyId,
      workspaceId,
      destination: 'https://a.example:443',
    };
    const credential: Credential = { api_key: `secret of ${workspaceId}` };
    records.push({
      ...row,
      secretVersion: 1,
      sealed: vault.sealCredential(row, credential),
    } as ProviderKeyRecord);
  }
  return { store, records, pepper: await vault.instanceSecret('api_key_pepper'), vault };
}

async function expectAllReadable({ store, records, pepper }: Filled, keks: readonly [RootKey, ...RootKey[]]) {
  const vault = await openVault({ store, keks, clock });
  for (const record of records) {
    expect(vault.openCredential(record)['api_key']).toBe(`secret of ${record.workspaceId}`);
  }
  expect(await vault.instanceSecret('api_key_pepper')).toEqual(pepper);
}

describe('rotating the root key', () => {
  it('leaves every secret readable with the new key alone, and none with the old', async () => {
    const data = await filled();
    const progress: number[] = [];
    const report = await rotateRootKey({
      store: data.store,
      from: [before],
      to: after,
      dryRun: false,
      onProgress: ({ done, total }) => {
        expect(done).toBeLessThanOrEqual(total);
        progress.push(done);
      },
    });
    expect(report).toEqual({ rewrapped: 4, remaining: 0, damaged: [] });
    expect(progress).toEqual([0, 1, 2, 3, 4]);
    await expectAllReadable(data, [after]);
    await expect(openVault({ store: data.store, keks: [before], clock })).rejects.toThrow(VaultStartRefused);
    expect(await rootKeyUse(data.store)).toEqual(new Map([[after.id, 6]]));
  });

  it('killed at every operation, and run again, ends the same; nothing is unreadable in between', async () => {
    const whole = await filled();
    const start = whole.store.operations();
    await rotateRootKey({ store: whole.store, from: [before], to: after, ...quiet });
    const operations = whole.store.operations() - start;
    expect(operations).toBeGreaterThan(15);
    for (let step = 0; step < operations; step += 1) {
      const data = await filled();
      data.store.killAfter(step);
      await expect(rotateRootKey({ store: data.store, from: [before], to: after, ...quiet })).rejects.toThrow(
        Killed,
      );
      data.store.killAfter(Number.POSITIVE_INFINITY);
      await expectAllReadable(data, [before, after]);
      const report = await rotateRootKey({ store: data.store, from: [before], to: after, ...quiet });
      expect(report.remaining).toBe(0);
      await expectAllReadable(data, [after]);
    }
  });

  it('changes nothing in a dry run, and nothing when run twice', async () => {
    const data = await filled();
    const rows = data.store.dump();
    const dry = await rotateRootKey({ store: data.store, from: [before], to: after, ...quiet, dryRun: true });
    expect(dry).toEqual({ rewrapped: 0, remaining: 6, damaged: [] });
    expect(data.store.dump()).toBe(rows);
    await rotateRootKey({ store: data.store, from: [before], to: after, ...quiet });
    const rotated = data.store.dump();
    const again = await rotateRootKey({ store: data.store, from: [before, after], to: after, ...quiet });
    expect(again.rewrapped).toBe(0);
    expect(data.store.dump()).toBe(rotated);
  });

  it('refuses, before it changes anything, when a key that the data needs is missing', async () => {
    const data = await filled();
    const rows = data.store.dump();
    const attempt = rotateRootKey({ store: data.store, from: [createRootKey()], to: after, ...quiet });
    await expect(attempt).rejects.toThrow(before.id);
    expect(data.store.dump()).toBe(rows);
  });

  it('reports a damaged data key, rotates the others and leaves that one alone', async () => {
    const data = await filled();
    const [first] = data.store.deks;
    if (first !== undefined)
      data.store.deks[0] = { ...first, wrapped: first.wrapped.with(20, (first.wrapped[20] ?? 0) ^ 1) };
    const report = await rotateRootKey({ store: data.store, from: [before], to: after, ...quiet });
    expect(report).toEqual({ rewrapped: 3, remaining: 1, damaged: ['ws_1'] });
    expect(await countRowsNotUnder(data.store, after.id)).toBe(1);
  });

  it('catches a workspace that a running process makes at any moment of it', async () => {
    const whole = await filled();
    const start = whole.store.operations();
    await rotateRootKey({ store: whole.store, from: [before], to: after, ...quiet });
    const operations = whole.store.operations() - start;
    for (let step = 0; step < operations; step += 1) {
      const data = await filled();
      const running = await openVault({ store: data.store, keks: [before, after], clock });
      const workspaceId = 'ws_new' as WorkspaceId;
      // Interleave: the rotation goes on for `step` operations before the workspace is made.
      const rotation = rotateRootKey({ store: data.store, from: [before], to: after, ...quiet });
      for (let turn = 0; turn < step; turn += 1) await Promise.resolve();
      await Promise.all([rotation, running.ensureWorkspace(workspaceId)]);
      expect(await countRowsNotUnder(data.store, after.id)).toBe(0);
      const vault = await openVault({ store: data.store, keks: [after], clock });
      expect(() => vault.fingerprint(workspaceId, { api_key: 'x' })).not.toThrow();
    }
  });

  it('catches a workspace whose data key is stored only after the rotation has ended', async () => {
    const data = await filled();
    const late = {
      ...data.store,
      async insertDek(row: DekRow) {
        await rotateRootKey({ store: data.store, from: [before], to: after, ...quiet });
        await data.store.insertDek(row);
      },
    };
    const running = await openVault({ store: late, keks: [before, after], clock });
    await running.ensureWorkspace('ws_new' as WorkspaceId);
    expect(await countRowsNotUnder(data.store, after.id)).toBe(0);
    expect(data.store.deks).toHaveLength(4);
  });

  it('catches a value of the instance that is stored only after the rotation has ended', async () => {
    const data = await filled();
    let hasRotated = false;
    const late = {
      ...data.store,
      async setMeta(name: string, value: Uint8Array) {
        if (!hasRotated) await rotateRootKey({ store: data.store, from: [before], to: after, ...quiet });
        hasRotated = true;
        await data.store.setMeta(name, value);
      },
    };
    const running = await openVault({ store: late, keks: [before, after], clock });
    const secret = await running.instanceSecret('session_secret');
    expect(await countRowsNotUnder(data.store, after.id)).toBe(0);
    const vault = await openVault({ store: data.store, keks: [after], clock });
    expect(await vault.instanceSecret('session_secret')).toEqual(secret);
  });

  it('lets a process that has only the old key read on, but seal nothing new', async () => {
    const data = await filled();
    await rotateRootKey({ store: data.store, from: [before], to: after, ...quiet });
    const [record] = data.records;
    if (record !== undefined) expect(data.vault.openCredential(record)['api_key']).toBe('secret of ws_1');
    await expect(data.vault.ensureWorkspace('ws_new' as WorkspaceId)).rejects.toThrow('root_key_missing');
  });
});
