/** The command line of `npm run bench` and of the profiler. */
import { parseArgs } from 'node:util';

export type BenchOptions = {
  /** Short windows and one round: to see that everything works, never to publish. */
  readonly quick: boolean;
  /** Candidate ids to run; null = the default four. */
  readonly only: readonly string[] | null;
  /** Workload ids to run; null = all. */
  readonly workloads: readonly string[] | null;
  readonly rounds: number;
  /** Added to the name of the result file, e.g. `floor`. */
  readonly label: string | null;
  /** Ends with status 1 when a target is missed. */
  readonly check: boolean;
  /** Any other gateway: `name=command with {port} and {upstream}`. */
  readonly gateways: readonly CommandLine[];
  readonly help: boolean;
};
export type CommandLine = { readonly id: string; readonly command: readonly string[] };

export const ROUNDS_DEFAULT = 3;
const ROUNDS_MAX = 25;

export const USAGE = `npm run bench -- [options]

  --quick               one short round; the result is printed, not stored
  --only a,b            candidates: nginx, portkey, arouter, floor-undici, floor-raw, the last two also with
                        -ledger and -journal (direct always runs: latency is measured against it)
  --workloads a,b       e.g. json-1k,sse-1k
  --rounds N            interleaved rounds, ${ROUNDS_DEFAULT} unless told
  --label WORD          added to the name of the result file
  --gateway 'x=CMD …'   measure another gateway too; {port} and {upstream} are filled in
  --check               end with status 1 when a target is missed
`;

/** Throws an Error with one sentence for the person at the terminal. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      workloads: { type: 'string' },
      rounds: { type: 'string' },
      label: { type: 'string' },
      gateway: { type: 'string', multiple: true, default: [] },
      check: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  return {
    quick: values.quick,
    only: list(values.only),
    workloads: list(values.workloads),
    rounds: roundsOf(values.rounds, values.quick),
    label: values.label ?? null,
    check: values.check,
    gateways: values.gateway.map(commandLine),
    help: values.help,
  };
}

function list(text: string | undefined): readonly string[] | null {
  return text === undefined ? null : text.split(',').filter((word) => word !== '');
}

function roundsOf(text: string | undefined, quick: boolean): number {
  if (text === undefined) return quick ? 1 : ROUNDS_DEFAULT;
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > ROUNDS_MAX) {
    throw new Error(`--rounds must be a whole number from 1 to ${ROUNDS_MAX}, not "${text}".`);
  }
  return rounds;
}

function commandLine(text: string): CommandLine {
  const cut = text.indexOf('=');
  const command = text
    .slice(cut + 1)
    .split(' ')
    .filter((word) => word !== '');
  if (cut < 1 || command.length === 0) throw new Error(`--gateway wants name=command, not "${text}".`);
  return { id: text.slice(0, cut), command };
}
