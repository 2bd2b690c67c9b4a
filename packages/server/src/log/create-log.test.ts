/** What reaches standard error, by a process that writes it: each line is whole JSON, and nothing in it is obeyed by a terminal. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

function linesOf(fields: readonly object[]): readonly string[] {
  const module = fileURLToPath(new URL('create-log.ts', import.meta.url));
  const program = `import { createLog } from ${JSON.stringify(module)};
    const log = createLog('info');
    for (const fields of ${JSON.stringify(fields)}) log.info(fields, 'said');
    await new Promise((resolve) => log.flush(resolve));`;
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
  });
  return stderr.split('\n').filter((line) => line !== '');
}

test('a line is whole JSON whatever a text in it holds, and however long it is', () => {
  const hostile = [
    'one\ntwo\r\n{"level":"error","msg":"forged"}',
    '\u001b[2J\u001b]0;title\u0007 \u009b31m red \u007f',
    'abc\u202efdp.exe \u2066x\u2069 \u2028 line',
    `"${'\\'.repeat(9000)}`,
    'x'.repeat(100_000),
    'a key sk-proj-abcdefgh12345678 in words',
  ];
  const lines = linesOf(hostile.map((fault) => ({ fault, route: 'GET /x' })));
  expect(lines).toHaveLength(hostile.length);
  for (const [index, line] of lines.entries()) {
    // oxlint-disable-next-line no-control-regex -- what must not be there
    expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/);
    const { msg, route, fault } = JSON.parse(line) as Record<string, string>;
    expect([msg, route]).toEqual(['said', 'GET /x']);
    if (index < 3) expect(fault).toBe(hostile[index]);
    expect(line.length).toBeLessThan(8192);
  }
  expect(lines.join()).not.toContain('sk-proj-');
});

test('a secret is masked wherever it begins, and words that end as one begins are left', () => {
  const before = [
    '',
    ' ',
    '"',
    '=',
    '_',
    '-',
    '7',
    '%20',
    '%2F',
    '%3D',
    '%2f',
    '\n',
    '\t',
    '\r',
    '\u000b',
    '\u001f',
    '\u00e9',
  ];
  const short = before.map((each) => `at ${each}sk-abcd1234`);
  const long = ['Bearer', 'key', 'x'].map((each) => `${each}sk-proj-abcd1234abcd1234`);
  const others = ['AIza', 'AKIA', 'lr_live_', 'lr_mgmt_', 'lrk1_'].flatMap((each) => [
    `%2F${each}abcd1234`,
    `key${each}abcd1234`,
  ]);
  const secret = [...short, ...long, ...others];
  for (const line of linesOf(secret.map((fault) => ({ fault })))) {
    expect(line).toContain('[secret]');
    expect(line).not.toContain('abcd');
    expect(JSON.parse(line)).toMatchObject({ level: 'info', msg: 'said' });
  }
  const words = ['a task-scheduler', 'disk-use.ts', 'risk-assessment', 'sk-short'];
  expect(linesOf(words.map((fault) => ({ fault }))).map((line) => JSON.parse(line).fault)).toEqual(words);
});
