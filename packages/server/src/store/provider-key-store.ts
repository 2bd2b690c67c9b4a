import type { CredentialTypeId, KeySource, ProviderKeyRecord } from '@arouter/core';
import { branded, fromFlag, fromJson, noFieldLeft, toFlag, toJson } from './columns.ts';
import type { ConfigWriter } from './config-writer.ts';
import { createDeletableRows } from './deletable-rows.ts';
import { sqliteQueries as queries } from './sql-executor.ts';
import type { SqlExecutor } from './sql-executor.ts';
import type { ProviderKeyStore } from './store.ts';
import type { ProviderKeyTable } from './tables.ts';

/** Lists are in order of creation. */
export function createProviderKeyStore(executor: SqlExecutor, config: ConfigWriter): ProviderKeyStore {
  const get: ProviderKeyStore['get'] = async (workspace, id) => {
    const [row] = await executor.read(
      selectProviderKeys.where('workspace_id', '=', workspace).where('id', '=', id),
    );
    return row && fromProviderKeyRow(row);
  };
  return {
    get,
    async create(record) {
      await config.change(queries.insertInto('provider_keys').values(toProviderKeyRow(record)));
    },
    async list(workspace) {
      const rows = await executor.read(selectProviderKeys.where('workspace_id', '=', workspace));
      return rows.map(fromProviderKeyRow);
    },
    async update(record, expectedVersion) {
      const { id, workspace_id: workspace, ...columns } = toProviderKeyRow(record);
      const { changes } = await config.change(
        queries
          .updateTable('provider_keys')
          .set(columns)
          .where('workspace_id', '=', workspace)
          .where('id', '=', id)
          .where('version', '=', expectedVersion)
          .where('deleted_at', 'is', null),
      );
      if (changes > 0) return 'stored';
      return (await get(record.workspaceId, record.id)) === undefined ? 'missing' : 'version_conflict';
    },
    ...createDeletableRows(executor, config, { table: 'provider_keys', identity: 'id' }),
  };
}

export const selectProviderKeys = queries
  .selectFrom('provider_keys')
  .selectAll()
  .where('deleted_at', 'is', null)
  .orderBy('workspace_id')
  .orderBy('created_at')
  .orderBy('id');

function toProviderKeyRow(record: ProviderKeyRecord): ProviderKeyTable {
  const { id, workspaceId, source, provider, credentialType, label, hint, alwaysUse, weight, ...more } =
    record;
  const { rpmLimit, baseUrl, region, supportedModels, dailyBudgetNano, monthlyBudgetNano, ...rest } = more;
  const { hardBudget, maxConcurrency, enabled, options, destination, sealed, ...last } = rest;
  const { secretVersion, version, createdAt, updatedAt, ...nothing } = last;
  noFieldLeft(nothing);
  return {
    id,
    workspace_id: workspaceId,
    source,
    provider,
    credential_type: credentialType,
    label,
    hint,
    always_use: toFlag(alwaysUse),
    weight,
    rpm_limit: rpmLimit,
    base_url: baseUrl,
    region,
    supported_models: toJson(supportedModels),
    daily_budget_nano: dailyBudgetNano,
    monthly_budget_nano: monthlyBudgetNano,
    hard_budget: toFlag(hardBudget),
    max_concurrency: maxConcurrency,
    enabled: toFlag(enabled),
    options: JSON.stringify(options),
    destination,
    sealed,
    secret_version: secretVersion,
    version,
    created_at: createdAt,
    updated_at: updatedAt,
    deleted_at: null,
  };
}

export function fromProviderKeyRow(row: ProviderKeyTable): ProviderKeyRecord {
  return {
    id: branded(row.id),
    workspaceId: branded(row.workspace_id),
    source: row.source as KeySource,
    provider: branded(row.provider),
    credentialType: row.credential_type as CredentialTypeId,
    label: row.label,
    hint: row.hint,
    alwaysUse: fromFlag(row.always_use),
    weight: row.weight,
    rpmLimit: row.rpm_limit,
    baseUrl: row.base_url,
    region: row.region,
    supportedModels: fromJson(row.supported_models),
    dailyBudgetNano: row.daily_budget_nano === null ? null : branded(row.daily_budget_nano),
    monthlyBudgetNano: row.monthly_budget_nano === null ? null : branded(row.monthly_budget_nano),
    hardBudget: fromFlag(row.hard_budget),
    maxConcurrency: row.max_concurrency,
    enabled: fromFlag(row.enabled),
    options: fromJson(row.options),
    destination: row.destination,
    sealed: row.sealed,
    secretVersion: row.secret_version,
    version: row.version,
    createdAt: branded(row.created_at),
    updatedAt: branded(row.updated_at),
  };
}
