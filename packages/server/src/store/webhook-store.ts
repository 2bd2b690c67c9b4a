import type { WebhookEventType } from '@arouter/contract';
import { sql } from 'kysely';
import { branded, definedColumns, fromFlag, fromJson, noFieldLeft, toFlag, toJson } from './columns.ts';
import { rawQuery, sqliteQueries as queries } from './sql-executor.ts';
import type { SqlExecutor } from './sql-executor.ts';
import type { DeliveryTable, WebhookTable } from './tables.ts';
import type { Delivery, NewDelivery, WebhookRecord, WebhookStore } from './webhook-ports.ts';

export function createWebhookStore(executor: SqlExecutor): WebhookStore {
  return {
    ...destinations(executor),
    enqueue: (deliveries) => enqueue(executor, deliveries),
    async due(at, { perDestination, all }) {
      // The payloads of those that are not chosen are not read.
      const rows = await executor.read(
        rawQuery<DeliveryRow>(sql`SELECT webhook_deliveries.* FROM webhook_deliveries JOIN (
            SELECT id, row_number() OVER (PARTITION BY webhook_id ORDER BY next_attempt_at, sequence) AS turn
            FROM webhook_deliveries WHERE state = 'pending' AND next_attempt_at <= ${at}
          ) AS due ON due.id = webhook_deliveries.id
          WHERE due.turn <= ${perDestination}
          ORDER BY due.turn, webhook_deliveries.next_attempt_at LIMIT ${all}`),
      );
      return rows.map(fromDeliveryRow);
    },
    async settle(id, { state, attempts, statusCode, error, nextAttemptAt, deliveredAt }) {
      const columns = { state, attempts, status_code: statusCode, error };
      await executor.write(
        queries
          .updateTable('webhook_deliveries')
          .set({ ...columns, next_attempt_at: nextAttemptAt, delivered_at: deliveredAt })
          .where('id', '=', id),
      );
    },
    async delivery(workspace, id) {
      const [row] = await executor.read(
        selectDeliveries.where('workspace_id', '=', workspace).where('id', '=', id),
      );
      return row && fromDeliveryRow(row);
    },
    deliveries: (...asked) => deliveries(executor, ...asked),
    async forget(before) {
      await executor.write(
        queries
          .deleteFrom('webhook_deliveries')
          .where('state', '<>', 'pending')
          .where('created_at', '<', before),
      );
    },
  };
}

async function enqueue(executor: SqlExecutor, deliveries: readonly NewDelivery[]): Promise<void> {
  if (deliveries.length === 0) return;
  await executor.write(
    ...deliveries.map(({ id, webhookId, workspaceId, eventType, eventId, payload, createdAt }) =>
      queries
        .insertInto('webhook_deliveries')
        .values({
          id,
          webhook_id: webhookId,
          workspace_id: workspaceId,
          event_type: eventType,
          event_id: eventId,
          payload,
          state: 'pending',
          attempts: 0,
          created_at: createdAt,
          next_attempt_at: createdAt,
        })
        .onConflict((conflict) => conflict.doNothing()),
    ),
  );
}

async function deliveries(
  executor: SqlExecutor,
  ...[workspace, { webhookId, state }, { before, limit }]: Parameters<WebhookStore['deliveries']>
): Promise<readonly Delivery[]> {
  const columns = definedColumns({ webhook_id: webhookId, state }) as {
    readonly webhook_id: string;
    readonly state: string;
  };
  const rows = await executor.read(
    selectDeliveries
      .where('workspace_id', '=', workspace)
      .where('sequence', '<', before ?? Number.MAX_SAFE_INTEGER)
      .where((where) => where.and(columns))
      .orderBy('sequence', 'desc')
      .limit(limit),
  );
  return rows.map(fromDeliveryRow);
}

type Destinations = Pick<WebhookStore, 'create' | 'list' | 'get' | 'update' | 'delete'>;

