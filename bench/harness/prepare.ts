/** Tools and files the benchmark needs: the built gateway, compiler, nginx, the two C programs, the request bodies, the mock provider. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Workbench } from './candidate.ts';
import { freePort, LOAD_CORE, startProcess, waitForPort } from './process.ts';
import { writePrompts } from './prompts.ts';

/** A stream has 100 chunks, one every 5 ms, as a fast model would send them; JSON is answered at once. */
const MOCK_ARGUMENTS = ['0', '0', '100', '5000'];
const SEARCH_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/sbin'];

/** Throws an Error that says which tool is missing and how to get it. */
export async function prepareWorkbench(root: string, nodeFlags: readonly string[]): Promise<Workbench> {
  const cacheFolder = join(root, '.bench-cache');
  mkdirSync(join(cacheFolder, 'logs'), { recursive: true });
  execFileSync('tsc', ['-b', 'packages/server'], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  const compiler = requireTool('gcc', 'gcc libc6-dev');
  const pin = availableParallelism() > 1 && findTool('taskset') !== null;
  if (!pin)
    console.log('One core, or no taskset: nothing is pinned, figures are not comparable with pinned ones.');
  const loadGenerator = compile(compiler, root, 'load-generator');
  const keepAwakeProgram = compile(compiler, root, 'keep-awake');
  const mock = compile(compiler, root, 'mock-provider');
  writePrompts(cacheFolder);
  const mockPort = await freePort();
  const started = startProcess({
    name: 'mock',
    command: mock,
    args: [String(mockPort), ...MOCK_ARGUMENTS],
    environment: {},
    core: pin ? LOAD_CORE : null,
    logFile: join(cacheFolder, 'logs', 'mock.log'),
    directory: cacheFolder,
  });
  if (!(await waitForPort(mockPort, started, 5000))) {
    throw new Error(`The mock provider did not start: ${started.logTail()}`);
  }
  return {
    root,
    cacheFolder,
    loadGenerator,
    keepAwakeProgram,
    mockPort,
    mockPid: started.pid,
    pin,
    nodeFlags,
  };
}

/** The tool's path; installs the Debian package when it is absent and we may. Throws with the command otherwise. */
export function requireTool(tool: string, packages: string): string {
  const found = findTool(tool);
  if (found !== null) return found;
  const names = packages.split(' ');
  const command = `apt-get install -y --no-install-recommends ${packages}`;
  if (process.getuid?.() !== 0 || findTool('apt-get') === null) {
    throw new Error(`${tool} is not installed. Run: sudo ${command}`);
  }
  console.log(`${tool} is not installed; running ${command}`);
  // RUNLEVEL=1 keeps the package's own service from being started.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  execFileSync('apt-get', ['update', '-qq'], { env, stdio: 'ignore' });
  execFileSync('apt-get', ['install', '-y', '--no-install-recommends', ...names], { env, stdio: 'ignore' });
  const installed = findTool(tool);
  if (installed === null) throw new Error(`${tool} is still missing after: ${command}`);
  return installed;
}

/** Null when it is nowhere to be found. */
export function findTool(tool: string): string | null {
  const folders = [...(process.env.PATH ?? '').split(':'), ...SEARCH_FOLDERS];
  return folders.map((folder) => join(folder, tool)).find((path) => existsSync(path)) ?? null;
}

/** Compiles again only when the source is newer. */
function compile(compiler: string, root: string, name: string): string {
  const source = join(root, 'bench', 'native', `${name}.c`);
  const binary = join(root, '.bench-cache', name);
  const isFresh = existsSync(binary) && statSync(binary).mtimeMs > statSync(source).mtimeMs;
  if (!isFresh) execFileSync(compiler, ['-O2', '-Wall', '-o', binary, source], { stdio: 'inherit' });
  return binary;
}
