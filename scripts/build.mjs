/** Compiles the packages once per change of their sources, so that the server starts fast and small. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { environmentWithNode, root } from './node24.mjs';

/** Runs the compiler (incremental: a second or less when nothing changed). Returns the built command-line entry. */
export function ensureBuilt(node) {
  const entry = join(root, 'packages/server/dist/cli/main.js');
  if (!existsSync(entry)) process.stderr.write('Building (first run)...\n');
  const compiled = spawnSync('tsc', ['-b', 'packages/server'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: environmentWithNode(node),
  });
  if (compiled.status !== 0) {
    process.stderr.write('The build failed; see the messages above.\n');
    process.exit(compiled.status ?? 1);
  }
  return entry;
}
