/** Rollup increments of one transaction, added up in memory and written once per row and day. Meanings: 0001-init.ts. */
import type { DatabaseSync } from 'node:sqlite';
import { startOfDay, startOfHour } from '../usage-window.ts';
import type { SettleOperation } from './messages.ts';

/** What a settlement needs to know of its attempt. */
export type OpenAttempt = {
  readonly sequence: number;
  readonly generationId: string;
  readonly attemptNo: number;
  readonly workspaceId: string;
  readonly apiKeyId: string;
  readonly openedAt: number;
  readonly providerKeyId: string;
  readonly provider: string;
  readonly source: string;
  readonly model: string;
};

type Increment = {
  readonly attempt: OpenAttempt;
  requests: number;
  errors: number;
  attempts: number;
  failedAttempts: number;
  inputTokens: number;
  outputTokens: number;
  costNano: number;
  unpricedRequests: number;
  lastUsedAt: number;
};

export interface RollupSums {
  add(attempt: OpenAttempt, settlement: SettleOperation): void;
  write(): void;
  clear(): void;
}

export function createRollupSums(database: DatabaseSync): RollupSums {
  const upserts = prepareUpserts(database);
  const increments = new Map<string, Increment>();
  /** Of one row for many settlements in a row, its key is put together once. */
  let last: Increment | null = null;

  function incrementOf(attempt: OpenAttempt): Increment {
    const key = rollupKey(attempt);
    const known = increments.get(key);
    if (known !== undefined) return known;
    const increment = emptyIncrement(attempt);
    increments.set(key, increment);
    return increment;
  }

  function clear(): void {
    increments.clear();
    last = null;
  }

  return {
    add(attempt, settlement) {
      if (last === null || !isSameRow(last.attempt, attempt)) last = incrementOf(attempt);
      addTo(last, attempt, settlement);
    },
    write() {
      for (const increment of increments.values()) for (const upsert of upserts) upsert(increment);
      clear();
    },
    clear,
  };
}

function addTo(increment: Increment, attempt: OpenAttempt, settlement: SettleOperation): void {
  const outcome = settlement[3];
  const costNano = settlement[17];
  const final = settlement[22] === 1;
  const failed = outcome === 'failed' || outcome === 'interrupted';
  increment.attempts += 1;
  if (failed) increment.failedAttempts += 1;
  if (final) increment.requests += 1;
  if (final && failed) increment.errors += 1;
  if (final && outcome === 'succeeded' && costNano === null) increment.unpricedRequests += 1;
  increment.inputTokens += settlement[8] ?? 0;
  increment.outputTokens += settlement[12] ?? 0;
  increment.costNano += costNano ?? 0;
  increment.lastUsedAt = Math.max(increment.lastUsedAt, attempt.openedAt);
}

function rollupKey(attempt: OpenAttempt): string {
  const { workspaceId, apiKeyId, providerKeyId, provider, source, model, openedAt } = attempt;
  return `${startOfHour(openedAt)}\n${workspaceId}\n${apiKeyId}\n${providerKeyId}\n${provider}\n${source}\n${model}`;
}

/** As by `rollupKey`. */
function isSameRow(one: OpenAttempt, other: OpenAttempt): boolean {
  return (
    startOfHour(one.openedAt) === startOfHour(other.openedAt) &&
    one.workspaceId === other.workspaceId &&
    one.apiKeyId === other.apiKeyId &&
    one.providerKeyId === other.providerKeyId &&
    one.provider === other.provider &&
    one.source === other.source &&
    one.model === other.model
  );
}

function emptyIncrement(attempt: OpenAttempt): Increment {
  return {
    attempt,
    requests: 0,
    errors: 0,
    attempts: 0,
    failedAttempts: 0,
    inputTokens: 0,
    outputTokens: 0,
    costNano: 0,
    unpricedRequests: 0,
    lastUsedAt: 0,
  };
}

/** More rows per day for each row per hour. Meanings: 0007-daily-rollups.ts, 0009-api-key-day-sums.ts. */
function prepareUpserts(database: DatabaseSync): readonly ((increment: Increment) => void)[] {
  const hour = database.prepare(`${upsertInto('rollups', 16)},
      last_used_at = max(last_used_at, excluded.last_used_at)`);
  const day = database.prepare(upsertInto('daily_rollups', 14));
  const apiKeyDay = database.prepare(upsertInto('api_key_daily_rollups', 15));
  const apiKeyDaySum = database.prepare(upsertInto('api_key_day_sums', 12));
  return [
    ({ attempt, lastUsedAt, ...sums }) => {
      const { workspaceId, apiKeyId, openedAt } = attempt;
      const values = [...namesOf(attempt), ...valuesOf(sums)];
      hour.run(workspaceId, startOfHour(openedAt), apiKeyId, ...values, lastUsedAt);
    },
    ({ attempt, ...sums }) => {
      const { workspaceId, openedAt } = attempt;
      day.run(workspaceId, startOfDay(openedAt), ...namesOf(attempt), ...valuesOf(sums));
    },
    ({ attempt, ...sums }) => {
      const { workspaceId, apiKeyId, openedAt } = attempt;
      apiKeyDay.run(workspaceId, apiKeyId, startOfDay(openedAt), ...namesOf(attempt), ...valuesOf(sums));
    },
    ({ attempt, ...sums }) => {
      const { workspaceId, apiKeyId, openedAt, source } = attempt;
      apiKeyDaySum.run(workspaceId, startOfDay(openedAt), apiKeyId, source, ...valuesOf(sums));
    },
  ];
}

function upsertInto(table: string, columns: number): string {
  return `INSERT INTO ${table} VALUES (${Array.from({ length: columns }, () => '?').join(', ')})
    ON CONFLICT DO UPDATE SET
      requests = requests + excluded.requests,
      errors = errors + excluded.errors,
      attempts = attempts + excluded.attempts,
      failed_attempts = failed_attempts + excluded.failed_attempts,
      input_tokens = input_tokens + excluded.input_tokens,
      output_tokens = output_tokens + excluded.output_tokens,
      cost_nano = cost_nano + excluded.cost_nano,
      unpriced_requests = unpriced_requests + excluded.unpriced_requests`;
}

function namesOf({ providerKeyId, provider, model, source }: OpenAttempt) {
  return [providerKeyId, provider, model, source] as const;
}

function valuesOf(sums: Omit<Increment, 'attempt' | 'lastUsedAt'>) {
  const { requests, errors, attempts, failedAttempts } = sums;
  const { inputTokens, outputTokens, costNano, unpricedRequests } = sums;
  return [
    requests,
    errors,
    attempts,
    failedAttempts,
    inputTokens,
    outputTokens,
    costNano,
    unpricedRequests,
  ] as const;
}
