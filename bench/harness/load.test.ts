import { execFileSync } from 'node:child_process';
import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseLoadResult } from './load.ts';
import { parseOptions } from './options.ts';
import { findTool } from './prepare.ts';
import { promptFile, writePrompts } from './prompts.ts';

const folder = mkdtempSync(join(tmpdir(), 'bench-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the load generator’s line', () => {
  it('is refused when a figure is missing, instead of counting as zero', () => {
    expect(() => parseLoadResult('{"ok":1}', 0)).toThrow('no number "rps"');
  });
});

describe('the prompts', () => {
  it('have the sizes their names say and streams where they say so', () => {
    writePrompts(folder);
    const read = (name: '1k' | '32k' | '200k' | '200k-stream') =>
      readFileSync(promptFile(folder, name), 'utf8');
    expect(
      [read('1k').length, read('32k').length, read('200k').length].map((n) => Math.round(n / 1000)),
    ).toEqual([1, 32, 200]);
    expect(JSON.parse(read('200k-stream'))).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(JSON.parse(read('1k'))).not.toHaveProperty('stream');
  });
});

describe('the options', () => {
  it('refuse a number of rounds that is none', () => {
    expect(() => parseOptions(['--rounds', '0'])).toThrow('--rounds must be');
  });
  it('split another gateway into its name and command', () => {
    expect(parseOptions(['--gateway', 'mine=node x.js --port={port}']).gateways).toEqual([
      { id: 'mine', command: ['node', 'x.js', '--port={port}'] },
    ]);
  });
});

describe('the C programs', () => {
  const compiler = findTool('gcc');
  if (compiler === null) console.log('skipped: gcc is not installed');
  it.skipIf(compiler === null)('refuse to run without their arguments and say which', () => {
    const source = join(import.meta.dirname, '..', 'native', 'load-generator.c');
    const binary = join(folder, 'load-generator');
    execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-Werror', '-o', binary, source]);
    expect(() => execFileSync(binary, { stdio: 'pipe' })).toThrow(/load-generator -p PORT/);
  });
});
