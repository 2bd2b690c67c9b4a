/** `docs/security-checklist.md` has every statement, and each names tests that exist or says that it is a decision. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const STATEMENTS = 68;
const root = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(join(root, 'docs/security-checklist.md'), 'utf8');
const rows = [...page.matchAll(/^\| +(\d+) \| (.+?) \| (.+) \|$/gm)].map(
  ([, number = '', statement = '', heldBy = '']) => ({ number: Number(number), statement, heldBy }),
);

test('every statement is there once, in order', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: STATEMENTS }, (_, nth) => nth + 1));
});

test.each(rows)('$number: $statement', ({ statement, heldBy }) => {
  if (heldBy === 'decision') {
    expect(statement).toMatch(/^\*\*Not (?:measured|promised yet)\*\*: .{30,}/);
    return;
  }
  for (const part of heldBy.split('; `')) {
    const [, name = '', file = ''] = /^`?(.+)` in `(.+)`$/.exec(part) ?? [];
    const unescaped = readFileSync(join(root, file), 'utf8').replaceAll("\\'", "'");
    expect(unescaped, part).toContain(name);
  }
});
