/**
 * `arouter kek rotate`: a new root key. Can be killed at any step and run again: the new key is in the file before
 * anything is sealed under it, and the old one leaves the file only when nothing is sealed under it any more.
 */
import { appendFile, chmod } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readSettings } from '../config/settings.ts';
import { systemClock } from '../instance/system-clock.ts';
import { createLog } from '../log/create-log.ts';
import { openSqliteStore } from '../store/open-sqlite-store.ts';
import { readRootKeyFile, replaceRootKeyFile, type RootKeys } from '../vault/load-root-keys.ts';
import { createRootKey, formatRootKey, type RootKey } from '../vault/root-key.ts';
import { rotateRootKey } from '../vault/rotate-root-key.ts';
import { UsageError } from './usage-error.ts';

const HELP = `Usage: arouter kek rotate [--data-dir DIR] [--dry-run]

Makes a new root key and seals every data key under it. Stop the gateway first. Safe to interrupt and to run again.
The old root key moves to root.key.retired: keep it as long as backups from before today are kept.
`;

export async function kek(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      'data-dir': { type: 'string' },
      'dry-run': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const [action] = positionals;
  if (values.help === true || action === undefined) {
    process.stdout.write(HELP);
    return;
  }
  if (action !== 'rotate')
    throw new UsageError(`"${action}" is not an action of "arouter kek". "arouter kek --help" lists them.`);
  const settings = readSettings({ ...process.env });
  if (settings.kek !== '')
    throw new UsageError(
      'The root key is in AROUTER_KEK. Put it into a file named by AROUTER_KEK_FILE, then rotate.',
    );
  const dataDir = resolve(values['data-dir'] ?? settings.dataDir);
  const file = settings.kekFile === '' ? join(dataDir, 'root.key') : settings.kekFile;
  const loaded = await readRootKeyFile(file);
  if (loaded === undefined) throw new UsageError(`There is no root key at ${file}. Nothing was changed.`);
  const store = await openSqliteStore({
    file: join(dataDir, 'arouter.db'),
    synchronous: 'full',
    clock: systemClock,
    log: createLog(settings.logLevel),
  });
  try {
    await rotate(file, loaded, { store: store.vaultRows, dryRun: values['dry-run'] === true });
  } finally {
    await store.close();
  }
}

type RotationStore = Parameters<typeof rotateRootKey>[0]['store'];

async function rotate(
  file: string,
  loaded: RootKeys,
  { store, dryRun }: { readonly store: RotationStore; readonly dryRun: boolean },
): Promise<void> {
  const { from, to } = dryRun ? { from: loaded, to: createRootKey() } : await addNextKey(file, loaded);
  const report = await rotateRootKey({
    store,
    from,
    to,
    dryRun,
    onProgress: ({ done, total }) => process.stdout.write(`${done} of ${total} rows\n`),
  });
  if (dryRun) {
    process.stdout.write(
      `${report.remaining} rows would be sealed under a new root key. Nothing was changed.\n`,
    );
    return;
  }
  for (const workspace of report.damaged)
    process.stdout.write(`the data key of ${workspace} was damaged before and cannot be opened\n`);
  if (report.remaining > 0)
    throw new UsageError(
      `${report.remaining} rows are still under an old root key; both keys stay in ${file}. Run it again.`,
      1,
    );
  await retire(file, from);
  await replaceRootKeyFile(file, [to]);
  process.stdout.write(
    `Done: root key ${to.id}, in ${file}. Back it up. The old one is in ${file}.retired.\n`,
  );
}

/** A file with several keys is a rotation that was interrupted: its last key is the new one. */
async function addNextKey(
  file: string,
  loaded: RootKeys,
): Promise<{ readonly from: RootKeys; readonly to: RootKey }> {
  const [first, ...rest] = loaded;
  const last = rest.pop();
  if (last !== undefined) return { from: [first, ...rest], to: last };
  const to = createRootKey();
  await replaceRootKeyFile(file, [first, to]);
  return { from: loaded, to };
}

async function retire(file: string, keys: RootKeys): Promise<void> {
  const retired = `${file}.retired`;
  await appendFile(retired, `${keys.map(formatRootKey).join('\n')}\n`, { mode: 0o600 });
  await chmod(retired, 0o600);
}
