/** A thread that reads. The statements of one message see one moment. It also copies the WAL back when told to. */
import { parentPort, workerData } from 'node:worker_threads';
import {
  allRows,
  checkpointPassively,
  createStatementCache,
  describeFailure,
  endThread,
  openConnection,
} from './connection.ts';
import { CLOSE } from './messages.ts';
import type { ReaderMessage, ReaderReply, WorkerSettings } from './messages.ts';

const database = openConnection(workerData as WorkerSettings);
// Still allows checkpoints: https://www.sqlite.org/pragma.html#pragma_query_only
database.exec('PRAGMA query_only = ON');
const prepared = createStatementCache(database);

parentPort?.on('message', (message: ReaderMessage) => {
  if (message === CLOSE) return endThread(database);
  parentPort?.postMessage(answer(message));
});

function answer(message: Exclude<ReaderMessage, typeof CLOSE>): ReaderReply {
  const { id } = message;
  if ('checkpoint' in message) return { id, checkpoint: checkpointPassively(database) };
  try {
    database.exec('BEGIN');
    return {
      id,
      results: message.statements.map(({ sql, parameters }) => allRows(prepared(sql), parameters)),
    };
  } catch (error) {
    return { id, failure: describeFailure(error) };
  } finally {
    if (database.isTransaction) database.exec('COMMIT');
  }
}
