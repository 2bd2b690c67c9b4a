/**
 * The ledger's hot statements, inside the writer's transaction. A settlement writes its row, its share of the rollups
 * and, where charged, its credit entry; a second settlement of the same attempt writes nothing. State that must follow
 * the transaction (which attempts are open, rollup increments) is kept apart until `committed`.
 */
import type { DatabaseSync } from 'node:sqlite';
import { upstreamKey } from '../upstream-key.ts';
import type { OpenOperation, RefuseOperation, SettleOperation } from './messages.ts';
import { createRollupSums } from './rollup-sums.ts';
import type { OpenAttempt, RollupSums } from './rollup-sums.ts';

/** Beyond it an attempt's row is read back when it is settled. */
const OPEN_ATTEMPTS_CACHED_MAX = 50_000;

export class LedgerWriter {
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #rollups: RollupSums;
  readonly #openAttempts = new Map<string, OpenAttempt>();
  /** Of the transaction under way. */
  readonly #opening = new Map<string, OpenAttempt>();
  readonly #settled: string[] = [];
  #sequence: number;

  constructor(database: DatabaseSync) {
    this.#statements = prepareStatements(database);
    this.#rollups = createRollupSums(database);
    this.#sequence = Number(this.#statements.lastSequence.get()?.['sequence'] ?? 0);
  }

  open(operation: OpenOperation): void {
    this.#sequence += 1;
    const sequence = this.#sequence;
    this.#statements.insertAttempt.run(sequence, ...operation.slice(1));
    this.#opening.set(attemptKey(operation[3], operation[4]), {
      sequence,
      workspaceId: operation[1],
      apiKeyId: operation[6],
      openedAt: operation[10],
      providerKeyId: operation[11],
      provider: operation[12],
      source: operation[13],
      model: operation[14],
    });
  }

  /** The part of the charge that credits did not cover: 0 in all regular cases. Throws when it was never opened. */
  settle(operation: SettleOperation): number {
    const key = attemptKey(operation[3], operation[4]);
    const attempt = this.#opening.get(key) ?? this.#openAttempts.get(key) ?? this.#readAttempt(operation);
    const charge = operation[22];
    const taken = charge > 0 ? Math.min(charge, this.#available(attempt.workspaceId)) : 0;
    const stored = this.#insertSettlement(attempt.sequence, operation, taken);
    this.#settled.push(key);
    if (!stored) return 0;
    this.#rollups.add(attempt, operation);
    if (taken > 0) this.#insertUsage(attempt, operation, taken);
    return charge - taken;
  }

  refuse(operation: RefuseOperation): void {
    this.#statements.insertRefusal.run(...operation.slice(1));
  }

  /** Last thing in the transaction. */
  writeRollups(): void {
    this.#rollups.write();
  }

  committed(): void {
    for (const [key, attempt] of this.#opening) {
      if (this.#openAttempts.size < OPEN_ATTEMPTS_CACHED_MAX) this.#openAttempts.set(key, attempt);
    }
    for (const key of this.#settled) this.#openAttempts.delete(key);
    this.#forget();
  }

  rolledBack(): void {
    this.#rollups.clear();
    this.#forget();
  }

  #forget(): void {
    this.#opening.clear();
    this.#settled.length = 0;
  }

  #readAttempt(operation: SettleOperation): OpenAttempt {
    const [, workspaceId, createdAt, generationId, attemptNo] = operation;
    const row = this.#statements.findAttempt.get(workspaceId, createdAt, generationId, attemptNo);
    if (row === undefined) throw new Error(`attempt ${attemptNo} of ${generationId} was never opened`);
    return row as OpenAttempt;
  }

  #available(workspaceId: string): number {
    return Number(this.#statements.balance.get(workspaceId)?.['available'] ?? 0);
  }

  /** False when the attempt was settled before. */
  #insertSettlement(sequence: number, operation: SettleOperation, taken: number): boolean {
    const upstreamId = operation[9];
    const values = operation.slice(5);
    // Place 22 of the operation: what was taken, not what was asked.
    values[17] = taken;
    const key = upstreamId === null ? null : upstreamKey(sequence, upstreamId);
    return this.#statements.insertSettlement.run(sequence, ...values, key).changes !== 0;
  }

  #insertUsage(attempt: OpenAttempt, operation: SettleOperation, taken: number): void {
    const [, workspaceId, , generationId, attemptNo, settledAt] = operation;
    const tokens = `${operation[11] ?? 0} input tokens, ${operation[15] ?? 0} output tokens`;
    this.#statements.insertUsage.run(
      `txn_${generationId}_${attemptNo}`,
      workspaceId,
      -taken,
      `${attempt.model} - ${tokens}`,
      settledAt,
    );
  }
}

function attemptKey(generationId: string, attemptNo: number): string {
  return `${generationId}#${attemptNo}`;
}

function prepareStatements(database: DatabaseSync) {
  return {
    lastSequence: database.prepare('SELECT coalesce(max(sequence), 0) AS sequence FROM attempts'),
    insertAttempt: database.prepare(`INSERT INTO attempts VALUES (${placeholders(21)})`),
    insertSettlement: database.prepare(
      `INSERT INTO settlements VALUES (${placeholders(27)}) ON CONFLICT (sequence) DO NOTHING`,
    ),
    insertRefusal: database.prepare(
      `INSERT INTO refusals VALUES (${placeholders(12)}) ON CONFLICT DO NOTHING`,
    ),
    findAttempt: database.prepare(
      `SELECT sequence, workspace_id AS workspaceId, api_key_id AS apiKeyId, opened_at AS openedAt,
        provider_key_id AS providerKeyId, provider, source, model
      FROM attempts WHERE workspace_id = ? AND created_at = ? AND generation_id = ? AND attempt_no = ?`,
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
