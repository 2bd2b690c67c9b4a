/**
 * The real gateway as a user starts it: `arouter init`, then `arouter serve`, each a process of its own with a clean
 * environment, a data folder of its own and a free port. For tests that stop, kill, restart or misconfigure it.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rememberProcess } from './started-processes.ts';

export type Environment = Readonly<Record<string, string>>;

export type GatewayKeys = {
  readonly workspaceId: string;
  readonly managementKey: string;
  readonly operatorKey: string;
  readonly apiKey: string;
};
export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** A process of the command line that has been started. */
export type RunningCommand = {
  readonly pid: number;
  /** Everything printed so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves when the process has ended and its output is complete. */
  readonly exited: Promise<Exit>;
  send(signal: NodeJS.Signals): void;
  /** Closes what it prints into, as a collector of logs does that dies; what it prints from then on is lost. */
  stopReading(): void;
};
export type CommandResult = Exit & { readonly stdout: string; readonly stderr: string };

export type ServeOptions = {
  readonly dataDir: string;
  /** Origins on private addresses that provider keys may use, e.g. a sandbox's `url`. */
  readonly egressAllow?: readonly string[];
  /** Further settings (`AROUTER_…`) and provider keys (`OPENAI_API_KEY`); they win over what is set here. */
  readonly environment?: Environment;
};
export type ServingGateway = RunningCommand & {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  readonly dataDir: string;
  /** SIGTERM, as a service manager stops it; resolves when it has ended. */
  stop(): Promise<Exit>;
  /** SIGKILL, as the kernel stops it when memory runs out; resolves when it has ended. */
  kill(): Promise<Exit>;
};
export type Gateway = ServingGateway & {
  readonly keys: GatewayKeys;
  /** Starts another process on the same data, after `stop` or `kill`; on another port unless the environment says so. */
  restart(environment?: Environment): Promise<Gateway>;
  /** Stops it if it runs and deletes its data folder. */
  remove(): Promise<void>;
};

const MAIN = join(import.meta.dirname, '../../packages/server/src/cli/main.ts');
/** Two processes on two busy cores. */
const START_MS_MAX = 30_000;
/** Beyond the grace that the gateway itself gives what is under way. */
const STOP_MS_MAX = 70_000;

/** Makes a data folder with `init`, then serves it. Throws with all that the processes printed when one of them fails. */
export async function startGateway(options: Omit<ServeOptions, 'dataDir'> = {}): Promise<Gateway> {
  const dataDir = await mkdtemp(join(tmpdir(), 'arouter-e2e-'));
  try {
    const keys = await initGateway(dataDir);
    return withKeys(await serveGateway({ ...options, dataDir }), keys, options);
  } catch (error) {
    await rm(dataDir, { recursive: true, force: true });
    throw error;
  }
}

/** `arouter init --json` on an empty data folder. */
export async function initGateway(dataDir: string): Promise<GatewayKeys> {
  const { code, stdout, stderr } = await runCommand(['init', '--json', '--data-dir', dataDir]);
  if (code !== 0) throw new Error(`init ended with ${code}: ${stderr}${stdout}`);
  const made = JSON.parse(stdout) as Record<
    'workspace_id' | 'management_key' | 'operator_key' | 'api_key',
    string
  >;
  return {
    workspaceId: made.workspace_id,
    managementKey: made.management_key,
    operatorKey: made.operator_key,
    apiKey: made.api_key,
  };
}

/** `arouter serve` on a data folder; resolves when it listens. */
export async function serveGateway({
  dataDir,
  egressAllow = [],
  environment = {},
}: ServeOptions): Promise<ServingGateway> {
  const command = startCommand(['serve'], {
    AROUTER_DATA_DIR: dataDir,
    AROUTER_PORT: '0',
    AROUTER_EGRESS_ALLOW: egressAllow.join(','),
    AROUTER_LOG_LEVEL: 'error',
    ...environment,
  });
  const url = await listeningUrl(command);
  const end = async (signal: NodeJS.Signals): Promise<Exit> => {
    command.send(signal);
    return await withDeadline(command.exited, STOP_MS_MAX, () => `the gateway did not end after ${signal}`);
  };
  return { ...command, url, dataDir, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
}

/** Runs a command of the command line to its end. */
export async function runCommand(
  args: readonly string[],
  environment: Environment = {},
  input = '',
): Promise<CommandResult> {
  const command = startCommand(args, environment, input);
  const exit = await command.exited;
  return { ...exit, stdout: command.stdout(), stderr: command.stderr() };
}

/** Starts a command without waiting for anything; `input` is all of its standard input. Nothing of the tester's own settings or keys reaches it. */
export function startCommand(
  args: readonly string[],
  environment: Environment = {},
  input = '',
): RunningCommand {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], AROUTER_LOG_LEVEL: 'error', ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  rememberProcess(child);
  // A command that does not read its input may be gone before it is written.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  return {
    pid: child.pid ?? 0,
    stdout,
    stderr,
    exited: exitOf(child),
    send: (signal) => void child.kill(signal),
    stopReading() {
      child.stdout.destroy();
      child.stderr.destroy();
    },
  };
}

function withKeys(
  serving: ServingGateway,
  keys: GatewayKeys,
  options: Omit<ServeOptions, 'dataDir'>,
): Gateway {
  return {
    ...serving,
    keys,
    async restart(environment = {}) {
      const { dataDir } = serving;
      const changed = { ...options, environment: { ...options.environment, ...environment } };
      return withKeys(await serveGateway({ ...changed, dataDir }), keys, changed);
    },
    async remove() {
      await serving.stop();
      await rm(serving.dataDir, { recursive: true, force: true });
    },
  };
}

async function listeningUrl(command: RunningCommand): Promise<string> {
  const said = (): string => `stdout: ${command.stdout()}\nstderr: ${command.stderr()}`;
  let ended: Exit | undefined;
  void command.exited.then((exit) => {
    ended = exit;
  });
  const deadline = performance.now() + START_MS_MAX;
  while (performance.now() < deadline) {
    const url = /^ARouter listens on (\S+)$/m.exec(command.stdout())?.[1];
    if (url !== undefined) return url;
    if (ended !== undefined)
      throw new Error(`the gateway ended before it listened (${ended.signal ?? ended.code})\n${said()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  command.send('SIGKILL');
  throw new Error(`the gateway does not listen after ${START_MS_MAX} ms\n${said()}`);
}

async function withDeadline<T>(promise: Promise<T>, ms: number, message: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(message())), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (piece: string) => {
    text += piece;
  });
  return () => text;
}

/** `close`, not `exit`: then the pipes are drained too. */
async function exitOf(child: ChildProcess): Promise<Exit> {
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal };
}
