/**
 * Kept bodies across the ends of processes: after `kill -9` some may be missing and none is another request's; a new root key
 * leaves them readable, a lost workspace key does not.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { startSandbox, type Sandbox } from '@arouter/sandbox';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { keepBodies, readContent } from '../support/keep-bodies.ts';
import { createManagementClient } from '../support/management-client.ts';
import { claimInstance, OWNER, type SignedInAs } from '../support/open-dashboard.ts';
import { runCommand, startGateway, type Gateway } from '../support/start-gateway.ts';
import { ask } from '../support/tenant.ts';
import { waitUntil } from '../support/wait-until.ts';

// Processes are started again and again, on two cores that others use as well.
vi.setConfig({ testTimeout: 120_000 });

const KILLS = 3;
const CALLERS = 8;
/** Whole answers before each kill, however slow the machine. */
const ANSWERS_MIN = 24;
const MARKER = 'the-lapwing-calls-at-dusk';

// Several starts of one program: it need not be compiled each time.
const compileCache = mkdtempSync(join(tmpdir(), 'arouter-compiled-'));

let sandbox: Sandbox;
let gateway: Gateway;
let session: SignedInAs;

beforeAll(async () => {
  sandbox = await startSandbox({ frameDelayMs: 2 });
  gateway = await startGateway({
    egressAllow: [sandbox.url],
    environment: { AROUTER_KEEP_BODIES: 'true', NODE_COMPILE_CACHE: compileCache },
  });
  session = await claimInstance(gateway, OWNER);
  await keepBodies(gateway, session);
  await createManagementClient(gateway).addKey({
    provider: 'openai',
    credential: { api_key: 'sk-sandbox-kept-bodies-0123456789' },
    base_url: `${sandbox.url}/openai/v1`,
  });
});
afterAll(async () => {
  await gateway.remove();
  await sandbox.close();
  rmSync(compileCache, { recursive: true });
});

type Asked = { readonly id: string; readonly text: string; readonly got: string };

/** Asks until the gateway is gone, and notes what was answered whole. */
async function askUntilGone(caller: number, round: number, asked: Asked[]): Promise<void> {
  for (let count = 0; ; count += 1) {
    const text = `${MARKER} ${round}.${caller}.${count} ${'z'.repeat(count % 7 === 0 ? 20_000 : 10)}`;
    const seen = await ask(gateway.url, gateway.keys.apiKey, { text, stream: count % 2 === 0 });
    if (seen.status === 0 || !seen.whole) return;
    expect(seen.status, seen.text).toBe(200);
    asked.push({ id: seen.header('x-generation-id') ?? '', text, got: seen.text });
  }
}

test('after kill -9 under load bodies may be missing, and none is of another request', async () => {
  const all: Asked[] = [];
  for (let round = 0; round < KILLS; round += 1) {
    const before = all.length;
    const callers = Array.from({ length: CALLERS }, (_, caller) => askUntilGone(caller, round, all));
    await waitUntil(
      () => all.length,
      (count) => count >= before + ANSWERS_MIN + 7 * round,
      60_000,
    );
    await gateway.kill();
    await Promise.all(callers);
    gateway = await gateway.restart();
  }
  const kept = [];
  for (const { id, text, got } of all) {
    const content = await readContent(gateway, session, id);
    if (content.status === 404) {
      expect(['dropped', 'unreadable']).toContain(content.reason);
      continue;
    }
    expect(content.request).toContain(text);
    expect(content.answer).toBe(got);
    kept.push(id);
  }
  // Of the last moment before each kill some are lost, not all that ever were.
  expect(kept.length).toBeGreaterThan(all.length / 4);
});

test('a new root key leaves them readable; without the key of the workspace nobody reads them', async () => {
  const { header } = await ask(gateway.url, gateway.keys.apiKey, { text: MARKER });
  const id = header('x-generation-id') ?? '';
  expect((await readContent(gateway, session, id)).request).toContain(MARKER);
  await gateway.stop();
  const rotated = await runCommand(['kek', 'rotate', '--data-dir', gateway.dataDir]);
  expect(rotated.code, rotated.stderr).toBe(0);
  gateway = await gateway.restart();
  expect((await readContent(gateway, session, id)).request).toContain(MARKER);

  await gateway.stop();
  for (const file of readdirSync(gateway.dataDir, { recursive: true, withFileTypes: true })) {
    if (file.isFile())
      expect(readFileSync(join(file.parentPath, file.name)).includes(MARKER), file.name).toBe(false);
  }
  const database = new DatabaseSync(join(gateway.dataDir, 'arouter.db'));
  database.prepare('DELETE FROM deks WHERE workspace_id = ?').run(gateway.keys.workspaceId);
  database.close();
  gateway = await gateway.restart();
  expect(await readContent(gateway, session, id)).toMatchObject({ status: 404, reason: 'unreadable' });
});
