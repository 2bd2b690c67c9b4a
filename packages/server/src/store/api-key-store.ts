import type { ApiKeyKind, ApiKeyRecord, LimitReset, WorkspaceId } from '@arouter/core';
import { branded, definedColumns, fromFlag, fromJson, noFieldLeft, toFlag, toJson } from './columns.ts';
import type { ConfigWriter } from './config-writer.ts';
import { createDeletableRows } from './deletable-rows.ts';
import { sqliteQueries as queries } from './sql-executor.ts';
import type { SqlExecutor } from './sql-executor.ts';
import type { ApiKeyPatch, ApiKeyStore } from './store.ts';
import type { ApiKeyTable } from './tables.ts';

/** Lists are newest first. */
export function createApiKeyStore(executor: SqlExecutor, config: ConfigWriter): ApiKeyStore {
  return {
    async create(record) {
      const row = toApiKeyRow(record);
      await config.change(
        queries.insertInto('api_keys').values(row),
        queries.deleteFrom('api_keys').where('id', '=', row.id).where('deleted_at', 'is not', null),
      );
    },
    async list(workspace, { offset, limit, includeDisabled, createdBy }) {
      const base = queries
        .selectFrom('api_keys')
        .where('workspace_id', '=', workspace)
        .where('deleted_at', 'is', null)
        .$if(createdBy !== undefined, (query) => query.where('created_by', '=', createdBy ?? null))
        .$if(!includeDisabled, (query) => query.where('disabled', '=', 0));
      const [rows, [count]] = await executor.readTogether<[ApiKeyTable, { total: number }]>(
        base.selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).offset(offset),
        base.select((column) => column.fn.countAll<number>().as('total')),
      );
      return { rows: rows.map(fromApiKeyRow), total: count?.total ?? 0 };
    },
    async getByHash(workspace, hash) {
      const [row] = await executor.read(named(workspace, hash).where('deleted_at', 'is', null));
      return row && fromApiKeyRow(row);
    },
    async getDeleted(workspace, hash, deletedAfter) {
      const [row] = await executor.read(named(workspace, hash).where('deleted_at', '>', deletedAfter));
      return row && fromApiKeyRow(row);
    },
    async update(workspace, hash, patch, at) {
      const { rows } = await config.change(
        queries
          .updateTable('api_keys')
          .set({ ...toPatchColumns(patch), updated_at: at })
          .where('workspace_id', '=', workspace)
          .where('hash', '=', hash)
          .where('deleted_at', 'is', null)
          .returningAll(),
      );
      return rows[0] && fromApiKeyRow(rows[0] as ApiKeyTable);
    },
    ...createDeletableRows(executor, config, { table: 'api_keys', identity: 'hash' }),
  };
}

export const selectApiKeys = queries.selectFrom('api_keys').selectAll().where('deleted_at', 'is', null);

function named(workspace: WorkspaceId, hash: string) {
  return queries
    .selectFrom('api_keys')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where('hash', '=', hash);
}

function toPatchColumns(patch: ApiKeyPatch): Partial<ApiKeyTable> {
  const { name, disabled, limitNano, limitReset, includeByokInLimit, allowedProviders, ...more } = patch;
  const { allowedModels, rpmLimit, expiresAt, hint, mac, ...nothing } = more;
  noFieldLeft(nothing);
  return definedColumns({
    name,
    disabled: disabled === undefined ? undefined : toFlag(disabled),
    limit_nano: limitNano,
    limit_reset: limitReset,
    include_byok_in_limit: includeByokInLimit === undefined ? undefined : toFlag(includeByokInLimit),
    allowed_providers: allowedProviders === undefined ? undefined : toJson(allowedProviders),
    allowed_models: allowedModels === undefined ? undefined : toJson(allowedModels),
    rpm_limit: rpmLimit,
    expires_at: expiresAt,
    hint,
    mac,
  }) as Partial<ApiKeyTable>;
}

function toApiKeyRow(record: ApiKeyRecord): ApiKeyTable {
  const { id, hash, workspaceId, kind, name, hint, disabled, expiresAt, limitNano, limitReset, ...more } =
    record;
  const { includeByokInLimit, allowedProviders, allowedModels, rpmLimit, createdAt, updatedAt, ...last } =
    more;
  const { mac, createdBy, ...nothing } = last;
  noFieldLeft(nothing);
  return {
    id,
    hash,
    workspace_id: workspaceId,
    kind,
    name,
    hint,
    disabled: toFlag(disabled),
    expires_at: expiresAt,
    limit_nano: limitNano,
    limit_reset: limitReset,
    include_byok_in_limit: toFlag(includeByokInLimit),
    allowed_providers: toJson(allowedProviders),
    allowed_models: toJson(allowedModels),
    rpm_limit: rpmLimit,
    created_at: createdAt,
    updated_at: updatedAt,
    mac,
    created_by: createdBy,
    deleted_at: null,
  };
}

export function fromApiKeyRow(row: ApiKeyTable): ApiKeyRecord {
  return {
    id: branded(row.id),
    hash: row.hash,
    workspaceId: branded(row.workspace_id),
    kind: row.kind as ApiKeyKind,
    name: row.name,
    hint: row.hint,
    disabled: fromFlag(row.disabled),
    expiresAt: row.expires_at === null ? null : branded(row.expires_at),
    limitNano: row.limit_nano === null ? null : branded(row.limit_nano),
    limitReset: row.limit_reset as LimitReset | null,
    includeByokInLimit: fromFlag(row.include_byok_in_limit),
    allowedProviders: fromJson(row.allowed_providers),
    allowedModels: fromJson(row.allowed_models),
    rpmLimit: row.rpm_limit,
    createdAt: branded(row.created_at),
    updatedAt: row.updated_at === null ? null : branded(row.updated_at),
    mac: row.mac,
    createdBy: row.created_by,
  };
}
