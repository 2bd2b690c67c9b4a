/** Starting, the first run, and stopping, of the whole server in this process. */
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PLATFORM_WORKSPACE, type WorkspaceId } from '@arouter/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readSettings } from './config/settings.ts';
import { openStage, QUESTION } from './data-plane/testing/open-stage.ts';
import { importPlatformKeys } from './first-run/import-platform-keys.ts';
import { noteWrites } from './store/noted-writes.ts';
import { startServer, type RunningServer } from './start-server.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'arouter-start-'));
});
afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

function start(port = '0'): Promise<RunningServer> {
  return startServer(
    readSettings({ AROUTER_PORT: port, AROUTER_DATA_DIR: dataDir, AROUTER_LOG_LEVEL: 'silent' }),
  );
}

function claim(server: RunningServer): Promise<Response> {
  const token = new URLSearchParams(new URL(server.firstRunUrl ?? '').hash.slice(1)).get('token');
  return fetch(`${server.url}/bootstrap`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('fifty claims at once make one owner, whoever dawdles with a body meanwhile', async () => {
  const server = await start();
  const { port, hostname } = new URL(server.url);
  const slow = connect(Number(port), hostname);
  slow.write(
    'POST /bootstrap HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
  );
  await wait(50);
  const answers = await Promise.all(Array.from({ length: 50 }, () => claim(server)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([
    200,
    ...Array.from({ length: 49 }, () => 404),
  ]);
  slow.destroy();
  await server.close(0);
});

test('a first run that was cut short before its keys can be done again', async () => {
  const first = await start();
  await first.instance.store.workspaces.create({
    id: 'ws_cut' as WorkspaceId,
    name: 'Cut short',
    unmetered: true,
    bodiesKeptSince: null,
    createdAt: first.instance.clock.now(),
  });
  await first.close(0);
  const second = await start();
  expect(second.firstRunUrl).not.toBeNull();
  const claimed = await claim(second);
  expect([claimed.status, await claimed.json()]).toMatchObject([200, { workspace_id: 'ws_cut' }]);
  await second.close(0);
  const third = await start();
  // Keys are no person: the link for the first owner is printed until somebody can sign in.
  expect(third.firstRunUrl).not.toBeNull();
  expect((await claim(third)).status).toBe(404);
  await third.close(0);
});

test('keys of the environment that a first start did not get to are imported by the next, once', async () => {
  const environment = { OPENAI_API_KEY: `sk-proj-${'a'.repeat(40)}`, GROQ_API_KEY: `gsk_${'b'.repeat(52)}` };
  const server = await start();
  const { store } = server.instance;
  const killed = {
    ...server,
    instance: {
      ...server.instance,
      store: {
        ...store,
        vaultRows: { ...store.vaultRows, setMeta: () => Promise.reject(new Error('killed')) },
      },
    },
  };
  await expect(importPlatformKeys(killed, { OPENAI_API_KEY: environment.OPENAI_API_KEY })).rejects.toThrow(
    'killed',
  );
  expect(await importPlatformKeys(server, environment)).toEqual(['GROQ_API_KEY']);
  expect(await importPlatformKeys(server, environment)).toEqual([]);
  expect(await store.providerKeys.list(PLATFORM_WORKSPACE)).toHaveLength(2);
  await server.close(0);
});

test('a change that was cut off before its audit entry is recorded by the next start', async () => {
  const first = await start();
  await claim(first);
  const { store, clock } = first.instance;
  const workspaceId = (await store.workspaces.list())[0]?.id as WorkspaceId;
  const entry = {
    at: clock.now(),
    workspaceId,
    actor: { type: 'user', id: 'usr_1', name: 'Ada' },
    action: 'workspace.rename',
    target: { type: 'workspace', id: workspaceId, name: '' },
    changes: [],
    ip: null,
    requestId: 'req_cut_off',
  } as const;
  await noteWrites(entry, () => store.workspaces.update(workspaceId, { name: 'Renamed' }));
  await first.close(0);
  const second = await start();
  const [newest] = await second.instance.store.audit.list({ workspaceId, limit: 1 });
  expect(newest).toMatchObject(entry);
  expect(await second.instance.store.audit.notes()).toEqual([]);
  await second.close(0);
});

test('a start that cannot listen leaves no lock behind', async () => {
  const blocker = await openStage();
  const { port } = new URL(blocker.server.url);
  await expect(start(port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  const server = await start();
  await server.close(0);
  await blocker.close();
});

test('stopping: a stream under way is finished and settled, and its connection takes no further request', async () => {
  const stage = await openStage();
  await stage.addKey();
  stage.sandbox.behave({ times: 1, fault: { kind: 'stall_mid_stream', afterFrames: 2, ms: 800 } });
  const asked = stage.ask({ ...QUESTION, stream: true });
  await wait(300);
  const stopped = stage.server.close(5000);
  expect((await asked).text.endsWith('data: [DONE]\n\n')).toBe(true);
  await stopped;
  await stage.sandbox.close();
});

test.each([
  // The lane says so in the answer that is under way, so that nothing more is sent; node:http in the one after it.
  { way: 'in the lane', header: {}, heard: ['close', 'ECONNREFUSED'] },
  { way: 'over node:http', header: { te: 'trailers' }, heard: ['keep-alive', 'close'] },
])('stopping: connections that stay busy are not kept alive, $way', async ({ header, heard }) => {
  const stage = await openStage();
  await stage.addKey();
  stage.sandbox.behave({ times: 1, fault: { kind: 'stall_mid_stream', afterFrames: 2, ms: 1500 } });
  const stream = stage.ask({ ...QUESTION, stream: true });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = (): Promise<string | undefined> =>
    new Promise((resolve) => {
      const { port } = new URL(stage.server.url);
      const headers = {
        authorization: `Bearer ${stage.keys.apiKey}`,
        'content-type': 'application/json',
        ...header,
      };
      const body = JSON.stringify(QUESTION);
      const sized = { ...headers, 'content-length': String(body.length) };
      const asked = request({ agent, port, method: 'POST', path: '/v1/chat/completions', headers: sized });
      asked.on('response', (response) => {
        response.resume();
        response.on('end', () => resolve(response.headers.connection));
      });
      asked.on('error', (error) => resolve((error as NodeJS.ErrnoException).code));
      asked.end(body);
    });
  expect(await ask()).toBe('keep-alive');
  // Slow enough that it is under way while the stop begins: a busy connection stays open.
  stage.sandbox.behave({ times: 1, delayMs: 400 });
  const busy = ask();
  await wait(150);
  const stopped = stage.server.close(5000);
  expect([await busy, await ask()]).toEqual(heard);
  await stream;
  await stopped;
  agent.destroy();
  await stage.sandbox.close();
});

test('stopping: a stream that outlasts the grace gets an error event and is settled as interrupted', async () => {
  const stage = await openStage();
  await stage.addKey();
  stage.sandbox.behave({ times: 1, fault: { kind: 'stall_mid_stream', afterFrames: 2 } });
  const asked = stage.ask({ ...QUESTION, stream: true });
  await wait(300);
  const outcomes: string[] = [];
  const { ledger } = stage.server.engine.ports;
  const settle = ledger.settle.bind(ledger);
  Object.assign(ledger, {
    settle: async (row: Parameters<typeof settle>[0]) => {
      await settle(row);
      outcomes.push(row.outcome);
    },
  });
  await stage.server.close(200);
  expect((await asked).text).toContain('"error"');
  expect(outcomes).toEqual(['interrupted']);
  await stage.sandbox.close();
});
