/**
 * `npm run seeded-bugs [-- NAME…]`: applies each patch of `tests/seeded-bugs` to a scratch copy of the sources, runs the
 * tests that its second line names, and shows which test caught it. Exits 1 when a bug goes unnoticed.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
export const patchFolder = join(root, 'tests', 'seeded-bugs');

/** Seeds of the simulation per bug: a bug that needs more is one that the whole suite may still catch. */
const SIMULATION_SEEDS = '120';

export type SeededBug = {
  readonly name: string;
  readonly what: string;
  readonly file: string;
  readonly caughtBy: readonly string[];
};

export function seededBugs(): readonly SeededBug[] {
  return readdirSync(patchFolder)
    .filter((file) => file.endsWith('.patch'))
    .toSorted()
    .map((file) => {
      const [what = '', by = ''] = readFileSync(join(patchFolder, file), 'utf8').split('\n');
      return {
        name: file.replace('.patch', ''),
        what,
        file: join(patchFolder, file),
        caughtBy: by.replace('Caught by: ', '').split(', '),
      };
    });
}

/** Undefined when the patch applies to the sources in the folder; else what git says. */
export function whyNotApplicable(bug: SeededBug, folder: string, ...options: string[]): string | undefined {
  // Outside of any repository git takes the paths as they stand.
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: dirname(realpathSync(folder)) };
  const applied = spawnSync('git', ['apply', '-C1', ...options, bug.file], {
    cwd: folder,
    encoding: 'utf8',
    env,
  });
  return applied.status === 0 ? undefined : applied.stderr;
}

function makeCopy(): string {
  const copy = mkdtempSync(join(tmpdir(), 'arouter-seeded-bugs-'));
  const listed = spawnSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' });
  for (const file of listed.stdout.split('\0').filter((each) => each !== '')) {
    mkdirSync(join(copy, dirname(file)), { recursive: true });
    cpSync(join(root, file), join(copy, file));
  }
  // The packages' own names must lead to the copy, everything else to what is installed.
  mkdirSync(join(copy, 'node_modules', '@arouter'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== '@arouter') symlinkSync(join(root, 'node_modules', name), join(copy, 'node_modules', name));
  }
  for (const name of readdirSync(join(copy, 'packages')))
    symlinkSync(join(copy, 'packages', name), join(copy, 'node_modules', '@arouter', name));
  return copy;
}

type Report = {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
};

/** The name of the first test that failed; null when none did. */
function catchBug({ caughtBy }: SeededBug, copy: string): string | null {
  const file = join(copy, 'report.json');
  const run = spawnSync(
    'vitest',
    ['run', '--bail=1', '--reporter=json', `--outputFile.json=${file}`, ...caughtBy],
    { cwd: copy, stdio: 'ignore', env: { ...process.env, SIMULATION_SEEDS } },
  );
  if (run.status === 0) return null;
  const { testResults } = JSON.parse(readFileSync(file, 'utf8')) as Report;
  const failed = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .find(({ status }) => status === 'failed');
  return (
    failed?.fullName ?? `a suite that could not run: ${testResults.map(({ message }) => message).join(' ')}`
  );
}

function main(names: readonly string[]): number {
  const bugs = seededBugs().filter(({ name }) => names.length === 0 || names.includes(name));
  const copy = makeCopy();
  let unnoticed = 0;
  try {
    for (const bug of bugs) {
      const problem = whyNotApplicable(bug, copy);
      const caught = problem === undefined ? catchBug(bug, copy) : null;
      if (problem === undefined) whyNotApplicable(bug, copy, '-R');
      if (caught === null) unnoticed += 1;
      const told = problem === undefined ? (caught ?? 'NOT CAUGHT') : `DOES NOT APPLY: ${problem.trim()}`;
      process.stdout.write(`| ${bug.name} | ${told} |\n`);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  process.stdout.write(`${bugs.length - unnoticed} of ${bugs.length} seeded bugs caught\n`);
  return unnoticed === 0 ? 0 : 1;
}

if (resolve(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) {
  process.exitCode = main(process.argv.slice(2));
}
