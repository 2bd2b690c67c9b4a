/**
 * The files of the ledger's journal. A position counts the bytes of all groups ever written, over all segments; a
 * segment is named by the position it begins at, so that names say the order and where nothing is missing.
 */
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

export type Segment = { readonly base: number; readonly path: string };

const BASE_DIGITS = 16;

export function segmentAt(databaseFile: string, base: number): Segment {
  return { base, path: `${databaseFile}.ledger-${String(base).padStart(BASE_DIGITS, '0')}` };
}

/** In order. */
export function listSegments(databaseFile: string): readonly Segment[] {
  const folder = dirname(databaseFile);
  const prefix = `${basename(databaseFile)}.ledger-`;
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && /^\d{16}$/.test(name.slice(prefix.length)))
    .map((name) => ({ base: Number(name.slice(prefix.length)), path: join(folder, name) }))
    .toSorted((a, b) => a.base - b.base);
}
