/** The ledger as it lies on the disk, read by a program that knows nothing of the gateway's own code. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export type LedgerRow = {
  readonly sequence: number;
  readonly generation_id: string;
  readonly attempt_no: number;
  readonly upstream_model: string;
  readonly model: string;
  readonly provider_key_id: string;
  readonly source: string;
  readonly reserved_nano: number;
  readonly streamed: number;
  /** Null while the attempt is not settled. */
  readonly outcome: string | null;
  readonly final: number | null;
  readonly caller_status: number | null;
  readonly upstream_id: string | null;
  readonly usage_origin: string | null;
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly cost_nano: number | null;
  readonly charged_nano: number | null;
};

export type LedgerOnDisk = {
  /** Every attempt, with its settlement where it has one. */
  attempts(): readonly LedgerRow[];
  /** Rows of one SQL question; numbers come as numbers. */
  ask(sql: string): readonly Readonly<Record<string, unknown>>[];
  close(): void;
};

/** Opens read-only. For a data folder that no process has open, or has open while nothing changes. */
export function readLedger(dataDir: string): LedgerOnDisk {
  const database = new DatabaseSync(join(dataDir, 'arouter.db'), { readOnly: true });
  const ask = (sql: string): readonly Readonly<Record<string, unknown>>[] => database.prepare(sql).all();
  return {
    attempts: () =>
      ask(
        `SELECT a.sequence, a.generation_id, a.attempt_no, a.upstream_model, a.model, a.provider_key_id, a.source,
          a.reserved_nano, a.streamed, s.outcome, s.final, s.caller_status, s.upstream_id, s.usage_origin, s.input_tokens,
          s.output_tokens, s.cost_nano, s.charged_nano
        FROM attempts a LEFT JOIN settlements s ON s.sequence = a.sequence ORDER BY a.sequence`,
      ) as unknown as readonly LedgerRow[],
    ask,
    close: () => database.close(),
  };
}
