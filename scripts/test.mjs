/**
 * `npm test`: installs what is missing, runs every check and every test, ends with `N passed, N failed`.
 * Arguments narrow the tests to matching files (then the checks are left out): `npm test -- plan-route`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDashboard } from './build.mjs';
import { ensureInstalled, environmentWithNode, findNode, root } from './node24.mjs';

ensureInstalled();
const node = findNode();
const env = environmentWithNode(node);
const filters = process.argv.slice(2);

ensureTools();
ensureDashboard(node);

let passed = 0;
let failed = 0;
if (filters.length === 0) {
  const check = spawnSync(node, [join(root, 'scripts/check.mjs')], { cwd: root, stdio: 'inherit', env });
  if (check.status === 0) passed += 1;
  else failed += 1;
}

// All that the tests put aside stands in one folder, which goes when they end, also when they are stopped.
const folder = mkdtempSync(join(tmpdir(), 'arouter-test-'));
const reportFile = join(folder, 'report.json');
const vitest = spawn(
  'vitest',
  ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`, ...filters],
  { cwd: root, stdio: 'inherit', env: { ...env, TMPDIR: folder } },
);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => vitest.kill(signal));
const [status] = await once(vitest, 'close');
try {
  const report = JSON.parse(readFileSync(reportFile, 'utf8'));
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  // A suite that could not be loaded has no tests to count as failed.
  if (status !== 0 && report.numFailedTests === 0) failed += Math.max(1, report.numFailedTestSuites);
} catch {
  // No readable report means that the runner itself broke: that is a failure too.
  failed += 1;
}
rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);

/**
 * What the tests need of the machine: a compiler for the load generator, a browser for the dashboard's pages. Without Debian's
 * apt, or the right to use it, the tests that need them say that they are skipped.
 */
function ensureTools() {
  const found = (tool) => spawnSync('which', [tool], { stdio: 'ignore' }).status === 0;
  const missing = [
    ...(found('gcc') ? [] : ['gcc', 'libc6-dev']),
    ...(found('chromium') ? [] : ['chromium', 'fonts-inter']),
  ];
  if (missing.length === 0 || !found('apt-get')) return;
  process.stdout.write(`Installing ${missing.join(', ')}, which the tests need...\n`);
  const prefix = process.getuid() === 0 ? [] : ['sudo', '-n'];
  const apt = (...args) => {
    const [command, ...rest] = [...prefix, 'apt-get', ...args];
    return spawnSync(command, rest, { stdio: ['ignore', 'ignore', 2] });
  };
  apt('update', '-qq');
  apt('install', '-y', '-qq', '--no-install-recommends', ...missing);
}
