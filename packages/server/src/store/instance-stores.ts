/** The small stores of the instance: prices, the vault's rows, health. */
import type { Health, HealthScope, TokenPrice } from '@arouter/core';
import { branded, fromJson } from './columns.ts';
import type { ConfigWriter } from './config-writer.ts';
import { sqliteQueries as queries } from './sql-executor.ts';
import type { SqlExecutor } from './sql-executor.ts';
import type { VaultRowStore } from './vault-ports.ts';
import type { HealthStore, PriceOverride, PriceStore } from './store.ts';
import type { Tables } from './tables.ts';

export function createPriceStore(executor: SqlExecutor, config: ConfigWriter): PriceStore {
  return {
    async set({ provider, upstreamModel, price, setAt }) {
      const columns = { price: JSON.stringify(price), set_at: setAt };
      await config.change(
        queries
          .insertInto('price_overrides')
          .values({ provider, upstream_model: upstreamModel, ...columns })
          .onConflict((conflict) => conflict.columns(['provider', 'upstream_model']).doUpdateSet(columns)),
      );
    },
    async remove(provider, upstreamModel) {
      const { changes } = await config.change(
        queries
          .deleteFrom('price_overrides')
          .where('provider', '=', provider)
          .where('upstream_model', '=', upstreamModel),
      );
      return changes > 0;
    },
    list: async () => (await executor.read(selectPrices)).map(fromPriceRow),
  };
}

export const selectPrices = queries
  .selectFrom('price_overrides')
  .selectAll()
  .orderBy('provider')
  .orderBy('upstream_model');

export function fromPriceRow(row: Tables['price_overrides']): PriceOverride {
  return {
    provider: branded(row.provider),
    upstreamModel: row.upstream_model,
    price: fromJson<TokenPrice>(row.price),
    setAt: branded(row.set_at),
  };
}

export function createVaultRowStore(executor: SqlExecutor): VaultRowStore {
  return {
    async listDeks() {
      const rows = await executor.read(
        queries.selectFrom('deks').selectAll().orderBy('workspace_id').orderBy('version'),
      );
      return rows.map((row) => ({
        workspaceId: branded(row.workspace_id),
        version: row.version,
        kekId: row.kek_id,
        wrapped: row.wrapped,
      }));
    },
    async insertDek({ workspaceId, version, kekId, wrapped }) {
      await executor.write(
        queries.insertInto('deks').values({ workspace_id: workspaceId, version, kek_id: kekId, wrapped }),
      );
    },
    async rewrapDek({ workspaceId, version, kekId, wrapped }, expectedKekId) {
      const [result] = await executor.write(
        queries
          .updateTable('deks')
          .set({ kek_id: kekId, wrapped })
          .where('workspace_id', '=', workspaceId)
          .where('version', '=', version)
          .where('kek_id', '=', expectedKekId),
      );
      return (result?.changes ?? 0) > 0;
    },
    async getMeta(name) {
      const [row] = await executor.read(
        queries.selectFrom('vault_meta').select('value').where('name', '=', name),
      );
      return row?.value;
    },
    async setMeta(name, value) {
      await executor.write(
        queries
          .insertInto('vault_meta')
          .values({ name, value })
          .onConflict((conflict) => conflict.column('name').doUpdateSet({ value })),
      );
    },
  };
}

export function createHealthStore(executor: SqlExecutor): HealthStore {
  return {
    async load() {
      const rows = await executor.read(queries.selectFrom('health').selectAll());
      return rows.map(({ scope, health }) => ({
        scope: fromJson<HealthScope>(scope),
        health: fromJson<Health>(health),
      }));
    },
    async save(rows) {
      if (rows.length === 0) return;
      await executor.write(
        ...rows.map(({ scope, health }) => {
          const text = JSON.stringify(health);
          return queries
            .insertInto('health')
            .values({ scope: scopeKey(scope), health: text })
            .onConflict((conflict) => conflict.column('scope').doUpdateSet({ health: text }));
        }),
      );
    },
  };
}

/** One spelling per scope, whatever the order of its fields. */
function scopeKey(scope: HealthScope): string {
  return JSON.stringify(Object.fromEntries(Object.entries(scope).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}
