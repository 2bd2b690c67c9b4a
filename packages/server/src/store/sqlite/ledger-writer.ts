/**
 * The ledger's hot statements, inside the projection's transaction. A settlement writes its row, its share of the rollups
 * and, where charged, its credit entry; a second settlement of the same attempt writes nothing. What is known of open
 * attempts is only remembered: who rolls a transaction back says so, and it is forgotten.
 */
import type { DatabaseSync } from 'node:sqlite';
import { upstreamKey } from '../upstream-key.ts';
import type { OpenOperation, RefuseOperation, SettleOperation } from './messages.ts';
import { createErrorSums, type ErrorSums } from './error-sums.ts';
import { createRollupSums } from './rollup-sums.ts';
import type { OpenAttempt, RollupSums } from './rollup-sums.ts';

/** Credits did not cover the charge: the workspace was charged what it had. */
export type Shortfall = { readonly attempt: OpenAttempt; readonly shortfallNano: number };

/** Beyond it an attempt's row is read back when it is settled. */
const OPEN_ATTEMPTS_CACHED_MAX = 50_000;

export class LedgerWriter {
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #rollups: RollupSums;
  readonly #errors: ErrorSums;
  readonly #openAttempts = new Map<number, OpenAttempt>();

  constructor(database: DatabaseSync) {
    this.#statements = prepareStatements(database);
    this.#rollups = createRollupSums(database);
    this.#errors = createErrorSums(database);
  }

  open(operation: OpenOperation): void {
    // Not `run`, which makes an object of what came of it.
    this.#statements.insertAttempt.get(...operation);
    if (this.#openAttempts.size >= OPEN_ATTEMPTS_CACHED_MAX) return;
    const sequence = operation[1];
    this.#openAttempts.set(sequence, {
      sequence,
      workspaceId: operation[2],
      generationId: operation[4],
      attemptNo: operation[5],
      apiKeyId: operation[7],
      openedAt: operation[11],
      providerKeyId: operation[12],
      provider: operation[13],
      source: operation[14],
      model: operation[15],
    });
  }

  /** Throws when it was never opened. */
  settle(operation: SettleOperation): Shortfall | null {
    const sequence = operation[1];
    const attempt = this.#openAttempts.get(sequence) ?? this.#readAttempt(sequence);
    const charge = operation[19];
    const taken = charge > 0 ? Math.min(charge, this.#available(attempt.workspaceId)) : 0;
    const stored = this.#insertSettlement(operation, taken);
    this.#openAttempts.delete(sequence);
    if (!stored) return null;
    if (taken > 0) this.#insertUsage(attempt, operation, taken);
    // Last, so that a statement that fails leaves nothing behind in memory.
    this.#rollups.add(attempt, operation);
    this.#errors.add(attempt, operation);
    return charge === taken ? null : { attempt, shortfallNano: charge - taken };
  }

  refuse(operation: RefuseOperation): void {
    this.#statements.insertRefusal.get(...operation);
  }

  /** Last thing in the transaction. */
  writeRollups(): void {
    this.#rollups.write();
    this.#errors.write();
  }

  rolledBack(): void {
    this.#rollups.clear();
    this.#errors.clear();
    this.#openAttempts.clear();
  }

  #readAttempt(sequence: number): OpenAttempt {
    const row = this.#statements.findAttempt.get(sequence);
    if (row === undefined) throw new Error(`attempt ${sequence} was never opened`);
    return row as OpenAttempt;
  }

  #available(workspaceId: string): number {
    return Number(this.#statements.balance.get(workspaceId)?.['available'] ?? 0);
  }

  /** False when the attempt was settled before. */
  #insertSettlement(operation: SettleOperation, taken: number): boolean {
    const upstreamId = operation[6];
    const key = upstreamId === null ? null : upstreamKey(operation[1], upstreamId);
    // What was taken, not what was asked.
    const values = taken === operation[19] ? operation : operation.with(19, taken);
    return this.#statements.insertSettlement.run(key, ...values).changes !== 0;
  }

  #insertUsage(attempt: OpenAttempt, operation: SettleOperation, taken: number): void {
    const { workspaceId, generationId, attemptNo, model } = attempt;
    const tokens = `${operation[8] ?? 0} input tokens, ${operation[12] ?? 0} output tokens`;
    this.#statements.insertUsage.run(
      `txn_${generationId}_${attemptNo}`,
      workspaceId,
      -taken,
      `${model} - ${tokens}`,
      operation[2],
    );
  }
}

/** `kind` takes what an operation begins with and no column is for: it is bound as it is, without a copy of the rest. */
function prepareStatements(database: DatabaseSync) {
  return {
    insertAttempt: database.prepare(
      `WITH kind AS (SELECT ?) INSERT INTO attempts VALUES (${placeholders(21)})`,
    ),
    insertSettlement: database.prepare(
      `WITH key AS (SELECT ?1), kind AS (SELECT ?) INSERT INTO settlements VALUES (${placeholders(26)}, ?1)
      ON CONFLICT (sequence) DO NOTHING`,
    ),
    insertRefusal: database.prepare(
      `WITH kind AS (SELECT ?) INSERT INTO refusals VALUES (${placeholders(12)}) ON CONFLICT DO NOTHING`,
    ),
    findAttempt: database.prepare(
      `SELECT sequence, workspace_id AS workspaceId, generation_id AS generationId, attempt_no AS attemptNo,
        api_key_id AS apiKeyId, opened_at AS openedAt, provider_key_id AS providerKeyId, provider, source, model
      FROM attempts WHERE sequence = ?`,
    ),
    balance: database.prepare(
      'SELECT granted_nano - used_nano AS available FROM credit_balances WHERE workspace_id = ?',
    ),
    insertUsage: database.prepare(
      `INSERT INTO credit_entries (id, workspace_id, kind, amount_nano, description, created_at)
      VALUES (?, ?, 'usage', ?, ?, ?)`,
    ),
  };
}

function placeholders(count: number): string {
  return Array.from({ length: count }, () => '?').join(', ');
}
