/** Bare proxies on Node that do nothing a gateway must do: what the runtime leaves us to spend. See ../floor/. */
import type { Candidate } from '../harness/candidate.ts';
import { commandCandidate } from './command.ts';

export const floor: readonly Candidate[] = [
  floorCandidate('floor-undici', 'undici', 'none'),
  floorCandidate('floor-undici-ledger', 'undici', 'sqlite'),
  floorCandidate('floor-undici-journal', 'undici', 'journal'),
  floorCandidate('floor-raw', 'raw', 'none'),
  floorCandidate('floor-raw-ledger', 'raw', 'sqlite'),
  floorCandidate('floor-raw-journal', 'raw', 'journal'),
];

function floorCandidate(id: string, client: string, ledger: string): Candidate {
  const command = ['node', 'bench/floor/proxy.ts', '--port={port}', '--upstream={upstream}'];
  command.push(`--client=${client}`, `--ledger=${ledger}`, '--data={cache}');
  return commandCandidate({ id, command }, ['only forwards: the floor of the runtime']);
}
