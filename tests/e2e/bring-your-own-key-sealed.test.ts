/**
 * A secret goes only where it was saved for, also when somebody has written to the database; and it stands nowhere in clear:
 * not in the data folder, not in what the process prints, not in any answer.
 */
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { startSandbox, type Sandbox } from '@arouter/sandbox';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createManagementClient, type ManagementClient } from '../support/management-client.ts';
import { initGateway, runCommand, startGateway, type Gateway } from '../support/start-gateway.ts';
import { ask } from '../support/tenant.ts';

// Dozens of processes are started, on two cores that others use as well.
vi.setConfig({ testTimeout: 120_000 });

const SECRET = 'sk-sandbox-CANARYsealed7f3aQx9Z0123';
const OTHER_SECRET = 'sk-sandbox-CANARYother7f3aQx9Z0123';

let sandbox: Sandbox;
let thief: Server;
let connects = 0;
let thiefUrl = '';
let gateway: Gateway;
let client: ManagementClient;

beforeAll(async () => {
  sandbox = await startSandbox();
  thief = createServer((socket) => {
    connects += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => thief.listen(0, '127.0.0.1', resolve));
  thiefUrl = `http://127.0.0.1:${(thief.address() as AddressInfo).port}`;
  gateway = await startGateway({
    egressAllow: [sandbox.url, thiefUrl],
    environment: { AROUTER_LOG_LEVEL: 'debug' },
  });
});
afterAll(async () => {
  await gateway.remove();
  thief.close();
  await sandbox.close();
});
beforeEach(() => {
  client = createManagementClient(gateway);
});

const asked = async () => await ask(gateway.url, gateway.keys.apiKey, { model: 'openai/gpt-4.1-nano' });
const addKey = async (secret: string, more: object = {}) =>
  await client.addKey({
    provider: 'openai',
    credential: { api_key: secret },
    base_url: `${sandbox.url}/openai/v1`,
    ...more,
  });

/** While the gateway is down, as somebody who can write the database. */
async function tamper(sql: string, ...values: (string | Uint8Array)[]): Promise<void> {
  await gateway.stop();
  const database = new DatabaseSync(join(gateway.dataDir, 'arouter.db'));
  const { changes } = database.prepare(sql).run(...values);
  database.close();
  expect(changes).toBe(1);
  gateway = await gateway.restart();
  client = createManagementClient(gateway);
}

async function expectUnreadable(id: string): Promise<void> {
  const before = sandbox.journal.seen();
  const answer = await asked();
  expect([answer.status, answer.json().code], answer.text).toEqual([424, 'provider_key_rejected']);
  expect(answer.json().message).toMatch(/cannot be (read|decrypted).*Enter the secret again/);
  expect(await client.readKey(id)).toMatchObject({ health: { state: 'unreadable' } });
  const { data } = (await client.manage('POST', `/api/v1/byok/${id}/test`, {})) as { data: object };
  expect(data).toMatchObject({ ok: false, class: 'misconfigured' });
  expect(connects).toBe(0);
  expect(sandbox.journal.seen()).toBe(before);
}

describe('a database that somebody has written to', () => {
  test.each([
    ['the base URL', 'UPDATE provider_keys SET base_url = ? WHERE id = ?'],
    [
      'the base URL and the destination it is bound to',
      'UPDATE provider_keys SET base_url = ?1, destination = ?1 WHERE id = ?2',
    ],
  ])(
    '%s: the key is unreadable, nobody is called, and entering the secret again cures it',
    async (_name, sql) => {
      const { id } = await addKey(SECRET);
      expect((await asked()).status).toBe(200);
      await tamper(sql, thiefUrl, id);
      await expectUnreadable(id);
      await client.editKey(id, { credential: { api_key: SECRET }, base_url: `${sandbox.url}/openai/v1` });
      expect((await asked()).status).toBe(200);
      await client.deleteKey(id);
    },
  );

  test('the sealed secret of another key, and one of which a byte was changed, or its type', async () => {
    const { id } = await addKey(SECRET);
    const other = await addKey(OTHER_SECRET, { enabled: false });
    const changes = [
      '(SELECT sealed FROM provider_keys WHERE id = ?2)',
      "CAST(substr(sealed, 1, length(sealed) - 1) || x'00' AS BLOB) || substr(?2, 1, 0)",
      'CAST(substr(sealed, 1, length(sealed) - 1) || substr(?2, 1, 1) AS BLOB)',
    ];
    for (const changed of changes) {
      await tamper(`UPDATE provider_keys SET sealed = ${changed} WHERE id = ?1`, id, other.id);
      await expectUnreadable(id);
      await client.editKey(id, { credential: { api_key: SECRET } });
      expect((await asked()).status).toBe(200);
    }
    await client.deleteKey(id);
    await client.deleteKey(other.id);
  });

  test("a workspace's key made into another workspace's", async () => {
    const { id } = await addKey(SECRET);
    const made = (await client.operate('POST', '/api/v1/workspaces', { name: 'Thief', unmetered: true })) as {
      data: { id: string };
    };
    const issued = (await client.operate('POST', `/api/v1/keys?workspace_id=${made.data.id}`, {
      name: 'thief',
    })) as { key: string };
    await tamper('UPDATE provider_keys SET workspace_id = ? WHERE id = ?', made.data.id, id);
    const before = sandbox.journal.seen();
    const answer = await ask(gateway.url, issued.key, { model: 'openai/gpt-4.1-nano' });
    expect([answer.status, answer.json().code]).toEqual([424, 'provider_key_rejected']);
    expect(sandbox.journal.seen()).toBe(before);
  });

  test('an API key that somebody has made up opens nothing', async () => {
    await gateway.stop();
    const database = new DatabaseSync(join(gateway.dataDir, 'arouter.db'));
    const forged = database
      .prepare(
        "UPDATE api_keys SET mac = (SELECT mac FROM api_keys WHERE kind = 'operator') WHERE kind = 'inference'",
      )
      .run();
    database.close();
    expect(forged.changes).toBeGreaterThan(0);
    gateway = await gateway.restart();
    const answer = await asked();
    expect([answer.status, answer.json().code]).toEqual([401, 'invalid_api_key']);
  });
});

describe('the root key', () => {
  test('a wrong one, a missing one and a damaged one stop the start with 78 and one sentence; nothing is changed', async () => {
    await gateway.stop();
    const file = join(gateway.dataDir, 'root.key');
    const right = readFileSync(file);
    const elsewhere = mkdtempSync(join(tmpdir(), 'arouter-other-'));
    await initGateway(elsewhere);
    const wrong = readFileSync(join(elsewhere, 'root.key'));
    rmSync(elsewhere, { recursive: true });
    const before = readFileSync(join(gateway.dataDir, 'arouter.db'));

    writeFileSync(file, wrong);
    await expectStartRefused(
      /sealed under root key \w+, but only \w+ is loaded; restore the right key from your backup/,
    );
    expect(readFileSync(file).equals(wrong)).toBe(true);
    writeFileSync(file, right.subarray(0, -8));
    await expectStartRefused(/root\.key/);
    renameSync(file, `${file}.away`);
    await expectStartRefused(/root key/);
    expect(readdirSync(gateway.dataDir)).not.toContain('root.key');
    renameSync(`${file}.away`, file);
    writeFileSync(file, right);
    expect(readFileSync(join(gateway.dataDir, 'arouter.db')).equals(before)).toBe(true);
    gateway = await gateway.restart();
  });

  async function expectStartRefused(sentence: RegExp): Promise<void> {
    const { code, stderr, stdout } = await runCommand(['serve'], {
      AROUTER_DATA_DIR: gateway.dataDir,
      AROUTER_PORT: '0',
    });
    expect(code, stderr + stdout).toBe(78);
    expect(stderr).toMatch(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stdout).not.toContain('listens');
  }

  test('is readable by its owner only, like the folder it is in', () => {
    expect(statSync(join(gateway.dataDir, 'root.key')).mode & 0o077).toBe(0);
    expect(statSync(gateway.dataDir).mode & 0o077).toBe(0);
  });
});

test('no secret stands in clear in the data folder, nor in what the process prints at its most talkative', async () => {
  const { id } = await addKey(SECRET);
  sandbox.behave({ match: { key: SECRET }, times: 1, fault: { kind: 'echo', where: 'error' } });
  const answers = [await asked(), await asked()];
  sandbox.revokeKey(SECRET);
  answers.push(await asked());
  await client.manage('POST', `/api/v1/byok/${id}/test`, {});
  const shown = [
    answers.map(({ text }) => text),
    await client.manage('GET', '/api/v1/byok'),
    await client.manage('GET', '/api/v1/generations'),
  ];
  expect(JSON.stringify(shown)).not.toContain('CANARY');
  await gateway.stop();
  expect(gateway.stdout() + gateway.stderr()).not.toContain('CANARY');
  const files = readdirSync(gateway.dataDir).map((name) => join(gateway.dataDir, name));
  expect(files.length).toBeGreaterThan(1);
  const tokens = [gateway.keys.apiKey, gateway.keys.managementKey, gateway.keys.operatorKey];
  for (const file of files) {
    const bytes = readFileSync(file);
    for (const secret of [SECRET, OTHER_SECRET, ...tokens]) expect(bytes.includes(secret), file).toBe(false);
  }
});
