import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeReport, type Report } from './report.ts';

const RESULTS = join(import.meta.dirname, '../results');

test('the page is made of the run and of the runs before it, whatever else lies in the folder', () => {
  const stored = readdirSync(RESULTS).find((name) => /^\d{4}-.*\.json$/.test(name)) ?? '';
  const report = JSON.parse(readFileSync(join(RESULTS, stored), 'utf8')) as Report;
  const folder = mkdtempSync(join(tmpdir(), 'arouter-bench-'));
  writeFileSync(join(folder, 'soak-2026-11-26-abc.json'), '{"minutes": 30}');
  writeFileSync(join(folder, '2026-01-01-older.json'), JSON.stringify(report));
  writeReport(folder, report);
  const page = readFileSync(join(folder, 'README.md'), 'utf8');
  expect(page).toContain('(2026-01-01-older.json)');
  expect(page).not.toContain('soak');
});
