/** `arouter demo`: ARouter at work on a stand-in for the providers. Needs no provider key, leaves nothing behind. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { runDemo as runScenarios } from '@arouter/sandbox';
import type { DemoGateway, DemoIo, StartDemoGateway } from '@arouter/sandbox';
import { readSettings } from '../config/settings.ts';
import { startServer } from '../start-server.ts';

const HELP = `Usage: arouter demo [--stay]

Runs ARouter on a stand-in for the providers and shows, step by step, how it treats provider keys: weights, failover,
limits, budgets, a revoked key, "always use this key" and fallback. Takes about 15 seconds and leaves nothing behind.
Exits with 1 when the gateway breaks a promise.

  --stay   keep the gateway running afterwards, until Ctrl-C, to look at what happened
`;
const CLOSE_GRACE_MS = 2000;

export async function demo(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { stay: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return;
  }
  process.exitCode = await runDemo({
    print: (line) => process.stdout.write(`${line}\n`),
    ...(values.stay === true && { untilDone: async () => void (await once(process, 'SIGINT')) }),
  });
}

/** Resolves with the exit code: 0 when the gateway kept every promise that the scenarios check. */
export async function runDemo(io: DemoIo, startGateway: StartDemoGateway = startDemoGateway): Promise<0 | 1> {
  return await runScenarios(io, startGateway);
}

/** A gateway of its own on a free port, with an empty database that is deleted at the end. The caller's settings do not count. */
export async function startDemoGateway({
  egressAllow,
}: {
  readonly egressAllow: readonly string[];
}): Promise<DemoGateway> {
  const dataDir = await mkdtemp(join(tmpdir(), 'arouter-demo-'));
  const forget = async (): Promise<void> => await rm(dataDir, { recursive: true, force: true });
  try {
    const server = await startServer(
      readSettings({
        AROUTER_PORT: '0',
        AROUTER_DATA_DIR: dataDir,
        AROUTER_EGRESS_ALLOW: egressAllow.join(','),
        AROUTER_LOG_LEVEL: 'error',
      }),
    );
    return {
      gatewayUrl: server.url,
      ...(await claimWorkspace(server.url, server.firstRunUrl ?? '')),
      async close() {
        await server.close(CLOSE_GRACE_MS);
        await forget();
      },
    };
  } catch (error) {
    await forget();
    throw error;
  }
}

/** The first run as a person's browser does it: the one-use token for a workspace and its keys. */
async function claimWorkspace(
  url: string,
  firstRunUrl: string,
): Promise<Omit<DemoGateway, 'gatewayUrl' | 'close'>> {
  const token = new URLSearchParams(new URL(firstRunUrl).hash.slice(1)).get('token');
  const response = await fetch(`${url}/bootstrap`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, workspace_name: 'Demo' }),
  });
  const text = await response.text();
  if (!response.ok)
    throw new Error(`the new gateway did not hand out its first keys (${response.status}): ${text}`);
  const keys = JSON.parse(text) as { management_key: string; operator_key: string; api_key: string };
  return { managementKey: keys.management_key, operatorKey: keys.operator_key, apiKey: keys.api_key };
}
