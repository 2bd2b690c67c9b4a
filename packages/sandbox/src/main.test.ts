import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

test('the process prints its URL when it is ready, answers, and ends on SIGTERM', async () => {
  const child = spawn(process.execPath, [MAIN, '--port', '0', '--key', 'given'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const said = JSON.parse(line.toString()) as { url: string; pid: number };
  expect(said.pid).toBe(child.pid);
  const response = await fetch(`${said.url}/v1/models`, { headers: { authorization: 'Bearer given' } });
  expect(response.status).toBe(200);
  await response.text();
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test.each([['--port', 'ninety'], ['--nonsense'], ['--frame-delay-ms', '-1']])(
  'a wrong option ends the process with a usage error: %s %s',
  async (...options) => {
    const child = spawn(process.execPath, [MAIN, ...options], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    expect(await once(child, 'close')).toEqual([64, null]);
    expect(said).toContain(options[0]);
  },
);
