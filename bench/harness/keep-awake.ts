/**
 * Keeps the cores from halting while requests come at a fixed rate. A virtual machine's core that halts between two requests has to be
 * brought back by the hypervisor, which may have given it to others meanwhile: that costs more than what is measured, for everyone.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Workbench } from './candidate.ts';
import { GATEWAY_CORE, LOAD_CORE, startProcess } from './process.ts';

/** USER_HZ: the same on every Linux there is. */
export const TICKS_PER_S = 100;

export type KeptAwake = {
  /** What it has used since it began; nobody missed it. */
  readonly cpuS: () => number;
  readonly stop: () => Promise<void>;
};

/** Null where nothing is pinned. */
export function keepAwake({ pin, keepAwakeProgram, cacheFolder }: Workbench): KeptAwake | null {
  if (!pin) return null;
  const started = [LOAD_CORE, GATEWAY_CORE].map((core) =>
    startProcess({
      name: 'keep-awake',
      command: keepAwakeProgram,
      args: [String(core)],
      environment: {},
      core: null,
      logFile: join(cacheFolder, 'logs', 'keep-awake.log'),
      directory: cacheFolder,
    }),
  );
  return {
    cpuS: () => started.reduce((sum, { pid }) => sum + cpuTicksOf(pid), 0) / TICKS_PER_S,
    stop: async () => {
      await Promise.all(started.map((each) => each.stop()));
    },
  };
}

/** User and system time; 0 for a process that has ended. */
function cpuTicksOf(pid: number): number {
  try {
    // Its name stands in brackets and may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return 0;
  }
}
