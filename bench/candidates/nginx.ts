/** nginx as a plain reverse proxy with one worker: what the hop costs when C does nothing but forward. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { START_MS_MAX } from '../harness/candidate.ts';
import type { Candidate, StartResult, Workbench } from '../harness/candidate.ts';
import { requireTool } from '../harness/prepare.ts';
import { freePort, GATEWAY_CORE, startProcess, waitForPort } from '../harness/process.ts';

export const nginx: Candidate = { id: 'nginx', start: startNginx };

async function startNginx(bench: Workbench): Promise<StartResult> {
  const binary = findNginx();
  if (typeof binary !== 'string') return { kind: 'skipped', reason: binary.reason };
  const folder = join(bench.cacheFolder, 'nginx');
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  writeFileSync(join(folder, 'nginx.conf'), configuration(folder, port, bench.mockPort));
  const started = startProcess({
    name: 'nginx',
    command: binary,
    args: ['-p', folder, '-c', join(folder, 'nginx.conf')],
    environment: {},
    core: bench.pin ? GATEWAY_CORE : null,
    logFile: join(bench.cacheFolder, 'logs', 'nginx.log'),
    directory: folder,
  });
  if (!(await waitForPort(port, started, START_MS_MAX))) {
    return { kind: 'skipped', reason: `nginx did not start: ${started.logTail()}` };
  }
  return {
    kind: 'running',
    gateway: {
      id: 'nginx',
      port,
      path: '/v1/chat/completions',
      token: null,
      headers: [],
      pid: workerOf(started.pid),
      version: versionOf(binary),
      notes: ['proxy_pass, one worker, keep-alive upstream, access log off'],
      stop: started.stop,
    },
  };
}

function findNginx(): string | { readonly reason: string } {
  try {
    return requireTool('nginx', 'nginx');
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

/** The master only supervises; the worker does the work that is measured. */
function workerOf(master: number): number {
  const children = readFileSync(`/proc/${master}/task/${master}/children`, 'utf8').trim().split(' ');
  const worker = Number(children[0]);
  if (!(worker > 0)) throw new Error('nginx has no worker process.');
  return worker;
}

/** `nginx -v` speaks on stderr. */
function versionOf(binary: string): string {
  return execFileSync('sh', ['-c', '"$0" -v 2>&1', binary], { encoding: 'utf8' })
    .replace('nginx version: ', '')
    .trim();
}

function configuration(folder: string, port: number, mockPort: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `  ${name}_temp_path ${folder}/${name};`)
    .join('\n');
  // Bodies stay in memory, chunks are passed on at once, connections are never retired: the fastest fair setting.
  return `worker_processes 1;
daemon off;
error_log stderr error;
pid ${folder}/nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
${temporary}
  client_max_body_size 8m;
  client_body_buffer_size 1m;
  keepalive_requests 1000000000;
  upstream mock {
    server 127.0.0.1:${mockPort};
    keepalive 1024;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://mock;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }
  }
}
`;
}
