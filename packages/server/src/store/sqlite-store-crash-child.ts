/** Run by sqlite-store.test.ts and killed there: writes generations as fast as it can and notes what was acknowledged. */
import { openSync, writeSync } from 'node:fs';
import type { Clock } from '@arouter/core';
import { branded } from './columns.ts';
import { openSqliteStore } from './open-sqlite-store.ts';
import { sampleHeader, sampleOpened, sampleSettled } from './sample-rows.ts';

const CONCURRENT = 16;
const [, , file = '', acknowledgements = ''] = process.argv;
const clock: Clock = {
  now: () => branded(Date.now()),
  monotonicMs: () => performance.now(),
  sleep: () => Promise.resolve(),
};
let ready = false;
const log = { info: () => {}, warn: () => {}, error: () => {} };
const store = await openSqliteStore({ file, synchronous: 'normal', clock, log });
// What is written to a file survives the writer; a pipe would fill up.
const journal = openSync(acknowledgements, 'a');
// The kill may have cut the last note of the child before: a system call that crosses a page of the file ends there.
writeSync(journal, '\n');
await store.recovery.settleOrphans(clock.now());
await store.credits.grant({
  id: `grant-${process.pid}`,
  workspaceId: branded('ws_one'),
  kind: 'grant',
  description: '',
  amountNano: branded(1e6),
  createdAt: clock.now(),
});
await Promise.all(Array.from({ length: CONCURRENT }, writeForever));

async function writeForever(): Promise<never> {
  for (;;) {
    const generation = sampleHeader({ createdAt: clock.now() });
    const row = sampleOpened({ generation });
    await store.ledger.open(row);
    writeSync(journal, `open ${generation.id}\n`);
    await store.ledger.settle(sampleSettled(row, { chargedNano: branded(1000) }));
    writeSync(journal, `settle ${generation.id}\n`);
    if (!ready) process.stdout.write('ready\n');
    ready = true;
  }
}
