/**
 * Finds (and where needed installs) the Node this project runs on, from a machine that may only have an old one.
 * Runs on Node >= 20, so it uses nothing newer and imports nothing that must be installed first.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const NODE_MAJOR_MIN = 24;
const stamp = join(root, 'node_modules', '.arouter-installed');

/** Installs the locked packages once per lock file; prints what it does, since it is the slow part of a first start. */
export function ensureInstalled() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  process.stderr.write('Installing packages (first run or changed lock file)...\n');
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (npm.status !== 0) {
    process.stderr.write(
      'npm ci failed; see its message above. Check that the package registry can be reached.\n',
    );
    process.exit(npm.status ?? 1);
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, lock);
}

/** The path of a Node that is new enough: this one, or the one npm installed for this platform. */
export function findNode() {
  if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN) return process.execPath;
  const bundled = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  if (existsSync(bundled)) return bundled;
  process.stderr.write(
    `ARouter needs Node ${NODE_MAJOR_MIN} or newer; this is ${process.versions.node} and npm has no ` +
      `Node ${NODE_MAJOR_MIN} for ${process.platform}-${process.arch}. Install it from nodejs.org and try again.\n`,
  );
  process.exit(78);
}

/** An environment in which every child that says "node" gets the right one. */
export function environmentWithNode(node) {
  return {
    ...process.env,
    PATH: `${dirname(node)}:${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}`,
  };
}
