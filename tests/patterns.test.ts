/**
 * No pattern of the product takes longer than its text is long. Each is found in the sources by a parser and tried with
 * texts made of its own pieces, repeated, which it matches almost: what backtracks then takes seconds instead of a moment.
 * None is made of what a tenant sends.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseAst } from 'vitest/node';

const root = fileURLToPath(new URL('..', import.meta.url));
/** A quadratic pattern takes 200 ms and more for this, a linear one a few milliseconds. */
const TEXT_CHARACTERS = 20_000;
const MS_MAX = 80;
/** Another test may have the core just then: the best of a few counts. */
const TRIES = 3;

/** Quadratic over texts that it never meets. */
const OVER_OTHER_TEXTS: ReadonlyMap<string, string> = new Map([
  [String.raw`^(.*?)\/openai(?:\/(.*))?$`, 'paths of URLs, in which no line ends'],
]);
/** Where patterns are made at run time, of our own tables. */
const MADE_OF_TABLES = [
  'packages/server/src/auth/api-key-token.ts',
  'packages/server/src/control-plane/create-control-plane.ts',
  'packages/server/src/data-plane/raw-faces.ts',
];

type Found = { readonly pattern: string; readonly flags: string; readonly file: string };
const { literals, made } = readPatterns();

describe('a pattern', () => {
  test('is found', () => expect(literals.length).toBeGreaterThan(300));

  test('is made at run time of our own tables only', () =>
    expect([...new Set(made)]).toEqual(MADE_OF_TABLES));

  test('takes no longer than its text is long', { timeout: 120_000 }, () => {
    const slow = literals.filter(
      (found) => !OVER_OTHER_TEXTS.has(found.pattern) && slowestMs(found) > MS_MAX,
    );
    expect(slow).toEqual([]);
  });

  test('that may be slow is still there', () => {
    const there = new Set(literals.map(({ pattern }) => pattern));
    expect([...OVER_OTHER_TEXTS.keys()].filter((pattern) => !there.has(pattern))).toEqual([]);
  });
});

function slowestMs({ pattern, flags }: Found): number {
  let slowest = 0;
  for (const text of hostileTexts(pattern)) {
    let best = Infinity;
    for (let tried = 0; tried < TRIES && best > MS_MAX; tried += 1) {
      // A pattern with a place of its own (g, y) begins anew; `replace` tries every place, as the code does.
      const expression = new RegExp(pattern, flags);
      const before = performance.now();
      text.replace(expression, '');
      best = Math.min(best, performance.now() - before);
    }
    slowest = Math.max(slowest, best);
    if (slowest > MS_MAX) break;
  }
  return slowest;
}

/** The pattern's own words and what its classes stand for, alone and with a separator, repeated, and an end that fits nothing. */
function hostileTexts(pattern: string): readonly string[] {
  const plain = pattern
    .replaceAll(/\\[bBdDwWsSpP]|\{[\d,]+\}|\(\?<?[:!=]/g, '\u0001')
    .replaceAll(/\\(.)/g, '$1')
    .replaceAll(/[\^$()*+?|[\]{}]/g, '\u0001');
  const words = plain.split('\u0001').filter((word) => word !== '');
  const pumps = new Set<string>([' ', 'a', 'A', '0', '-', '.', '/', '=', '\n', '"', ...words]);
  for (const word of words) for (const separator of [' ', '-', 'a']) pumps.add(word + separator);
  return [...pumps].flatMap((pump) => {
    const long = pump.repeat(Math.ceil(TEXT_CHARACTERS / pump.length));
    return [`${long}\u0000`, `${words[0] ?? ''}${long}\n${pump}`];
  });
}

function readPatterns(): { readonly literals: readonly Found[]; readonly made: readonly string[] } {
  const found = new Map<string, Found>();
  const made: string[] = [];
  for (const file of productFiles()) {
    const text = readFileSync(join(root, file), 'utf8');
    visit(parseAst(text, { lang: file.endsWith('x') ? 'tsx' : 'ts' }), (node) => {
      const { type, regex, callee } = node as Node;
      if (type === 'Literal' && regex !== undefined)
        found.set(`/${regex.pattern}/${regex.flags}`, { ...regex, file });
      if ((type === 'NewExpression' || type === 'CallExpression') && callee?.name === 'RegExp')
        made.push(file);
    });
  }
  return { literals: [...found.values()], made };
}
type Node = {
  readonly type?: string;
  readonly regex?: { readonly pattern: string; readonly flags: string };
  readonly callee?: { readonly name?: string };
};

function visit(node: unknown, look: (node: object) => void): void {
  if (Array.isArray(node)) for (const each of node) visit(each, look);
  else if (typeof node === 'object' && node !== null && !(node instanceof RegExp)) {
    look(node);
    for (const each of Object.values(node)) visit(each, look);
  }
}

function productFiles(): readonly string[] {
  return execFileSync('git', ['ls-files', 'packages/*/src/**'], { cwd: root, encoding: 'utf8' })
    .split('\n')
    .filter((file) => /^packages\/(?:core|providers|contract|server|dashboard)\/src\/.*\.tsx?$/.test(file))
    .filter((file) => !/\.test\.ts$|\/testing\/|\/simulation\/|\/describe-/.test(file));
}
