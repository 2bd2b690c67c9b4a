/** `docs/faults.md` has a row for every fault, and every test that it names exists. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { UPSTREAM_FAULTS } from './upstream-faults.ts';

const ROOT = join(import.meta.dirname, '../../..');
const page = readFileSync(join(ROOT, 'docs/faults.md'), 'utf8');
const ids = [...page.matchAll(/^\| ([UCP]\d{2}) \|/gm)].map(([, id]) => id ?? '');
const named = [...page.matchAll(/^\| ([CP]\d{2}) \|.*\| `([^|]+)` \| `([^|]+)` \|$/gm)].map(
  ([, id = '', name = '', file = '']) => ({ id, name, file }),
);
const numbered = (letter: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => letter + String(index + 1).padStart(2, '0'));

test('every row of the matrix is there once', () => {
  expect(ids).toEqual([...numbered('U', 33), ...numbered('C', 23), ...numbered('P', 20)]);
});

test('every fault of a provider is in the table that is tested', () => {
  expect([...new Set<string>(UPSTREAM_FAULTS.map(({ id }) => id))].toSorted()).toEqual(numbered('U', 33));
});

test('every row of callers and of the process names its test', () => {
  expect(named.map(({ id }) => id)).toEqual([...numbered('C', 23), ...numbered('P', 20)]);
});

test.each(named)('$id: $name', ({ name, file }) => {
  expect(existsSync(join(ROOT, file))).toBe(true);
  expect(readFileSync(join(ROOT, file), 'utf8')).toContain(name);
});
