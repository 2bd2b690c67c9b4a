import { expect, test } from 'vitest';
import { runDemo } from './demo.ts';

test(
  'the demonstration runs on a real gateway, and every promise it checks is kept',
  { timeout: 90_000 },
  async () => {
    const lines: string[] = [];
    const code = await runDemo({ print: (line) => lines.push(line) });
    expect(lines.filter((line) => line.includes('NOT SO'))).toEqual([]);
    expect(code).toBe(0);
    expect(lines.filter((line) => line.includes('✓')).length).toBeGreaterThanOrEqual(20);
  },
);
