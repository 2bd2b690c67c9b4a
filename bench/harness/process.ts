/** Child processes: pinned to a core, with their output in a file, and always stopped by the harness that started them. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import type { AddressInfo } from 'node:net';

export type ProcessSpec = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The core to run on; null leaves it to the kernel. */
  readonly core: number | null;
  readonly logFile: string;
  readonly directory: string;
};

export type RunningProcess = {
  readonly pid: number;
  readonly hasExited: () => boolean;
  /** The last lines of its output, for an error message. */
  readonly logTail: () => string;
  /** Asks it to end, insists after STOP_MS_MAX, and resolves when it is gone. */
  readonly stop: () => Promise<void>;
};

export const GATEWAY_CORE = 1;
export const LOAD_CORE = 0;
const STOP_MS_MAX = 10_000;
const LOG_TAIL_LINES = 8;

const running = new Set<RunningProcess>();

export function startProcess(spec: ProcessSpec): RunningProcess {
  const [command, args] = pinned(spec);
  const log = openSync(spec.logFile, 'w');
  const child = spawn(command, args, {
    cwd: spec.directory,
    env: { ...spec.environment },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  let exited = false;
  const gone = new Promise<void>((resolve) => {
    const end = (): void => {
      exited = true;
      running.delete(started);
      resolve();
    };
    child.once('exit', end);
    child.once('error', end);
  });
  const started: RunningProcess = {
    pid: child.pid ?? -1,
    hasExited: () => exited,
    logTail: () => tailOf(spec.logFile),
    stop: async () => {
      if (exited) return;
      child.kill('SIGTERM');
      const insist = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
      await gone;
      clearTimeout(insist);
    },
  };
  running.add(started);
  return started;
}

/** For the end of the harness, however it comes. */
export async function stopAllProcesses(): Promise<void> {
  await Promise.all([...running].map((started) => started.stop()));
}

/** Resolves true when something listens on the port; false when the process ends or the time is up. */
export async function waitForPort(
  port: number,
  started: RunningProcess,
  timeoutMs: number,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline && !started.hasExited()) {
    if (await canConnect(port)) return true;
    await sleep(50);
  }
  return false;
}

export function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function pinned(spec: ProcessSpec): [string, string[]] {
  if (spec.core === null) return [spec.command, [...spec.args]];
  return ['taskset', ['-c', String(spec.core), spec.command, ...spec.args]];
}

function tailOf(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
