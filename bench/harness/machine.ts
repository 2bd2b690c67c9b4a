/** What the figures were measured on. No host names, users or paths: the file is published. */
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';

export type Machine = {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly node: string;
};
export type SourceVersion = { readonly commit: string; readonly hasLocalChanges: boolean };

export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    kernel: `${type()} ${release()}`,
    node: process.version,
  };
}

export function sourceVersion(root: string): SourceVersion {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return {
      commit: git('rev-parse', '--short', 'HEAD'),
      hasLocalChanges: git('status', '--porcelain', '--untracked-files=no', 'packages') !== '',
    };
  } catch {
    // An unpacked archive has no history; the figures are still worth having.
    return { commit: 'unknown', hasLocalChanges: false };
  }
}
