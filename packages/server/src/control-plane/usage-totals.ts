/** Rows of rollups added up, own keys and platform apart. */
import type { KeySource } from '@arouter/core';
import type { UsageSums } from '../store/store.ts';
import { shownUsd } from './handler.ts';

export type UsageTotals = {
  readonly requests: number;
  readonly errors: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costNano: number;
  readonly unpriced: number;
  readonly byokRequests: number;
  readonly platformRequests: number;
  readonly byokCostNano: number;
  readonly platformCostNano: number;
  readonly byokAttempts: number;
  readonly byokFailedAttempts: number;
};

export function addUp(rows: readonly (UsageSums & { readonly source?: KeySource })[]): UsageTotals {
  const own = rows.filter(({ source }) => source === 'byok');
  const platform = rows.filter(({ source }) => source === 'platform');
  return {
    requests: sum(rows, (row) => row.requests),
    errors: sum(rows, (row) => row.errors),
    inputTokens: sum(rows, (row) => row.inputTokens),
    outputTokens: sum(rows, (row) => row.outputTokens),
    costNano: sum(rows, (row) => row.costNano),
    unpriced: sum(rows, (row) => row.unpricedRequests),
    byokRequests: sum(own, (row) => row.requests),
    platformRequests: sum(platform, (row) => row.requests),
    byokCostNano: sum(own, (row) => row.costNano),
    platformCostNano: sum(platform, (row) => row.costNano),
    byokAttempts: sum(own, (row) => row.attempts),
    byokFailedAttempts: sum(own, (row) => row.failedAttempts),
  };
}

export function sourceOf(totals: UsageTotals): 'byok' | 'platform' | 'mix' {
  if (totals.byokAttempts > 0 && totals.platformRequests > 0) return 'mix';
  return totals.platformRequests > 0 ? 'platform' : 'byok';
}

export function shownSums(totals: UsageTotals) {
  return {
    requests: totals.requests,
    input_tokens: totals.inputTokens,
    output_tokens: totals.outputTokens,
    estimated_cost_usd: shownUsd(totals.costNano),
  };
}

export function shownParts(totals: UsageTotals) {
  return {
    byok_requests: totals.byokRequests,
    platform_requests: totals.platformRequests,
    estimated_byok_spend_usd: shownUsd(totals.byokCostNano),
    platform_spend_usd: shownUsd(totals.platformCostNano),
  };
}

function sum<Row>(rows: readonly Row[], amount: (row: Row) => number): number {
  return rows.reduce((total, row) => total + amount(row), 0);
}
