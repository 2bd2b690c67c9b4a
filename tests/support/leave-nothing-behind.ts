/**
 * Before and after every file of tests: what it makes in the system's temporary folder goes with it, also where it fails, and
 * no test or code under test may leave a mark on what all objects inherit.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { endRememberedProcesses } from './started-processes.ts';

const inherited = namesOf(Object.prototype);
const outer = process.env['TMPDIR'];
const folder = mkdtempSync(join(tmpdir(), 'arouter-tests-'));
process.env['TMPDIR'] = folder;

// Hooks after tests run in reverse: this one is registered first, so the file's own come before it.
afterAll(async () => {
  await endRememberedProcesses();
  if (outer === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = outer;
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // A process that outlives its test still writes; the run's own folder goes with all that is left.
  }
  expect(namesOf(Object.prototype), 'what all objects inherit').toEqual(inherited);
});

function namesOf(prototype: object): readonly (string | symbol)[] {
  return Reflect.ownKeys(prototype);
}
