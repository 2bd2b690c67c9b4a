/**
 * The files of kept bodies: `HOUR/WORKSPACE/GENERATION`, by the hour in which the request came (hours since 1970). What is too old goes
 * by whole hours, what is too much by single files. They are not flushed to disk one by one: after a crash some may be missing or
 * cut short, which whoever reads them sees. Calls must not overlap.
 */
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Instant, WorkspaceId } from '@arouter/core';
import { createDiskUse } from './disk-use.ts';
import type { KeptGeneration } from './kept-exchange.ts';

const HOUR_MS = 3_600_000;
/** A file takes whole blocks. */
const BLOCK_BYTES = 4096;
/** More than is needed is deleted at a time, so that not every further write has to look for the oldest. */
const LEFT_SHARE = 0.95;
const NAME = /^[\w-]{1,100}$/;

export type BodyFiles = {
  /** Adds up what is there. Call it once, before anything else. */
  load(): Promise<void>;
  write(generation: KeptGeneration, bytes: Uint8Array): Promise<void>;
  /** Null where there is none. */
  read(generation: KeptGeneration): Promise<Buffer | null>;
  /** Deletes the hours that had ended at `until`. */
  deleteBefore(until: number): Promise<void>;
  /** Where there is more than `bytesMax`, the oldest go. */
  deleteBeyond(bytesMax: number): Promise<void>;
  deleteWorkspace(workspace: WorkspaceId): Promise<void>;
  bytesOf(workspace: WorkspaceId): number;
};

/** Makes `folder` with its first file. */
export function createBodyFiles(folder: string): BodyFiles {
  const use = createDiskUse();
  const hourFolder = (hour: number): string => join(folder, String(hour));

  async function deleteHour(hour: number): Promise<void> {
    await rm(hourFolder(hour), { recursive: true, force: true });
    use.forgetHour(hour);
  }

  /** Frees at least `bytes` of an hour, or all of it; returns what is still to be freed. */
  async function freeOf(hour: number, bytes: number): Promise<number> {
    let wanted = bytes;
    for (const { workspace, path } of await filesOf(hourFolder(hour))) {
      if (wanted <= 0) return 0;
      const size = await sizeOf(path);
      await rm(path, { force: true });
      use.add(hour, workspace, -size);
      wanted -= size;
    }
    await deleteHour(hour);
    return wanted;
  }

  return {
    async load() {
      for (const hour of (await entriesOf(folder)).filter((name) => /^\d+$/.test(name))) {
        for (const { workspace, path } of await filesOf(join(folder, hour)))
          use.add(Number(hour), workspace, await sizeOf(path));
      }
    },
    async write(generation, bytes) {
      const { hour, workspace, path } = placeOf(folder, generation);
      if (!use.has(hour, workspace))
        await mkdir(join(hourFolder(hour), workspace), { recursive: true, mode: 0o700 });
      await writeWhole(path, bytes);
      use.add(hour, workspace, blocksOf(bytes.length));
    },
    read: (generation) => readFile(placeOf(folder, generation).path).catch(nullWhereMissing),
    async deleteBefore(until) {
      for (const hour of use.hours()) {
        if ((hour + 1) * HOUR_MS > until) return;
        await deleteHour(hour);
      }
    },
    async deleteBeyond(bytesMax) {
      if (use.total() <= bytesMax) return;
      let wanted = use.total() - bytesMax * LEFT_SHARE;
      for (const hour of use.hours()) {
        if (wanted <= 0) return;
        wanted = await freeOf(hour, wanted);
      }
    },
    async deleteWorkspace(workspace) {
      for (const hour of use.hours()) {
        await rm(join(hourFolder(hour), checkedName(workspace)), { recursive: true, force: true });
        use.forget(hour, workspace);
      }
    },
    bytesOf: use.ofWorkspace,
  };
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(path, bytes, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    // Half of it is of no use, and where the disk is full it takes what others need.
    await rm(path, { force: true });
    throw error;
  }
}

function placeOf(folder: string, { id, workspaceId, createdAt }: KeptGeneration) {
  const hour = hourOf(createdAt);
  const path = join(folder, String(hour), checkedName(workspaceId), checkedName(id));
  return { hour, workspace: workspaceId, path };
}

function hourOf(at: Instant): number {
  return Math.floor(at / HOUR_MS);
}

/** Ids are of our own making; one that would lead elsewhere is a bug. */
function checkedName(name: string): string {
  if (!NAME.test(name)) throw new Error('an id cannot name a file');
  return name;
}

/** Oldest first: the id of a generation begins with its second. */
async function filesOf(
  hourFolder: string,
): Promise<readonly { readonly workspace: string; readonly path: string }[]> {
  const files: { workspace: string; name: string; path: string }[] = [];
  for (const workspace of await entriesOf(hourFolder)) {
    for (const name of await entriesOf(join(hourFolder, workspace)))
      files.push({ workspace, name, path: join(hourFolder, workspace, name) });
  }
  return files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(nullWhereMissing)) ?? [];
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(nullWhereMissing);
  return found === null ? 0 : blocksOf(found.size);
}

function blocksOf(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}

function nullWhereMissing(error: unknown): null {
  const code = (error as { readonly code?: unknown } | null)?.code;
  if (code === 'ENOENT' || code === 'ENOTDIR') return null;
  throw error;
}
