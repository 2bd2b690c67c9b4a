/** While the database is locked, or not to be read at all, nobody who may come in is told that they may not. */
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createManagementClient } from '../support/management-client.ts';
import { claimInstance, OWNER } from '../support/open-dashboard.ts';
import { send } from '../support/send.ts';
import { addSandboxKey, openStage, type Stage } from '../support/stage.ts';
import { ask, CHEAP_MODEL } from '../support/tenant.ts';

/** Longer than what is known may be old, and than a write waits. */
const LOST_MS = 9000;
const PAUSE_MS = 150;

let stage: Stage;
let cookie = '';
beforeEach(async () => {
  stage = await openStage();
  await addSandboxKey(stage, createManagementClient(stage.gateway).addKey);
  const { cookies } = await claimInstance(stage.gateway, OWNER);
  cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
});
afterEach(() => stage.close());

/** Everybody who may: an API key, a management key that reads and that writes, and a person. */
async function everybodyAsks(): Promise<readonly (readonly [who: string, status: number])[]> {
  const { url, keys } = stage.gateway;
  const manage = { authorization: `Bearer ${keys.managementKey}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ name: 'made meanwhile' });
  const answers = await Promise.all([
    ask(url, keys.apiKey, { model: CHEAP_MODEL }),
    ask(url, keys.apiKey, { model: CHEAP_MODEL, stream: true }),
    send(`${url}/v1/models`, { headers: { authorization: `Bearer ${keys.apiKey}` } }),
    send(`${url}/api/v1/byok`, { headers: manage }),
    send(`${url}/api/v1/keys`, { method: 'POST', headers: manage, body }),
    send(`${url}/api/v1/keys`, { headers: { cookie, 'sec-fetch-site': 'same-origin' } }),
  ]);
  const names = ['asks', 'streams', 'lists models', 'reads', 'writes', 'person'];
  return answers.map(({ status }, index) => [names[index] ?? '', status]);
}

async function statusesWhileLost(): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  const until = performance.now() + LOST_MS;
  while (performance.now() < until) {
    for (const [who, status] of await everybodyAsks()) seen.add(`${who} ${status}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return seen;
}

test(
  'a locked database refuses nobody: requests are served, and changes wait or are told to',
  { timeout: 90_000 },
  async () => {
    const other = new DatabaseSync(join(stage.gateway.dataDir, 'arouter.db'));
    other.exec('BEGIN IMMEDIATE');
    const seen = [...(await statusesWhileLost())];
    other.exec('ROLLBACK');
    other.close();
    expect(seen.filter((each) => !/ (?:200|201|503)$/.test(each))).toEqual([]);
    expect(seen).toContain('asks 200');
    expect((await everybodyAsks()).map(([, status]) => status)).toEqual([200, 200, 200, 200, 201, 200]);
  },
);

test(
  'a database that is gone refuses nobody who may: 503, and never 401 or 403',
  { timeout: 90_000 },
  async () => {
    for (const name of ['arouter.db', 'arouter.db-wal', 'arouter.db-shm']) {
      const file = join(stage.gateway.dataDir, name);
      truncateSync(file, 0);
      writeFileSync(file, 'this is no database any more'.repeat(1000));
    }
    const seen = [...(await statusesWhileLost())];
    expect(seen.filter((each) => / 4\d\d$/.test(each))).toEqual([]);
    expect(seen).toContain('reads 503');
  },
);
