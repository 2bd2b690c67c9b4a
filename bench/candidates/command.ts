/** Any gateway that can be started with one command: `{port}` and `{upstream}` in its arguments are filled in. */
import { join } from 'node:path';
import { START_MS_MAX } from '../harness/candidate.ts';
import type { Candidate } from '../harness/candidate.ts';
import type { CommandLine } from '../harness/options.ts';
import { freePort, GATEWAY_CORE, startProcess, waitForPort } from '../harness/process.ts';

export function commandCandidate(line: CommandLine, notes: readonly string[] = []): Candidate {
  return {
    id: line.id,
    start: async (bench) => {
      const port = await freePort();
      const [command = '', ...args] = line.command.map((word) =>
        word
          .replaceAll('{port}', String(port))
          .replaceAll('{upstream}', `http://127.0.0.1:${bench.mockPort}`)
          .replaceAll('{cache}', bench.cacheFolder),
      );
      const runsOnNode = command === 'node';
      const started = startProcess({
        name: line.id,
        command: runsOnNode ? process.execPath : command,
        args: runsOnNode ? [...bench.nodeFlags, ...args] : args,
        environment: { PATH: process.env.PATH ?? '' },
        core: bench.pin ? GATEWAY_CORE : null,
        logFile: join(bench.cacheFolder, 'logs', `${line.id}.log`),
        directory: bench.root,
      });
      if (!(await waitForPort(port, started, START_MS_MAX))) {
        return { kind: 'skipped', reason: `${line.id} did not start: ${started.logTail()}` };
      }
      return {
        kind: 'running',
        gateway: {
          id: line.id,
          port,
          path: '/v1/chat/completions',
          token: null,
          headers: [],
          pid: started.pid,
          version: line.command.join(' '),
          notes,
          stop: started.stop,
        },
      };
    },
  };
}
