/** Failures of one transaction, added up in memory and written once per row, beside the rollups. */
import type { DatabaseSync } from 'node:sqlite';
import type { SettleOperation } from './messages.ts';
import type { OpenAttempt } from './rollup-sums.ts';

const HOUR_MS = 3_600_000;

export interface ErrorSums {
  add(attempt: OpenAttempt, settlement: SettleOperation): void;
  write(): void;
  clear(): void;
}

type Row = readonly [
  workspaceId: string,
  hour: number,
  providerKeyId: string,
  apiKeyId: string,
  provider: string,
  model: string,
  source: string,
  failureClass: string,
];

export function createErrorSums(database: DatabaseSync): ErrorSums {
  const statement = database.prepare(`
    INSERT INTO error_rollups VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET count = count + excluded.count`);
  const counts = new Map<string, { readonly row: Row; count: number }>();
  return {
    add(attempt, settlement) {
      const failureClass = classOf(settlement);
      if (failureClass === null) return;
      const { workspaceId, openedAt, providerKeyId, apiKeyId, provider, model, source } = attempt;
      const hour = openedAt - (openedAt % HOUR_MS);
      const row = [
        workspaceId,
        hour,
        providerKeyId,
        apiKeyId,
        provider,
        model,
        source,
        failureClass,
      ] as const;
      const key = row.join('\n');
      const known = counts.get(key);
      if (known === undefined) counts.set(key, { row, count: 1 });
      else known.count += 1;
    },
    write() {
      for (const { row, count } of counts.values()) statement.run(...row, count);
      counts.clear();
    },
    clear: () => counts.clear(),
  };
}

/** Of an attempt that counts as failed; null for all others. */
function classOf(settlement: SettleOperation): string | null {
  const outcome = settlement[3];
  const failure = settlement[4];
  if (failure === null || (outcome !== 'failed' && outcome !== 'interrupted')) return null;
  // The store wrote it itself.
  return (JSON.parse(failure) as { readonly class: string }).class;
}
