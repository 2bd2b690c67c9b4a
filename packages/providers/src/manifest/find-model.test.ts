import type { ModelFacts } from '@arouter/core';
import { expect, test } from 'vitest';
import { manifests } from '../registry.gen.ts';
import { findModel } from './find-model.ts';

function model(id: string, released: string | null = null): ModelFacts {
  return {
    id,
    name: id,
    price: null,
    priceSource: null,
    contextTokens: null,
    outputTokensMax: null,
    inputModalities: ['text'],
    outputModalities: ['text'],
    tools: false,
    reasoning: false,
    released,
  };
}
const manifest = {
  models: [
    model('big-1'),
    model('big-1-2024-05-13'),
    model('small-2-20250101', '2025-01-01'),
    model('small-2-20250601', '2025-06-01'),
    model('ft:big-1'),
  ],
  foldModelName: (name: string) => (name.startsWith('ft:') ? name.split(':').slice(0, 2).join(':') : name),
};

test.each([
  ['big-1', 'big-1'],
  ['big-1-2026-01-01', 'big-1'],
  ['big-1-20260101', 'big-1'],
  ['big-1-latest', 'big-1'],
  ['big-1-2024-05-13', 'big-1-2024-05-13'],
  ['small-2', 'small-2-20250601'],
  ['small-2-latest', 'small-2-20250601'],
  ['ft:big-1:acme::abc123', 'ft:big-1'],
  ['ft:big-1-2024-05-13:acme::abc123', 'ft:big-1'],
])('%s is billed as %s', (name, id) => {
  expect(findModel(manifest, name)?.id).toBe(id);
});

test.each([
  'big-10',
  'big-1-mini',
  'big',
  '',
  'Big-1',
  '-latest',
  'constructor',
  '__proto__',
  'x'.repeat(100_000),
])('%.40s is not a listed model', (name) => {
  expect(findModel(manifest, name)).toBeUndefined();
});

test('a lookup costs the same in a long list as in a short one', () => {
  const long = { models: Array.from({ length: 5000 }, (_, index) => model(`model-${index}`)) };
  findModel(long, 'model-1');
  const before = performance.now();
  for (let index = 0; index < 20_000; index += 1) findModel(long, `model-${index % 5000}-latest`);
  // A scan of the list would read 50 million entries.
  expect(performance.now() - before).toBeLessThan(500);
});

test('no two providers share an id, an alias or a name', () => {
  const names = [...manifests.values()].flatMap(({ id, aliases }) => [id, ...aliases]);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
