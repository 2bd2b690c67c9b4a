/**
 * Brings the journal into the tables, exactly once: how far the tables follow it is stored in the same transaction. An
 * operation that breaks a rule of the schema is a mistake of ours; it is told and left out, and holds up nobody. When
 * the database itself fails (busy, full), nothing of the transaction stays and the next call begins there again.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { describeFailure } from './connection.ts';
import { operationsOf } from './journal-format.ts';
import type { JournalBatch, JournalReader } from './journal-reader.ts';
import type { LedgerWriter, Shortfall } from './ledger-writer.ts';
import { OPEN, REFUSE, SETTLE } from './messages.ts';
import type { FailureMessage, JournalOperation, ProjectionNote, ProjectReply } from './messages.ts';
import { isUnavailable } from './result-codes.ts';

/** In one call, so that other writes are not kept waiting; the rest comes with the next one. */
const OPERATIONS_MAX = 20_000;
const NOTES_MAX = 100;
/** Of an operation that was left out: what it is and whose. */
const SHOWN_COLUMNS = 6;

export type ProjectorOptions = {
  readonly database: DatabaseSync;
  readonly reader: JournalReader;
  readonly ledger: LedgerWriter;
};

/** One operation, inside a transaction. What the operator should hear of is added to the notes. */
type Apply = (operation: JournalOperation, notes: ProjectionNote[]) => void;

export class JournalProjector {
  readonly #database: DatabaseSync;
  readonly #reader: JournalReader;
  readonly #ledger: LedgerWriter;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #storePosition: StatementSync;
  #position: number;

  constructor({ database, reader, ledger }: ProjectorOptions) {
    this.#database = database;
    this.#reader = reader;
    this.#ledger = ledger;
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
    this.#storePosition = database.prepare(
      `INSERT INTO instance (name, value) VALUES ('journal_position', ?)
      ON CONFLICT DO UPDATE SET value = excluded.value`,
    );
    const row = database.prepare(`SELECT value FROM instance WHERE name = 'journal_position'`).get();
    this.#position = Number(row?.['value'] ?? 0);
  }

  get position(): number {
    return this.#position;
  }

  /** Up to the position, or to the journal's end when that comes first. */
  project(to: number): ProjectReply & { readonly hasLoss: boolean; readonly isAtEnd: boolean } {
    const notes: ProjectionNote[] = [];
    let operations = 0;
    let hasLoss = false;
    let isAtEnd = false;
    let failure: FailureMessage | null = null;
    while (this.#position < to && operations < OPERATIONS_MAX) {
      try {
        const batch = this.#reader.next(this.#position);
        isAtEnd = batch === null;
        if (batch === null) break;
        if (batch.loss !== null) notes.push({ message: batch.loss, fields: {} });
        hasLoss ||= batch.loss !== null;
        operations += this.#apply(batch, notes);
        this.#position = batch.position;
      } catch (error) {
        failure = describeFailure(error);
        break;
      }
    }
    return {
      position: this.#position,
      operations,
      notes: notes.slice(0, NOTES_MAX),
      failure,
      hasLoss,
      isAtEnd,
    };
  }

  /** Returns how many operations these were. */
  #apply(batch: JournalBatch, notes: ProjectionNote[]): number {
    try {
      return this.#inTransaction(batch, notes, this.#applyOne);
    } catch (error) {
      if (!isOperationsOwn(error)) throw error;
      return this.#inTransaction(batch, notes, this.#applyIfGood);
    }
  }

  #inTransaction({ groups, position }: JournalBatch, notes: ProjectionNote[], apply: Apply): number {
    const notesBefore = notes.length;
    let operations = 0;
    try {
      this.#begin.run();
      for (const group of groups) {
        for (const operation of operationsOf(group)) {
          apply(operation, notes);
          operations += 1;
        }
      }
      this.#ledger.writeRollups();
      this.#storePosition.run(position);
      this.#commit.run();
      return operations;
    } catch (error) {
      notes.length = notesBefore;
      this.#ledger.rolledBack();
      // Some failures (a full disk) have rolled back already.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  readonly #applyOne: Apply = (operation, notes) => {
    switch (operation[0]) {
      case OPEN:
        return this.#ledger.open(operation);
      case SETTLE: {
        const shortfall = this.#ledger.settle(operation);
        if (shortfall !== null) notes.push(shortfallNote(shortfall));
        return;
      }
      case REFUSE:
        return this.#ledger.refuse(operation);
    }
  };

  readonly #applyIfGood: Apply = (operation, notes) => {
    this.#database.exec('SAVEPOINT one');
    try {
      this.#applyOne(operation, notes);
      this.#database.exec('RELEASE one');
    } catch (error) {
      if (!isOperationsOwn(error)) throw error;
      this.#database.exec('ROLLBACK TO one');
      this.#database.exec('RELEASE one');
      const { message } = describeFailure(error);
      const fields = { operation: operation.slice(0, SHOWN_COLUMNS), reason: message };
      notes.push({ message: 'a row of the ledger was left out', fields });
    }
  };
}

function shortfallNote({ attempt, shortfallNano }: Shortfall): ProjectionNote {
  const { generationId, attemptNo } = attempt;
  return {
    message: 'credits did not cover the charge; the workspace was charged what it had',
    fields: { generation: generationId, attempt: attemptNo, shortfallNano },
  };
}

/** A broken constraint, or a mistake of ours. */
function isOperationsOwn(error: unknown): boolean {
  const { errorCode } = describeFailure(error);
  return errorCode === null || !isUnavailable(errorCode);
}
