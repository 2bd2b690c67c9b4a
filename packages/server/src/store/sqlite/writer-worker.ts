/**
 * The only thread that writes. Each message is one transaction; the reply goes out after COMMIT. An operation that
 * breaks a rule takes nobody with it: the transaction is rolled back and every operation is run again in one of its
 * own. When the database itself fails (busy, full), all fail together: trying each again would wait as often.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { isUnavailable } from './result-codes.ts';
import {
  allRows,
  checkpointPassively,
  createStatementCache,
  describeFailure,
  endThread,
  openConnection,
} from './connection.ts';
import { LedgerWriter } from './ledger-writer.ts';
import { CLOSE, GROUP, OPEN, REFUSE, SETTLE } from './messages.ts';
import type {
  FailureMessage,
  Operation,
  OperationReply,
  Statement,
  WorkerSettings,
  WriteResult,
  WriterMessage,
  WriterReply,
} from './messages.ts';

const database = openConnection(workerData as WorkerSettings);
const prepared = createStatementCache(database);
const ledger = new LedgerWriter(database);
const begin = database.prepare('BEGIN IMMEDIATE');
const commit = database.prepare('COMMIT');

parentPort?.on('message', (message: WriterMessage) => {
  if (message === CLOSE) return endThread(database);
  parentPort?.postMessage(message === 'checkpoint' ? checkpointPassively(database) : commitBatch(message));
});

function commitBatch(operations: readonly Operation[]): WriterReply {
  try {
    return commitTogether(operations);
  } catch (error) {
    const failure = describeFailure(error);
    if (operations.length > 1 && isOperationsOwn(failure)) return operations.map(commitAlone);
    return operations.map(() => ({ failure }));
  }
}

/** A broken constraint, or a mistake of ours. */
function isOperationsOwn({ errorCode }: FailureMessage): boolean {
  return errorCode === null || !isUnavailable(errorCode);
}

function commitAlone(operation: Operation): OperationReply {
  try {
    const reply = commitTogether([operation]);
    return typeof reply === 'number' ? null : (reply[0] ?? null);
  } catch (error) {
    return { failure: describeFailure(error) };
  }
}

function commitTogether(operations: readonly Operation[]): number | readonly OperationReply[] {
  let replies: OperationReply[] | undefined;
  try {
    begin.run();
    for (const [index, operation] of operations.entries()) {
      const reply = apply(operation);
      if (reply === null) continue;
      replies ??= operations.map(() => null);
      replies[index] = reply;
    }
    ledger.writeRollups();
    commit.run();
  } catch (error) {
    ledger.rolledBack();
    // Some failures (a full disk) have rolled back already.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
  ledger.committed();
  return replies ?? operations.length;
}

function apply(operation: Operation): OperationReply {
  switch (operation[0]) {
    case OPEN:
      ledger.open(operation);
      return null;
    case SETTLE: {
      const shortfallNano = ledger.settle(operation);
      return shortfallNano === 0 ? null : { shortfallNano };
    }
    case REFUSE:
      ledger.refuse(operation);
      return null;
    case GROUP:
      return { results: operation[1].map(execute) };
  }
}

function execute({ sql, parameters }: Statement): WriteResult {
  const statement = prepared(sql);
  if (statement.columns().length > 0) {
    const rows = allRows(statement, parameters);
    return { changes: rows.length, rows };
  }
  return { changes: Number(statement.run(...parameters).changes), rows: [] };
}
