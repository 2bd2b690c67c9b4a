import { nanoUsd, type Counters, type SpendScope } from '@arouter/core';

/** What the counters think was spent: a limit of nothing is always full, and says by how much. */
export function spentInCounters(counters: Pick<Counters, 'readings'>, scope: SpendScope): number {
  const [reading] = counters.readings([
    { kind: 'spend', scope, limitNano: nanoUsd(0), holdNano: nanoUsd(0), enforcement: 'soft' },
  ]);
  return reading?.kind === 'full' ? (reading.spentNano ?? 0) : 0;
}
