/** Stops that do not wait: at the limit of the stop, and at a second signal. Every stream that was cut is in the ledger once. */
import { startSandbox, type Sandbox } from '@arouter/sandbox';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createManagementClient } from '../support/management-client.ts';
import { readLedger, type LedgerRow } from '../support/read-ledger.ts';
import type { Seen } from '../support/send.ts';
import { startGateway, type Gateway } from '../support/start-gateway.ts';
import { ask } from '../support/tenant.ts';
import { waitUntil } from '../support/wait-until.ts';

const STREAMS = 100;
const STOP_MS = 3000;
/** Two signals at once may reach a process as one. */
const SECOND_SIGNAL_MS = 300;

let sandbox: Sandbox;
let gateway: Gateway;
beforeEach(async () => {
  // A stream of 200 words takes much longer than the stop waits.
  sandbox = await startSandbox({ frameDelayMs: 250 });
  gateway = await startGateway({
    egressAllow: [sandbox.url],
    environment: { AROUTER_STOP_MS_MAX: String(STOP_MS) },
  });
  const credential = { api_key: 'sk-sandbox-0123456789' };
  const client = createManagementClient(gateway);
  await client.addKey({ provider: 'openai', credential, base_url: `${sandbox.url}/openai/v1` });
  await client.addKey({ provider: 'anthropic', credential, base_url: `${sandbox.url}/anthropic` });
});
afterEach(async () => {
  await gateway.remove();
  await sandbox.close();
});

/** Resolves when each of the streams has sent something. */
async function beginStreams(): Promise<readonly Promise<Seen>[]> {
  const begun = new Set<number>();
  const answers = Array.from({ length: STREAMS }, (_, index) =>
    ask(gateway.url, gateway.keys.apiKey, {
      dialect: index % 2 === 0 ? 'openai' : 'anthropic',
      stream: true,
      text: 'Write 200 words',
      maxTokens: 400,
      onPiece: () => void begun.add(index),
    }),
  );
  await waitUntil(
    () => begun.size,
    (count) => count === STREAMS,
  );
  return answers;
}

function streamsInLedger(): readonly LedgerRow[] {
  const ledger = readLedger(gateway.dataDir);
  const rows = ledger.attempts().filter(({ streamed }) => streamed === 1);
  ledger.close();
  return rows;
}

test('what outlives the limit of a stop is cut, told so, and settled at a cost before the process ends', async () => {
  const answers = await beginStreams();
  const exit = await gateway.stop();
  const texts = (await Promise.all(answers)).map(({ text }) => text);
  expect(exit).toEqual({ code: 0, signal: null });
  expect(texts.filter((text) => /data: \[DONE\]|message_stop/.test(text))).toEqual([]);
  const rows = streamsInLedger();
  expect(rows).toHaveLength(STREAMS);
  expect(rows.filter(({ outcome, final }) => outcome !== 'interrupted' || final !== 1)).toEqual([]);
  expect(rows.filter(({ cost_nano: cost }) => (cost ?? 0) <= 0)).toEqual([]);
}, 60_000);

test('a second SIGTERM does not wait, and the next start settles what it cut off', async () => {
  const answers = await beginStreams();
  gateway.send('SIGTERM');
  await new Promise((resolve) => setTimeout(resolve, SECOND_SIGNAL_MS));
  gateway.send('SIGTERM');
  expect(await gateway.exited).toEqual({ code: 130, signal: null });
  await Promise.all(answers);
  gateway = await gateway.restart();
  await gateway.stop();
  const rows = streamsInLedger();
  expect(rows).toHaveLength(STREAMS);
  expect(rows.filter(({ outcome, final }) => outcome !== 'interrupted' || final !== 1)).toEqual([]);
}, 60_000);
