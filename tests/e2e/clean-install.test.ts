/**
 * What a user gets: a clean copy, only the packages that the product runs on, no script of any of them run; it starts and
 * serves. From npm's own cache, without the network: where the cache lacks something, the test says so and is skipped.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { send } from '../support/send.ts';
import { rememberProcess } from '../support/started-processes.ts';
import { waitUntil } from '../support/wait-until.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const INSTALL_MS_MAX = 240_000;
const CLEAN = ['ci', '--ignore-scripts', '--omit=dev', '--offline', '--no-audit', '--no-fund'] as const;

test(
  'a clean copy starts and serves on what npm ci --ignore-scripts installs',
  { timeout: 2 * INSTALL_MS_MAX },
  async (context) => {
    const copy = mkdtempSync(join(tmpdir(), 'arouter-clean-'));
    for (const file of execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0'))
      if (/^package(?:-lock)?\.json$|^packages\//.test(file)) cpSync(join(root, file), join(copy, file));
    const environment = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
    const npm = spawnSync('npm', CLEAN, {
      cwd: copy,
      env: environment,
      encoding: 'utf8',
      timeout: INSTALL_MS_MAX,
    });
    if (npm.stderr.includes('ENOTCACHED')) context.skip('the cache of npm does not hold every package');
    expect([npm.status, npm.stderr]).toEqual([0, expect.any(String)]);

    const main = join(copy, 'packages/server/src/cli/main.ts');
    const gateway = spawn(process.execPath, [main, 'serve'], {
      cwd: copy,
      env: { ...environment, AROUTER_DATA_DIR: join(copy, 'data'), AROUTER_PORT: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    rememberProcess(gateway);
    let said = '';
    for (const stream of [gateway.stdout, gateway.stderr])
      stream.setEncoding('utf8').on('data', (piece: string) => {
        said += piece;
      });
    await waitUntil(
      () => said,
      (text) => /^ARouter listens on /m.test(text) || gateway.exitCode !== null,
      60_000,
    );
    const url = /^ARouter listens on (\S+)$/m.exec(said)?.[1] ?? '';
    expect(url, said).toMatch(/^http:/);
    expect((await send(`${url}/readyz`)).status).toBe(200);
    expect((await send(`${url}/v1/models`)).status).toBe(401);
    gateway.kill('SIGTERM');
    expect(await once(gateway, 'close')).toEqual([0, null]);
  },
);
