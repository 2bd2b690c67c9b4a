/** The patches themselves; `npm run seeded-bugs` shows that each is caught. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { seededBugs, whyNotApplicable } from '../../scripts/seeded-bugs.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('there are at least twenty-five', () => {
  expect(seededBugs().length).toBeGreaterThanOrEqual(25);
});

test.each(seededBugs())('$name still applies, and the tests that catch it are there', (bug) => {
  expect(whyNotApplicable(bug, root, '--check')).toBeUndefined();
  for (const file of bug.caughtBy) expect(existsSync(join(root, file)), file).toBe(true);
});
