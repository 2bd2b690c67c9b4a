/** A request asks the database nothing: what it needs to know is in memory, budgets and limits included. */
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openStage, QUESTION, type Stage } from './testing/open-stage.ts';

const REQUESTS = 300;
const AT_ONCE = 10;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  await stage.addKey({ daily_budget_usd: 100, monthly_budget_usd: 1000, rpm_limit: 100_000 });
});
afterAll(async () => {
  await stage.close();
});

test(`${REQUESTS} requests under budgets and limits read no table`, async () => {
  // Every statement goes to a thread; this looks on, and changes nothing.
  const sent = vi.spyOn(Worker.prototype, 'postMessage');
  let left = REQUESTS;
  const loop = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      expect((await stage.ask(QUESTION)).status).toBe(200);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, loop));
  const asked = statementsIn(sent.mock.calls);
  // What is seen when somebody does ask.
  await stage.manage('GET', '/api/v1/generations');
  const ofManager = statementsIn(sent.mock.calls).slice(asked.length);
  sent.mockRestore();
  expect(ofManager.join()).toMatch(/from "attempts"/);
  // Where events go, and which are due, is looked up now and then, beside the requests.
  expect(asked.filter((sql) => !sql.startsWith('select * from "webhook'))).toEqual([]);
  expect(asked.length).toBeLessThan(REQUESTS / 10);
});

test.each([
  '/api/usage/summary',
  '/api/usage/timeseries?group_by=model',
  '/api/usage/errors',
  '/api/usage/sparklines',
  '/api/v1/keys',
])('the sums of %s come from rollups, not from the rows of requests', async (path) => {
  const sent = vi.spyOn(Worker.prototype, 'postMessage');
  const { status, text } = await stage.manage('GET', path);
  const asked = statementsIn(sent.mock.calls);
  sent.mockRestore();
  expect(status, text).toBe(200);
  expect(asked.filter((sql) => /(?:from|join) "(?:attempts|settlements|refusals)"/i.test(sql))).toEqual([]);
  expect(asked.join()).toMatch(/rollups|day_sums|api_keys/);
});

function statementsIn(calls: readonly (readonly unknown[])[]): readonly string[] {
  return calls
    .flatMap(
      ([message]) =>
        (message as { readonly statements?: readonly { readonly sql: string }[] }).statements ?? [],
    )
    .map(({ sql }) => sql);
}
