/* oxlint-disable max-lines-per-function -- a suite is one function, as in a test file */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { instant, type WorkspaceId } from '@arouter/core';
import { branded } from './columns.ts';
import { standingClock } from './store-harness.ts';
import type { OpenedStore, OpenStore } from './store-harness.ts';
import { NOON, sampleApiKey, sampleProviderKey, sampleWorkspace } from './sample-rows.ts';
import { StoreConflict, StoreUnavailable } from './store.ts';

const WORKSPACE = branded<WorkspaceId>('ws_one');
const OTHER = branded<WorkspaceId>('ws_two');

export function describeConfiguration(open: OpenStore): void {
  describe('configuration', () => {
    let opened: OpenedStore;
    beforeEach(async () => {
      opened = await open(standingClock(NOON));
    });
    afterEach(() => opened.remove());

    test('a workspace is created, renamed and listed', async () => {
      const { workspaces } = opened.store;
      await workspaces.create(sampleWorkspace());
      await expect(workspaces.create(sampleWorkspace())).rejects.toBeInstanceOf(StoreConflict);
      expect(await workspaces.update(WORKSPACE, { unmetered: false })).toEqual(
        sampleWorkspace({ unmetered: false }),
      );
      expect(await workspaces.update(WORKSPACE, {})).toEqual(sampleWorkspace({ unmetered: false }));
      for (const bodiesKeptSince of [instant(NOON), null]) {
        const changed = sampleWorkspace({ unmetered: false, bodiesKeptSince });
        expect(await workspaces.update(WORKSPACE, { bodiesKeptSince })).toEqual(changed);
        expect(await workspaces.get(WORKSPACE)).toEqual(changed);
      }
      expect(await workspaces.list()).toHaveLength(1);
      expect(await workspaces.update(OTHER, { name: 'x' })).toBeUndefined();
      expect(await workspaces.get(OTHER)).toBeUndefined();
    });

    test('an API key keeps every field, changes only what a patch names, and is its workspace’s alone', async () => {
      const { apiKeys } = opened.store;
      const key = sampleApiKey();
      await apiKeys.create(key);
      expect(await apiKeys.getByHash(WORKSPACE, key.hash)).toEqual(key);
      const at = branded<never>(NOON + 1);
      const patch = { limitNano: null, disabled: true, allowedModels: ['a/*'], expiresAt: at };
      const changed = { ...key, ...patch, updatedAt: at };
      expect(await apiKeys.update(WORKSPACE, key.hash, patch, at)).toEqual(changed);
      expect(await apiKeys.getByHash(WORKSPACE, key.hash)).toEqual(changed);
      expect(await apiKeys.getByHash(OTHER, key.hash)).toBeUndefined();
      expect(await apiKeys.update(OTHER, key.hash, { name: 'stolen' }, at)).toBeUndefined();
    });

    test('a deleted API key is nowhere but to be restored, in time and by its workspace', async () => {
      const { apiKeys } = opened.store;
      const key = sampleApiKey();
      const [at, before] = [branded<never>(NOON + 5), branded<never>(NOON + 4)];
      await apiKeys.create(key);
      expect(await apiKeys.delete(OTHER, key.hash, at)).toBe(false);
      expect(await apiKeys.restore(WORKSPACE, key.hash, before)).toBe(false);
      expect(await apiKeys.delete(WORKSPACE, key.hash, at)).toBe(true);
      expect(await apiKeys.delete(WORKSPACE, key.hash, at)).toBe(false);
      expect(await apiKeys.getByHash(WORKSPACE, key.hash)).toBeUndefined();
      expect(await apiKeys.update(WORKSPACE, key.hash, { name: 'late' }, at)).toBeUndefined();
      const page = { offset: 0, limit: 9, includeDisabled: true };
      expect(await apiKeys.list(WORKSPACE, page)).toEqual({ rows: [], total: 0 });
      expect((await opened.store.loadConfig()).apiKeys).toEqual([]);
      expect(await apiKeys.getDeleted(OTHER, key.hash, before)).toBeUndefined();
      expect(await apiKeys.getDeleted(WORKSPACE, key.hash, at)).toBeUndefined();
      expect(await apiKeys.getDeleted(WORKSPACE, key.hash, before)).toEqual(key);
      expect(await apiKeys.restore(OTHER, key.hash, before)).toBe(false);
      expect(await apiKeys.restore(WORKSPACE, key.hash, at)).toBe(false);
      expect(await apiKeys.restore(WORKSPACE, key.hash, before)).toBe(true);
      expect(await apiKeys.getByHash(WORKSPACE, key.hash)).toEqual(key);
      await apiKeys.delete(WORKSPACE, key.hash, at);
      expect([await apiKeys.purge(before), await apiKeys.purge(at)]).toEqual([0, 1]);
      expect(await apiKeys.restore(WORKSPACE, key.hash, before)).toBe(false);
    });

    test('a new API key takes the place of a deleted one of its id, never of one that works', async () => {
      const { apiKeys } = opened.store;
      const key = sampleApiKey();
      await apiKeys.create(key);
      await expect(apiKeys.create({ ...key, name: 'Again' })).rejects.toBeInstanceOf(StoreConflict);
      await apiKeys.delete(WORKSPACE, key.hash, branded<never>(NOON));
      await apiKeys.create({ ...key, name: 'Again' });
      expect((await apiKeys.getByHash(WORKSPACE, key.hash))?.name).toBe('Again');
    });

    test('API keys are listed newest first, by page, with or without the disabled ones', async () => {
      const { apiKeys } = opened.store;
      for (let index = 0; index < 5; index += 1) {
        await apiKeys.create(
          sampleApiKey({
            id: branded(`key_${index}`),
            hash: String(index).repeat(64),
            disabled: index === 2,
            createdBy: index % 2 === 0 ? 'usr_1' : null,
            createdAt: branded(NOON + index),
          }),
        );
      }
      const page = { offset: 1, limit: 2 };
      const all = await apiKeys.list(WORKSPACE, { ...page, includeDisabled: true });
      const enabled = await apiKeys.list(WORKSPACE, { ...page, includeDisabled: false });
      expect([all.total, all.rows.map(({ id }) => id)]).toEqual([5, ['key_3', 'key_2']]);
      expect([enabled.total, enabled.rows.map(({ id }) => id)]).toEqual([4, ['key_3', 'key_1']]);
      const byOne = await apiKeys.list(WORKSPACE, { ...page, includeDisabled: true, createdBy: 'usr_1' });
      expect([byOne.total, byOne.rows.map(({ id }) => id)]).toEqual([3, ['key_2', 'key_0']]);
      expect(await apiKeys.list(OTHER, { ...page, includeDisabled: true })).toEqual({ rows: [], total: 0 });
    });

    test('a provider key keeps every field; of two changes to one version, one is stored', async () => {
      const { providerKeys } = opened.store;
      const key = sampleProviderKey();
      await providerKeys.create(key);
      expect(await providerKeys.get(WORKSPACE, key.id)).toEqual(key);
      const changes = [
        sampleProviderKey({ label: 'A', version: 2 }),
        sampleProviderKey({ label: 'B', version: 2 }),
      ];
      const results = await Promise.all(changes.map((change) => providerKeys.update(change, 1)));
      expect(results.toSorted()).toEqual(['stored', 'version_conflict']);
      expect(await providerKeys.update(sampleProviderKey({ id: branded('pk_gone') }), 1)).toBe('missing');
      expect(await providerKeys.update(sampleProviderKey({ workspaceId: OTHER, version: 3 }), 2)).toBe(
        'missing',
      );
      expect(await providerKeys.get(OTHER, key.id)).toBeUndefined();
      expect(await providerKeys.delete(OTHER, key.id, branded(NOON))).toBe(false);
      expect(await providerKeys.delete(WORKSPACE, key.id, branded(NOON))).toBe(true);
      expect(await providerKeys.list(WORKSPACE)).toEqual([]);
    });

    test('a secret that is not sealed, or a platform key outside the platform, is refused', async () => {
      const { providerKeys } = opened.store;
      const clear = new TextEncoder().encode('sk-in-the-clear');
      await expect(providerKeys.create(sampleProviderKey({ sealed: clear }))).rejects.toBeInstanceOf(
        StoreConflict,
      );
      const stray = sampleProviderKey({ source: 'platform', workspaceId: WORKSPACE });
      await expect(providerKeys.create(stray)).rejects.toBeInstanceOf(StoreConflict);
      await providerKeys.create(sampleProviderKey({ source: 'platform' }));
    });

    test('each durable change raises the version and is announced; a change of nothing is not', async () => {
      const { workspaces, apiKeys, providerKeys, prices } = opened.store;
      let heard = 0;
      opened.store.onConfigChange(() => {
        heard += 1;
      });
      const before = (await opened.store.loadConfig()).version;
      await workspaces.create(sampleWorkspace());
      await apiKeys.create(sampleApiKey());
      await providerKeys.create(sampleProviderKey());
      const price = { input: 1, output: 2, tiers: [{ aboveInputTokens: 5, input: 3, output: 4 }] };
      const override = {
        provider: branded<never>('openai'),
        upstreamModel: 'gpt',
        setAt: branded<never>(NOON),
        price,
      };
      await prices.set({ ...override, price: { input: 0, output: 0 } });
      await prices.set(override);
      expect(heard).toBe(5);
      expect(await apiKeys.delete(WORKSPACE, 'nothing', branded<never>(NOON))).toBe(false);
      await expect(apiKeys.create(sampleApiKey())).rejects.toBeInstanceOf(StoreConflict);
      expect(heard).toBe(5);
      const config = await opened.store.loadConfig();
      expect(config.version).toBeGreaterThan(before);
      expect(config).toMatchObject({
        workspaces: [sampleWorkspace()],
        apiKeys: [sampleApiKey()],
        providerKeys: [sampleProviderKey()],
        prices: [override],
      });
      expect(await prices.remove(branded('openai'), 'gpt')).toBe(true);
      expect(await prices.list()).toEqual([]);
      expect(heard).toBe(6);
    });

    test('wrapped data keys are inserted once and re-wrapped only over the expected root key', async () => {
      const { vaultRows } = opened.store;
      const dek = { workspaceId: WORKSPACE, version: 1, kekId: 'k1', wrapped: new Uint8Array([1, 2]) };
      await vaultRows.insertDek(dek);
      await expect(vaultRows.insertDek(dek)).rejects.toBeInstanceOf(StoreConflict);
      const next = { ...dek, kekId: 'k2', wrapped: new Uint8Array([3]) };
      expect(await vaultRows.rewrapDek(next, 'k1')).toBe(true);
      expect(await vaultRows.rewrapDek(next, 'k1')).toBe(false);
      expect(await vaultRows.listDeks()).toEqual([next]);
      expect(await vaultRows.getMeta('canary')).toBeUndefined();
      await vaultRows.setMeta('canary', new Uint8Array([9]));
      await vaultRows.setMeta('canary', new Uint8Array([0, 255]));
      expect(await vaultRows.getMeta('canary')).toEqual(new Uint8Array([0, 255]));
    });

    test('health is kept per scope and replaced', async () => {
      const { health } = opened.store;
      const state = {
        state: 'cooling_down',
        until: branded<never>(NOON),
        because: 'rate_limited',
        level: 1,
        consecutiveFailures: 2,
        window: [],
        lastFailureAt: null,
        lastError: null,
        failingKeys: [],
      } as const;
      const scope = { kind: 'key_model', key: branded<never>('pk_one'), model: 'gpt' } as const;
      const sameScope = { model: 'gpt', key: branded<never>('pk_one'), kind: 'key_model' } as const;
      await health.save([]);
      await health.save([{ scope, health: state }]);
      await health.save([{ scope: sameScope, health: { ...state, level: 2 } }]);
      expect(await health.load()).toEqual([{ scope, health: { ...state, level: 2 } }]);
    });

    test('a closed store answers nothing but StoreUnavailable', async () => {
      const { store } = opened;
      expect(await store.ping()).toBe(true);
      await store.close();
      await store.close();
      expect(await store.ping()).toBe(false);
      await expect(store.workspaces.list()).rejects.toBeInstanceOf(StoreUnavailable);
      await expect(store.workspaces.create(sampleWorkspace())).rejects.toBeInstanceOf(StoreUnavailable);
    });
  });
}
