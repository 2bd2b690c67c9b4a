/** What the simulated ledger says, asked of its own rows and never of a rollup or a counter. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Demand, SpendScope } from '@arouter/core';

export type AttemptCount = { readonly attempts: number; readonly settled: number; readonly finals: number };

export class LedgerQueries {
  readonly #prepare: (sql: string) => StatementSync;

  constructor(database: DatabaseSync) {
    const prepared = new Map<string, StatementSync>();
    this.#prepare = (sql) => {
      const known = prepared.get(sql) ?? database.prepare(sql);
      prepared.set(sql, known);
      return known;
    };
  }

  /** Settled cost of the scope's attempts that were opened in [from, to). */
  spent(
    scope: SpendScope,
    byokCounts: boolean,
    { from, to }: { readonly from: number; readonly to: number },
  ): number {
    const owner = scope.owner === 'provider_key' ? 'a.provider_key_id' : 'a.api_key_id';
    const sources = scope.owner === 'api_key' && !byokCounts ? "AND a.source = 'platform'" : '';
    return this.#number(
      `SELECT coalesce(sum(s.cost_nano), 0) AS value FROM settlements s JOIN attempts a ON a.sequence = s.sequence
      WHERE ${owner} = ? AND a.opened_at >= ? AND a.opened_at < ? ${sources}`,
      scope.id,
      from,
      to,
    );
  }

  /** The most that was ever settled on the key for attempts opened in one day, and in one month. */
  fullestPeriods(key: string): { readonly day: number; readonly month: number } {
    const fullest = (period: string) =>
      this.#number(
        `SELECT coalesce(max(spent), 0) AS value FROM (
          SELECT sum(s.cost_nano) AS spent FROM settlements s JOIN attempts a ON a.sequence = s.sequence
          WHERE a.provider_key_id = ? GROUP BY strftime('${period}', a.opened_at / 1000, 'unixepoch'))`,
        key,
      );
    return { day: fullest('%Y-%m-%d'), month: fullest('%Y-%m') };
  }

  /** What all settlements of the key came to above what was held for them. */
  aboveReserved(key: string): number {
    return this.#number(
      `SELECT coalesce(sum(max(s.cost_nano - a.reserved_nano, 0)), 0) AS value
      FROM settlements s JOIN attempts a ON a.sequence = s.sequence WHERE a.provider_key_id = ?`,
      key,
    );
  }

  balance({ workspace }: Pick<Extract<Demand, { kind: 'credits' }>, 'workspace'>): number {
    return this.#number(
      'SELECT coalesce(sum(amount_nano), 0) AS value FROM credit_entries WHERE workspace_id = ?',
      workspace,
    );
  }

  /** What the settlements of the key came to, what was taken from credits for them, and whether one took more than was held for it. */
  charges(key: string): { readonly cost: number; readonly charged: number; readonly aboveHeld: number } {
    const row = this.#prepare(
      `SELECT total(s.cost_nano) AS cost, coalesce(sum(s.charged_nano), 0) AS charged,
        count(CASE WHEN s.charged_nano > a.reserved_nano THEN 1 END) AS above_held
      FROM settlements s JOIN attempts a ON a.sequence = s.sequence WHERE a.provider_key_id = ?`,
    ).get(key);
    return {
      cost: Number(row?.['cost']),
      charged: Number(row?.['charged']),
      aboveHeld: Number(row?.['above_held']),
    };
  }

  /** Of one request, told by its request id. */
  count(requestId: string): AttemptCount {
    const row = this.#prepare(
      `SELECT count(*) AS attempts, count(s.sequence) AS settled, coalesce(sum(s.final), 0) AS finals
      FROM attempts a LEFT JOIN settlements s ON s.sequence = a.sequence WHERE a.request_id = ?`,
    ).get(requestId);
    return {
      attempts: Number(row?.['attempts']),
      settled: Number(row?.['settled']),
      finals: Number(row?.['finals']),
    };
  }

  /** The outcome of the request's final attempt; null where it has none. */
  finalOutcome(requestId: string): string | null {
    const row = this.#prepare(
      `SELECT s.outcome FROM attempts a JOIN settlements s ON s.sequence = a.sequence
      WHERE a.request_id = ? AND s.final = 1`,
    ).get(requestId);
    return row === undefined ? null : String(row['outcome']);
  }

  cost(requestId: string): number {
    return this.#number(
      `SELECT coalesce(sum(s.cost_nano), 0) AS value FROM attempts a JOIN settlements s ON s.sequence = a.sequence
      WHERE a.request_id = ?`,
      requestId,
    );
  }

  /** Taken from credits for attempts whose answer nobody got. */
  chargedForFailed(): number {
    return this.#number(
      `SELECT coalesce(sum(charged_nano), 0) AS value FROM settlements WHERE outcome = 'failed'`,
    );
  }

  openAttempts(): number {
    return this.#number(
      `SELECT count(*) AS value FROM attempts a LEFT JOIN settlements s ON s.sequence = a.sequence
      WHERE s.sequence IS NULL`,
    );
  }

  #number(sql: string, ...parameters: readonly (string | number)[]): number {
    return Number(this.#prepare(sql).get(...parameters)?.['value'] ?? 0);
  }
}
