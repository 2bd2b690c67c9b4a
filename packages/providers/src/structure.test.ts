/** The rules that make a provider one folder: held by reading the sources. */
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { describe, expect, test } from 'vitest';
import { committed, generatedFiles, providerFolders, providersFolder } from '../../../scripts/generate.ts';
import { manifests } from './registry.gen.ts';

const FOLDER_FILES = ['manifest.test.ts', 'manifest.ts', 'models.json'];
const packages = join(providersFolder, '..', '..');

/** Places where a provider's id may be written, each with its reason. Paths are relative to `packages/`. */
const MAY_NAME_PROVIDERS: readonly { readonly path: RegExp; readonly reason: string }[] = [
  { path: /\.test\.ts$/, reason: 'tests speak of particular providers' },
  { path: /^providers\/src\/registry\.gen\.ts$/, reason: 'generated: the one list of all providers' },
  { path: /^providers\/src\/manifest\/recorded-failures\.ts$/, reason: 'test data, named after recordings' },
  {
    path: /^core\/src\/pipeline\/(?:parse-request|read-preferences)\.ts$/,
    reason: 'an example in a sentence for callers',
  },
  {
    path: /\/(?:describe-[\w-]+|sample-rows)\.ts$|\/testing\//,
    reason: 'contract suites and their rows, imported by tests only',
  },
  { path: /^dashboard\/src\/pages\/welcome\/snippets\.ts$/, reason: 'client libraries, by their names' },
  { path: /^sandbox\//, reason: 'a stand-in for the providers, by their names' },
];
/** Ids that are something else too: an English word, a type of credential. Quoted, they may mean that. */
const ALSO_WORDS: readonly string[] = ['custom', 'azure', 'bedrock', 'vertex'];

describe('a provider is one folder', () => {
  test.each(providerFolders())('%s has its files, and its manifest has its id', (folder) => {
    const files = readdirSync(join(providersFolder, folder));
    for (const file of FOLDER_FILES) expect(files).toContain(file);
    expect([...manifests.keys()].map(String)).toContain(folder);
  });

  test.each(providerFolders())('nothing outside its folder knows the name of %s', (folder) => {
    if (ALSO_WORDS.includes(folder)) return;
    const quoted = new RegExp(`['"\`]${folder}['"\`]`);
    const own = join('providers', 'src', folder) + sep;
    const guilty = sources().filter(({ path, text }) => !path.startsWith(own) && quoted.test(text));
    expect(guilty.map(({ path }) => path)).toEqual([]);
  });
});

test('the generated files are what `npm run generate` would write', async () => {
  const stale = (await generatedFiles()).filter(({ path, content }) => committed(path) !== content);
  expect(stale.map(({ path }) => path)).toEqual([]);
});

test('the check for names would find one, and every place that may name a provider is there', () => {
  const found = sources(() => true).filter(({ text }) => /['"`]openai['"`]/.test(text));
  expect(found.map(({ path }) => path)).toContain(join('providers', 'src', 'openai', 'manifest.ts'));
  const all = sources(() => true).map(({ path }) => path.split(sep).join('/'));
  for (const { path, reason } of MAY_NAME_PROVIDERS)
    expect(
      all.some((each) => path.test(each)),
      reason,
    ).toBe(true);
});

function sources(wanted: (path: string) => boolean = (path) => !mayName(path)) {
  return readdirSync(packages)
    .flatMap((name) => filesBelow(join(packages, name, 'src')))
    .map((file) => relative(packages, file))
    .filter((path) => /\.tsx?$/.test(path) && wanted(path))
    .map((path) => ({ path, text: withoutComments(readFileSync(join(packages, path), 'utf8')) }));
}

/** Comments may give a provider as an example. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}

function mayName(path: string): boolean {
  return MAY_NAME_PROVIDERS.some((place) => place.path.test(path.split(sep).join('/')));
}

function filesBelow(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    // A package without sources has nothing to read.
    return [];
  }
}
