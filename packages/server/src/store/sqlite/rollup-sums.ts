/** Rollup increments of one transaction, added up in memory and written once per row. Meanings: 0001-init.ts. */
import type { DatabaseSync } from 'node:sqlite';
import type { SettleOperation } from './messages.ts';

const HOUR_MS = 3_600_000;

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
  const upsert = prepareUpsert(database);
  const increments = new Map<string, Increment>();
  return {
    add(attempt, settlement) {
      const key = rollupKey(attempt);
      let increment = increments.get(key);
      if (increment === undefined) {
        increment = emptyIncrement(attempt);
        increments.set(key, increment);
      }
      addTo(increment, attempt, settlement);
    },
    write() {
      for (const increment of increments.values()) upsert(increment);
      increments.clear();
    },
    clear: () => increments.clear(),
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
  return `${hourOf(openedAt)}\n${workspaceId}\n${apiKeyId}\n${providerKeyId}\n${provider}\n${source}\n${model}`;
}

function hourOf(at: number): number {
  return at - (at % HOUR_MS);
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

function prepareUpsert(database: DatabaseSync): (increment: Increment) => void {
  const statement = database.prepare(`
    INSERT INTO rollups VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET
      requests = requests + excluded.requests,
      errors = errors + excluded.errors,
      attempts = attempts + excluded.attempts,
      failed_attempts = failed_attempts + excluded.failed_attempts,
      input_tokens = input_tokens + excluded.input_tokens,
      output_tokens = output_tokens + excluded.output_tokens,
      cost_nano = cost_nano + excluded.cost_nano,
      unpriced_requests = unpriced_requests + excluded.unpriced_requests,
      last_used_at = max(last_used_at, excluded.last_used_at)`);
  return ({ attempt, ...sums }) => {
    statement.run(
      attempt.workspaceId,
      hourOf(attempt.openedAt),
      attempt.apiKeyId,
      attempt.providerKeyId,
      attempt.provider,
      attempt.model,
      attempt.source,
      sums.requests,
      sums.errors,
      sums.attempts,
      sums.failedAttempts,
      sums.inputTokens,
      sums.outputTokens,
      sums.costNano,
      sums.unpricedRequests,
      sums.lastUsedAt,
    );
  };
}
