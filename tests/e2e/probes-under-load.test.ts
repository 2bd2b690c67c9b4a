/**
 * Whoever watches over the process learns that it is alive while it refuses work: `/livez` under twice the load that is let
 * in, each of whose requests is read, judged and either held or refused.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createManagementClient } from '../support/management-client.ts';
import { send } from '../support/send.ts';
import { addSandboxKey, openStage, type Stage } from '../support/stage.ts';
import { CHEAP_MODEL } from '../support/tenant.ts';

/** Above the length from which bodies are counted. */
const BODY_BYTES = 72 * 1024;
/** What a refusal says to wait. */
const RETRY_MS = 1000;
const LET_IN = 100;
const PROBES = 200;
const P99_MS_MAX = 100;
/** Other tests may have the cores just then: the best of a few counts. */
const ROUNDS = 3;

let stage: Stage;
beforeAll(async () => {
  const held = String(LET_IN * BODY_BYTES);
  stage = await openStage({
    environment: { AROUTER_BODY_BYTES_MAX: String(2 * BODY_BYTES), AROUTER_BODIES_HELD_BYTES_MAX: held },
  });
  await addSandboxKey(stage, createManagementClient(stage.gateway).addKey);
});
afterAll(() => stage.close());

/** Asks again and again, as refusals say, until it is told to stop. */
async function press(leaving: AbortSignal, statuses: Map<number, number>): Promise<void> {
  const head = { model: CHEAP_MODEL, messages: [{ role: 'user', content: '' }] };
  const content = 'x'.repeat(BODY_BYTES - JSON.stringify(head).length);
  const body = JSON.stringify({ ...head, messages: [{ role: 'user', content }] });
  const headers = {
    authorization: `Bearer ${stage.gateway.keys.apiKey}`,
    'content-type': 'application/json',
  };
  while (!leaving.aborted) {
    const { status } = await send(`${stage.gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers,
      body,
      signal: leaving,
    });
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

async function p99OfProbes(): Promise<number> {
  const times: number[] = [];
  for (let probe = 0; probe < PROBES; probe += 1) {
    const before = performance.now();
    expect((await send(`${stage.gateway.url}/livez`)).status).toBe(200);
    times.push(performance.now() - before);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(PROBES * 0.99)] ?? Infinity;
}

test(
  'is answered within 100 ms at the 99th percentile under twice what is let in',
  { timeout: 180_000 },
  async () => {
    stage.sandbox.behave({ fault: { kind: 'stall_before_headers' } });
    const leaving = new AbortController();
    const statuses = new Map<number, number>();
    const pressing = Array.from({ length: 2 * LET_IN }, () => press(leaving.signal, statuses));
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const rounds: number[] = [];
    while (rounds.length < ROUNDS && Math.min(...rounds) > P99_MS_MAX) rounds.push(await p99OfProbes());
    // What was let in is held; the rest was refused all the while.
    expect(stage.sandbox.journal.seen()).toBe(LET_IN);
    expect(statuses.get(503)).toBeGreaterThan(LET_IN);
    leaving.abort();
    await Promise.all(pressing);
    expect(Math.min(...rounds), `ms: ${rounds.join(', ')}`).toBeLessThan(P99_MS_MAX);
  },
);
