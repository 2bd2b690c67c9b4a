/**
 * Where root keys come from. One source only, so that nobody wonders which of two won. A source may hold several keys,
 * one per line or comma-separated: all of them read, which is what a rotation needs; the first one seals an empty
 * database, and after that the database says which one does.
 */
import { constants } from 'node:fs';
import { open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { VaultRowStore } from '../store/vault-ports.ts';
import { createRootKey, formatRootKey, parseRootKey, type RootKey } from './root-key.ts';
import { VaultStartRefused } from './vault-error.ts';

export type RootKeys = readonly [RootKey, ...RootKey[]];

const FILE_BYTES_MAX = 4096;
const KEYS_MAX = 8;

export type RootKeySources = {
  /** `process.env`; AROUTER_KEK is deleted from it once read, so that nothing started later inherits it. */
  readonly environment: Record<string, string | undefined>;
  /** `<data dir>/root.key`. */
  readonly defaultFile: string;
};

/** Undefined when nothing is configured and the default file does not exist. Throws VaultStartRefused. */
export async function loadRootKeys({
  environment,
  defaultFile,
}: RootKeySources): Promise<RootKeys | undefined> {
  const text = environment['AROUTER_KEK'] ?? '';
  const file = environment['AROUTER_KEK_FILE'] ?? '';
  delete environment['AROUTER_KEK'];
  if (text !== '' && file !== '') {
    throw new VaultStartRefused('AROUTER_KEK and AROUTER_KEK_FILE are both set; keep one of them.');
  }
  if (text !== '') return parseRootKeys(text, 'AROUTER_KEK');
  if (file === '') return readRootKeyFile(defaultFile);
  const keys = await readRootKeyFile(file);
  if (keys === undefined)
    throw new VaultStartRefused(`AROUTER_KEK_FILE names ${file}, which does not exist.`);
  return keys;
}

/** Undefined when there is no such file. Throws VaultStartRefused when it can be read by others or holds no key. */
export async function readRootKeyFile(path: string): Promise<RootKeys | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new VaultStartRefused(`The root key file ${path} cannot be opened.`, { cause: error });
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new VaultStartRefused(`The root key file ${path} is not a regular file.`);
    if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0) {
      throw new VaultStartRefused(`The root key file ${path} can be read by others; run: chmod 600 ${path}`);
    }
    if (stat.size > FILE_BYTES_MAX)
      throw new VaultStartRefused(`The root key file ${path} is too large to be one.`);
    return parseRootKeys(await handle.readFile('utf8'), `The root key file ${path}`);
  } finally {
    await handle.close();
  }
}

/**
 * Makes a root key for an empty database and stores it, readable by its owner only.
 * Throws VaultStartRefused when data is sealed already (a new key could never open it) or the file exists.
 */
export async function createRootKeyFile(
  path: string,
  store: Pick<VaultRowStore, 'listDeks' | 'getMeta'>,
): Promise<RootKeys> {
  const isSealed = (await store.listDeks()).length > 0 || (await store.getMeta('vault.canary')) !== undefined;
  if (isSealed) {
    throw new VaultStartRefused(
      `The database holds secrets sealed under a root key that is not here; restore ${path} from your backup, or set AROUTER_KEK_FILE.`,
    );
  }
  const keys: RootKeys = [createRootKey()];
  try {
    await writeDurably(path, keys);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new VaultStartRefused(`The root key file ${path} exists already.`);
  }
  return keys;
}

/** Replaces the file at once, e.g. to add the next root key before a rotation. Durable when it resolves. */
export async function replaceRootKeyFile(path: string, keys: RootKeys): Promise<void> {
  const next = `${path}.next`;
  await unlink(next).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await writeDurably(next, keys);
  await rename(next, path);
  await syncFolderOf(path);
}

function parseRootKeys(text: string, source: string): RootKeys {
  const [first, ...rest] = text.split(/[\s,]+/).filter((part) => part !== '');
  if (first === undefined) throw new VaultStartRefused(`${source} is empty.`);
  if (rest.length >= KEYS_MAX)
    throw new VaultStartRefused(`${source} holds more than ${KEYS_MAX} root keys.`);
  const keys: RootKeys = [parseRootKey(first, source), ...rest.map((part) => parseRootKey(part, source))];
  if (new Set(keys.map((key) => key.id)).size !== keys.length) {
    throw new VaultStartRefused(`${source} holds the same root key twice.`);
  }
  return keys;
}

async function writeDurably(path: string, keys: RootKeys): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(`${keys.map(formatRootKey).join('\n')}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncFolderOf(path);
}

/** The name of a new file survives a power loss only when its folder is written too. */
async function syncFolderOf(path: string): Promise<void> {
  const folder = await open(dirname(path), constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
