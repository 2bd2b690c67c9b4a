/** `npm start`, `npm run demo`, `npm run arouter -- …`: installs and builds what is missing, then becomes the `arouter` command. */
import { spawn } from 'node:child_process';
import { ensureBuilt } from './build.mjs';
import { ensureInstalled, environmentWithNode, findNode } from './node24.mjs';

ensureInstalled();
const node = findNode();
const child = spawn(
  node,
  [
    '--disable-warning=ExperimentalWarning',
    '--conditions=built',
    ensureBuilt(node),
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit', env: environmentWithNode(node) },
);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
