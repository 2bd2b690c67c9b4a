/** `node scripts/with-node.mjs TOOL ARGS…`: runs a TypeScript file or an installed tool on the project's own Node. */
import { spawnSync } from 'node:child_process';
import { ensureInstalled, environmentWithNode, findNode, root } from './node24.mjs';

ensureInstalled();
const node = findNode();
const [tool, ...rest] = process.argv.slice(2);
const command = tool.endsWith('.ts') || tool.endsWith('.mjs') ? [node, [tool, ...rest]] : [tool, rest];
const result = spawnSync(command[0], command[1], {
  cwd: root,
  stdio: 'inherit',
  env: environmentWithNode(node),
});
process.exit(result.status ?? 1);
