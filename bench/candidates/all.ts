/** Every candidate, and the ones that run unless others are named. */
import type { Candidate } from '../harness/candidate.ts';
import type { BenchOptions } from '../harness/options.ts';
import { arouter } from './arouter.ts';
import { commandCandidate } from './command.ts';
import { direct } from './direct.ts';
import { floor } from './floor.ts';
import { nginx } from './nginx.ts';
import { portkey } from './portkey.ts';

const DEFAULT = [nginx, portkey, arouter];

/** `direct` comes first always: latency is measured against it. Throws for a name nobody has. */
export function chooseCandidates(options: Pick<BenchOptions, 'only' | 'gateways'>): readonly Candidate[] {
  const others = options.gateways.map((line) => commandCandidate(line));
  const known = [direct, ...DEFAULT, ...floor, ...others];
  if (options.only === null) return [direct, ...DEFAULT, ...others];
  const chosen = options.only
    .filter((id) => id !== direct.id)
    .map((id) => {
      const candidate = known.find((one) => one.id === id);
      if (candidate === undefined) throw new Error(`There is no candidate "${id}".`);
      return candidate;
    });
  return [direct, ...new Set([...chosen, ...others])];
}
