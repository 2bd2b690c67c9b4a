/**
 * `@portkey-ai/gateway`, the best-known open gateway in the same language, on the same Node. It runs as its package
 * starts it: no API key of its own, no budget, no ledger, so its figure is for less work than ours.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { START_MS_MAX } from '../harness/candidate.ts';
import type { Candidate, StartResult, Workbench } from '../harness/candidate.ts';
import { freePort, GATEWAY_CORE, startProcess, waitForPort } from '../harness/process.ts';

const GATEWAY_VERSION = '1.15.2';
/** Newer ones answer every streamed request with 500 `TypeError: immutable` (tried: 1.13.8, 1.14.4, 1.19.5, 1.19.19). */
const HTTP_SERVER_VERSION = '1.12.2';

export const portkey: Candidate = { id: 'portkey', start: startPortkey };

async function startPortkey(bench: Workbench): Promise<StartResult> {
  const folder = join(bench.cacheFolder, 'portkey');
  const program = join(folder, 'node_modules', '@portkey-ai', 'gateway', 'build', 'start-server.js');
  const failure = install(folder, program);
  if (failure !== null) return { kind: 'skipped', reason: failure };
  const port = await freePort();
  const started = startProcess({
    name: 'portkey',
    command: process.execPath,
    args: [...bench.nodeFlags, program, '--headless', `--port=${port}`],
    environment: { NODE_ENV: 'production' },
    core: bench.pin ? GATEWAY_CORE : null,
    logFile: join(bench.cacheFolder, 'logs', 'portkey.log'),
    directory: folder,
  });
  if (!(await waitForPort(port, started, START_MS_MAX))) {
    return { kind: 'skipped', reason: `Portkey did not start: ${started.logTail()}` };
  }
  return {
    kind: 'running',
    gateway: {
      id: 'portkey',
      port,
      path: '/v1/chat/completions',
      token: null,
      headers: ['x-portkey-provider: openai', `x-portkey-custom-host: http://127.0.0.1:${bench.mockPort}/v1`],
      pid: started.pid,
      version: `@portkey-ai/gateway ${installedVersion(folder)}, @hono/node-server ${HTTP_SERVER_VERSION}`,
      notes: ['no authentication, budgets or ledger in this mode'],
      stop: started.stop,
    },
  };
}

/** Null when it is there. Install scripts are not run: its build is in the package. */
function install(folder: string, program: string): string | null {
  if (existsSync(program) && installedVersion(folder) === GATEWAY_VERSION) return null;
  mkdirSync(folder, { recursive: true });
  const manifest = {
    private: true,
    dependencies: { '@portkey-ai/gateway': GATEWAY_VERSION },
    overrides: { '@hono/node-server': HTTP_SERVER_VERSION },
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  try {
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    execFileSync('npm', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    return null;
  } catch (error) {
    return `npm could not install @portkey-ai/gateway: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function installedVersion(folder: string): string {
  const file = join(folder, 'node_modules', '@portkey-ai', 'gateway', 'package.json');
  return String(JSON.parse(readFileSync(file, 'utf8')).version);
}
