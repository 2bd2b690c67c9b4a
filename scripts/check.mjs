/** `npm run check`: types, lint and import boundaries, dead code, formatting. Every step runs, so one run shows everything. */
import { spawnSync } from 'node:child_process';
import { ensureInstalled, environmentWithNode, findNode, root } from './node24.mjs';

ensureInstalled();
const env = environmentWithNode(findNode());
const steps = [
  ['types', 'tsc', ['-b', '--pretty']],
  ['lint', 'oxlint', ['--deny-warnings']],
  ['dead code', 'knip', []],
  ['formatting', 'oxfmt', ['--check', '.']],
];
const failed = steps.filter(([name, command, args]) => {
  process.stdout.write(`check: ${name}\n`);
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', env }).status !== 0;
});
process.stdout.write(
  failed.length === 0 ? 'check: all clean\n' : `check: failed: ${failed.map(([name]) => name).join(', ')}\n`,
);
process.exit(failed.length === 0 ? 0 : 1);