function destinations(executor: SqlExecutor): Destinations {
  return {
    async create(record) {
      await executor.write(queries.insertInto('webhooks').values(toWebhookRow(record)));
    },
    async list(workspace) {
      const rows = await executor.read(
        selectWebhooks.$if(workspace !== null, (query) => query.where('workspace_id', '=', workspace ?? '')),
      );
      return rows.map(fromWebhookRow);
    },
    async get(workspace, id) {
      const [row] = await executor.read(
        selectWebhooks.where('workspace_id', '=', workspace).where('id', '=', id),
      );
      return row && fromWebhookRow(row);
    },
    async update(record) {
      const { id, workspace_id: workspace, ...columns } = toWebhookRow(record);
      const [result] = await executor.write(
        queries
          .updateTable('webhooks')
          .set(columns)
          .where('workspace_id', '=', workspace)
          .where('id', '=', id),
      );
      return (result?.changes ?? 0) > 0;
    },
    async delete(workspace, id) {
      const [result] = await executor.write(
        queries.deleteFrom('webhooks').where('workspace_id', '=', workspace).where('id', '=', id),
        queries
          .deleteFrom('webhook_deliveries')
          .where('workspace_id', '=', workspace)
          .where('webhook_id', '=', id)
          .where('state', '=', 'pending'),
      );
      return (result?.changes ?? 0) > 0;
    },
  };
}

const selectWebhooks = queries.selectFrom('webhooks').selectAll().orderBy('created_at').orderBy('id');
const selectDeliveries = queries.selectFrom('webhook_deliveries').selectAll();

function toWebhookRow(record: WebhookRecord): WebhookTable {
  const { id, workspaceId, name, url, method, privacyMode, samplingRate, apiKeyIds, ...more } = record;
  const { eventTypes, disabled, headerNames, destination, sealed, createdAt, updatedAt, ...nothing } = more;
  noFieldLeft(nothing);
  return {
    id,
    workspace_id: workspaceId,
    name,
    url,
    method,
    privacy_mode: toFlag(privacyMode),
    sampling_rate: samplingRate,
    api_key_ids: toJson(apiKeyIds),
    event_types: toJson(eventTypes),
    disabled: toFlag(disabled),
    header_names: JSON.stringify(headerNames),
    destination,
    sealed,
    created_at: createdAt,
    updated_at: updatedAt,
  };
}

function fromWebhookRow(row: WebhookTable): WebhookRecord {
  return {
    id: row.id,
    workspaceId: branded(row.workspace_id),
    name: row.name,
    url: row.url,
    method: row.method as WebhookRecord['method'],
    privacyMode: fromFlag(row.privacy_mode),
    samplingRate: row.sampling_rate,
    apiKeyIds: fromJson(row.api_key_ids),
    eventTypes: fromJson<readonly WebhookEventType[]>(row.event_types),
    disabled: fromFlag(row.disabled),
    headerNames: fromJson(row.header_names),
    destination: row.destination,
    sealed: row.sealed,
    createdAt: branded(row.created_at),
    updatedAt: branded(row.updated_at),
  };
}

type DeliveryRow = Omit<DeliveryTable, 'sequence'> & { readonly sequence: number };

function fromDeliveryRow(row: DeliveryRow): Delivery {
  const at = (value: number | null): Delivery['nextAttemptAt'] => (value === null ? null : branded(value));
  return {
    sequence: row.sequence,
    id: row.id,
    webhookId: row.webhook_id,
    workspaceId: branded(row.workspace_id),
    eventType: row.event_type as WebhookEventType,
    eventId: row.event_id,
    payload: row.payload,
    state: row.state as Delivery['state'],
    attempts: row.attempts,
    statusCode: row.status_code,
    error: row.error,
    createdAt: branded(row.created_at),
    nextAttemptAt: at(row.next_attempt_at),
    deliveredAt: at(row.delivered_at),
  };
}
