/** What is said where the lock cannot be taken. That it holds between processes is tested in `sqlite-store.test.ts`. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DatabaseRefused } from '../database-refused.ts';
import { lockDatabase, StoreLocked } from './database-lock.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'arouter-lock-'));
  file = join(folder, 'arouter.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

const refusal = (): unknown => {
  try {
    lockDatabase(file);
    return undefined;
  } catch (error) {
    return error;
  }
};

test.each([
  ['is no database', () => writeFileSync(`${file}.lock`, 'x'.repeat(4096)), 'file is not a database'],
  ['cannot be opened', () => mkdirSync(`${file}.lock`), 'unable to open database file'],
  ['has no folder', () => rmSync(folder, { recursive: true }), 'unable to open database file'],
])('a lock file that %s is called that, and nobody is said to hold it', (_name, spoil, reason) => {
  spoil();
  const refused = refusal();
  mkdirSync(folder, { recursive: true });
  expect(refused).toBeInstanceOf(DatabaseRefused);
  expect(String(refused)).toContain(`${file}.lock cannot be used (${reason})`);
  expect(String(refused)).not.toContain('in use by');
});

test('a lock that is held is called held, and can be taken once it is released', () => {
  const release = lockDatabase(file);
  expect(refusal()).toBeInstanceOf(StoreLocked);
  release();
  lockDatabase(file)();
});
