/** Compiles the packages and the dashboard once per change of their sources, so that the server starts fast and small. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentWithNode, root } from './node24.mjs';

const DASHBOARD = join(root, 'packages/dashboard');
const DASHBOARD_STAMP = join(DASHBOARD, 'dist/.built-from');
/** What the dashboard's files are made of; a folder stands for all that is in it. */
const DASHBOARD_SOURCES = [
  'packages/dashboard/src',
  'packages/dashboard/public',
  'packages/dashboard/index.html',
  'packages/dashboard/vite.config.ts',
  'packages/contract/src',
  'package-lock.json',
];

/** Runs the compiler (incremental: a second or less when nothing changed). Returns the built command-line entry. */
export function ensureBuilt(node) {
  const entry = join(root, 'packages/server/dist/cli/main.js');
  if (!existsSync(entry)) process.stderr.write('Building (first run)...\n');
  run(node, 'tsc', ['-b', 'packages/server']);
  ensureDashboard(node);
  return entry;
}

/** Builds the dashboard's static files where the sources are not those of the last build. */
export function ensureDashboard(node) {
  const sources = digestOf(DASHBOARD_SOURCES);
  if (existsSync(DASHBOARD_STAMP) && readFileSync(DASHBOARD_STAMP, 'utf8') === sources) return;
  run(node, 'vite', ['build', '--configLoader', 'native', '--logLevel', 'warn', DASHBOARD]);
  writeFileSync(DASHBOARD_STAMP, sources);
}

function run(node, command, args) {
  const done = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: environmentWithNode(node),
  });
  if (done.status === 0) return;
  process.stderr.write('The build failed; see the messages above.\n');
  process.exit(done.status ?? 1);
}

function digestOf(sources) {
  const digest = createHash('sha256');
  for (const source of sources) {
    for (const file of filesOf(source)) digest.update(`${file}\0`).update(readFileSync(join(root, file)));
  }
  return digest.digest('hex');
}

function filesOf(source) {
  const path = join(root, source);
  if (!existsSync(path)) return [];
  if (/\.\w+$/.test(source)) return [source];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}
