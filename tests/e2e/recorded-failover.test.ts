/**
 * Two keys of one provider with weights 3 and 1 while recorded questions are asked: the split holds, and when the
 * upstream of the heavier one dies in the middle, no caller sees it; the record of each request says what happened.
 */
import { startSandbox } from '@arouter/sandbox';
import type { Sandbox } from '@arouter/sandbox';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askOverHttp, inParallel } from '../support/ask-over-http.ts';
import type { ShownGeneration, ShownProviderKey } from '../support/management-client.ts';
import {
  explainAbsence,
  groupByQuestion,
  loadRecordedChats,
  TRAFFIC_DIR,
  trafficIsPresent,
} from '../support/recorded-chats.ts';
import type { RecordedChat } from '../support/recorded-chats.ts';
import { OPENAI_WEIGHTS, secretOf, startRecordedWorld } from '../support/recorded-world.ts';
import type { RecordedWorld } from '../support/recorded-world.ts';

explainAbsence();
/** Questions of one provider that have one answer each, so that it does not matter which upstream was asked before. */
const chats = groupByQuestion(loadRecordedChats())
  .filter((group) => group.length === 1)
  .flat()
  .filter(({ provider, status }) => provider === 'openai' && status === 200);
const whole = chats.filter(({ streamed }) => !streamed);

const SPLIT_REQUESTS = 2400;
/** χ² with one degree of freedom: a fair split is beyond this once in 100,000 runs. */
const CHI_SQUARE_MAX = 19.51;
const KILL_REQUESTS = 600;
const KILL_AFTER = 200;
const WIDTH = 12;

type Asked = {
  readonly keyId: string | null;
  readonly attempts: number;
  readonly generationId: string;
  readonly number: number;
};

describe.skipIf(!trafficIsPresent)('two keys with weights 3 and 1', { timeout: 120_000 }, () => {
  let world: RecordedWorld;
  let doomed: Sandbox;
  let production: ShownProviderKey;
  let backup: ShownProviderKey;
  beforeAll(async () => {
    doomed = await startSandbox({ replay: { dir: TRAFFIC_DIR } });
    world = await startRecordedWorld(chats, [doomed.url]);
    [production, backup] = world.keys as [ShownProviderKey, ShownProviderKey];
  });
  afterAll(async () => {
    await world?.close();
    await doomed?.close();
  });

  test('share the requests 3 to 1', async () => {
    const asked = await askMany(whole, SPLIT_REQUESTS);
    const counts = [production, backup].map(({ id }) => asked.filter(({ keyId }) => keyId === id).length);
    const weights = [OPENAI_WEIGHTS.production, OPENAI_WEIGHTS.backup];
    const chiSquare = counts.reduce((sum, count, index) => {
      const due = (SPLIT_REQUESTS * (weights[index] ?? 0)) / 4;
      return sum + (count - due) ** 2 / due;
    }, 0);
    console.log(`split: ${counts.join(' to ')} of ${SPLIT_REQUESTS}, χ² = ${chiSquare.toFixed(2)}`);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(SPLIT_REQUESTS);
    expect(chiSquare).toBeLessThan(CHI_SQUARE_MAX);
    const { route } = await world.client.generation(asked[0]?.generationId ?? '');
    const shares = new Map(
      route.plans[0]?.verdicts.map(({ provider_key_id, share }) => [provider_key_id, share]),
    );
    expect([shares.get(production.id), shares.get(backup.id)]).toEqual([0.75, 0.25]);
  });

  test('lose one upstream in the middle, and no caller sees it', async () => {
    await world.client.editKey(production.id, {
      base_url: `${doomed.url}/openai/v1`,
      credential: { api_key: secretOf('Production') },
    });
    const asked = await askMany(whole, KILL_REQUESTS, async (number) => {
      if (number === KILL_AFTER) await doomed.close();
    });
    const streamed = await askMany(
      chats.filter((chat) => chat.streamed),
      50,
    );
    const rescued = asked.filter(({ attempts }) => attempts > 1);
    const before = asked.filter(({ number }) => number < KILL_AFTER);
    console.log(
      `killed: ${asked.length + streamed.length} answered well, ${rescued.length} of them by a second attempt`,
    );
    expect(before.some(({ keyId }) => keyId === production.id)).toBe(true);
    expect(rescued.length).toBeGreaterThan(0);
    for (const { generationId } of rescued) expectFailedOver(await world.client.generation(generationId));
    const [spared] = streamed.filter(({ attempts }) => attempts === 1);
    expectLeftOut(await world.client.generation(spared?.generationId ?? ''));
    expect((await world.client.readKey(production.id)).health.last_error?.class).toBe('unreachable');
    expect((await world.client.readKey(backup.id)).health).toMatchObject({
      state: 'healthy',
      last_error: null,
    });
  });

  /** Every answer is the recording to the byte, or the test fails here. */
  async function askMany(
    among: readonly RecordedChat[],
    count: number,
    beforeEach: (number: number) => Promise<void> = async () => undefined,
  ): Promise<readonly Asked[]> {
    const asked: Asked[] = [];
    const wrong: string[] = [];
    await inParallel(
      Array.from({ length: count }, (_, index) => index),
      WIDTH,
      async (number) => {
        const chat = among[number % among.length];
        if (chat === undefined) throw new Error('no recorded question to ask');
        await beforeEach(number);
        const body = JSON.stringify(chat.request);
        const answer = await askOverHttp(world.faceOf(chat), world.gateway.keys.apiKey, body);
        if (answer.status !== 200 || !answer.body.equals(chat.answer))
          wrong.push(`${number} ${chat.name}: ${answer.status} ${answer.body.toString('utf8', 0, 300)}`);
        asked.push({
          number,
          keyId: answer.header('x-arouter-provider-key'),
          attempts: Number(answer.header('x-arouter-attempts')),
          generationId: answer.header('x-generation-id') ?? '',
        });
      },
    );
    expect(wrong).toEqual([]);
    return asked;
  }

  function expectFailedOver({ route, provider_key_id }: ShownGeneration): void {
    expect(provider_key_id).toBe(backup.id);
    expect(route.attempts.map(({ provider_key_id: id, outcome }) => [id, outcome])).toEqual([
      [production.id, 'failed'],
      [backup.id, 'succeeded'],
    ]);
    expect(route.attempts[0]?.failure?.class).toBe('unreachable');
    expect(route.plans[0]?.verdicts.map(({ provider_key_id: id, kind, rank }) => [id, kind, rank])).toEqual([
      [production.id, 'ranked', 1],
      [backup.id, 'ranked', 2],
    ]);
  }

  function expectLeftOut({ route }: ShownGeneration): void {
    const verdict = route.plans[0]?.verdicts.find(({ provider_key_id: id }) => id === production.id);
    expect(verdict?.reason?.code).toBe('cooling_down');
    expect(verdict?.reason?.message).toMatch(/unreachable|reach/i);
    expect(route.attempts).toHaveLength(1);
  }
});
