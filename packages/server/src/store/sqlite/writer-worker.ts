/**
 * The only thread that writes to the database: what the journal holds, and the statements of the other stores. Of
 * those, each message is one transaction; the reply goes out after COMMIT. A group that breaks a rule takes nobody with
 * it: the transaction is rolled back and every group is run again in one of its own. When the database itself fails
 * (busy, full), all fail together: trying each again would wait as often.
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
import { JournalProjector } from './journal-projector.ts';
import { JournalReader } from './journal-reader.ts';
import { LedgerWriter } from './ledger-writer.ts';
import { CLOSE } from './messages.ts';
import type {
  FailureMessage,
  GroupReply,
  Statement,
  StatementGroup,
  WorkerSettings,
  WriteResult,
  WriterMessage,
  WriterReply,
} from './messages.ts';

const settings = workerData as WorkerSettings;
const database = openConnection(settings);
const prepared = createStatementCache(database);
const reader = new JournalReader(settings.file);
const projector = new JournalProjector({ database, reader, ledger: new LedgerWriter(database) });
const begin = database.prepare('BEGIN IMMEDIATE');
const commit = database.prepare('COMMIT');

parentPort?.on('message', (message: WriterMessage) => {
  if (message === CLOSE) {
    reader.close();
    endThread(database);
    return;
  }
  parentPort?.postMessage(answer(message));
});

function answer(message: Exclude<WriterMessage, typeof CLOSE>): WriterReply {
  switch (message.kind) {
    case 'project':
      return projector.project(message.to);
    case 'write':
      return commitGroups(message.groups);
    case 'checkpoint':
      return checkpointPassively(database);
  }
}

function commitGroups(groups: readonly StatementGroup[]): readonly GroupReply[] {
  try {
    return commitTogether(groups);
  } catch (error) {
    const failure = describeFailure(error);
    if (groups.length > 1 && isGroupsOwn(failure)) return groups.flatMap((group) => commitGroups([group]));
    return groups.map(() => ({ failure }));
  }
}

/** A broken constraint, or a mistake of ours. */
function isGroupsOwn({ errorCode }: FailureMessage): boolean {
  return errorCode === null || !isUnavailable(errorCode);
}

function commitTogether(groups: readonly StatementGroup[]): readonly GroupReply[] {
  try {
    begin.run();
    const replies = groups.map((group) => ({ results: group.map(execute) }));
    commit.run();
    return replies;
  } catch (error) {
    // Some failures (a full disk) have rolled back already.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
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
