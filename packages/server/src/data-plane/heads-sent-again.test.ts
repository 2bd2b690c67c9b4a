/** What a provider is sent is kept from one request to the next, and is never kept longer than it is true. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openStage, QUESTION, type Stage } from './testing/open-stage.ts';

let stage: Stage;
let key: string;
beforeAll(async () => {
  stage = await openStage();
  key = await stage.addKey();
});
afterAll(async () => {
  await stage.close();
});
beforeEach(() => stage.sandbox.journal.clear());

async function ask(body: object = {}, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  expect((await stage.ask({ ...QUESTION, ...body }, { headers })).status).toBe(200);
}

/** What the sandbox was sent under a name, request by request. */
function sent(name: string): readonly (string | undefined)[] {
  return stage.sandbox.journal
    .entries()
    .map(({ headers }) => headers.find(([sentName]) => sentName === name)?.[1]);
}

test('a key that has been given another secret sends that one from the next request on, and the old one never again', async () => {
  const streams = [false, true, false, true];
  for (const stream of streams) await ask({ stream });
  const { status } = await stage.manage('PATCH', `/api/v1/byok/${key}`, {
    credential: { api_key: 'sk-sandbox-changed-0123456789' },
  });
  expect(status).toBe(200);
  for (const stream of streams) await ask({ stream });
  const before = 'Bearer sk-sandbox-own-0123456789';
  const after = 'Bearer sk-sandbox-changed-0123456789';
  expect(sent('authorization')).toEqual([before, before, before, before, after, after, after, after]);
});

test("a caller's own header goes with its request only", async () => {
  for (const value of [undefined, 'a=v1', 'b=v2', 'b=v2', undefined])
    await ask({}, value === undefined ? {} : { 'openai-beta': value });
  expect(sent('openai-beta')).toEqual([undefined, 'a=v1', 'b=v2', 'b=v2', undefined]);
});

test('each request has the length of its own body, and asks for what it wants to read', async () => {
  for (const content of ['', 'x'.repeat(9), 'x'.repeat(10_000), 'x'.repeat(100_000), 'x'])
    await ask({ messages: [{ role: 'user', content }], stream: content.length === 9 });
  const lengths = stage.sandbox.journal.entries().map(({ bodyBytes }) => String(bodyBytes));
  expect(new Set(lengths).size).toBe(5);
  expect(sent('content-length')).toEqual(lengths);
  const json = 'application/json';
  expect(sent('accept')).toEqual([json, 'text/event-stream', json, json, json]);
});
