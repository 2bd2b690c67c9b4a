/** Holds a soak's ledger against what its callers saw, and its rollups against the ledger. The gateway has stopped. */
import { readLedger } from '../../tests/support/read-ledger.ts';
import type { BooksSeen } from './judge.ts';

export function readBooks(dataDir: string, complete: ReadonlySet<string>): BooksSeen {
  const ledger = readLedger(dataDir);
  try {
    const answered = new Map<string, number>();
    let settled = 0;
    let unsettled = 0;
    let costNano = 0;
    for (const row of ledger.attempts()) {
      if (row.outcome === null) {
        unsettled += 1;
        continue;
      }
      settled += 1;
      costNano += row.cost_nano ?? 0;
      if (row.final === 1 && row.caller_status === 200)
        answered.set(row.generation_id, (answered.get(row.generation_id) ?? 0) + 1);
    }
    const [rolled] = ledger.ask('SELECT SUM(attempts) AS attempts, SUM(cost_nano) AS nano FROM rollups');
    return {
      complete: complete.size,
      notOnce: [...complete].filter((id) => answered.get(id) !== 1).length,
      unsettled,
      rollupsMissRequests: settled - Number(rolled?.['attempts'] ?? 0),
      rollupsMissNano: costNano - Number(rolled?.['nano'] ?? 0),
    };
  } finally {
    ledger.close();
  }
}
