/** The real gateway with short limits, a sandbox that misbehaves, places worse than that, and a secret of every kind. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { startSandbox, type Sandbox } from '@arouter/sandbox';
import { makeCertificate } from '../../../packages/server/src/transport/testing/make-certificate.ts';
import { startFaultProxy, type FaultProxy } from '../../support/fault-proxy.ts';
import { freePort } from '../../support/free-port.ts';
import { hideSecrets } from '../../support/hidden-secrets.ts';
import { socketsOf } from '../../support/process-books.ts';
import { filesOf, scanForCanaries, type Canary } from '../../support/scan-for-canaries.ts';
import { startGateway, type Gateway } from '../../support/start-gateway.ts';
import type { Place } from './upstream-faults.ts';

/** Short enough for tests, long enough for a busy machine. */
export const SHORT_LIMITS = {
  AROUTER_CONNECT_MS_MAX: '2500',
  AROUTER_FIRST_BYTE_MS_MAX: '3000',
  AROUTER_STREAM_FIRST_BYTE_MS_MAX: '3000',
  AROUTER_IDLE_MS_MAX: '3000',
  AROUTER_TOTAL_MS_MAX: '6000',
  AROUTER_CALLER_HEADERS_MS_MAX: '1500',
  AROUTER_CALLER_REQUEST_MS_MAX: '4000',
  AROUTER_CALLER_STALL_MS_MAX: '1500',
} as const;

export type FaultWorld = {
  readonly sandbox: Sandbox;
  /** Replaced by `forbid`. */
  gateway: Gateway;
  /** Origin (`scheme://host:port`) of a place. */
  origin(place: Place): string;
  /** Starts the gateway anew without the permission to call the place `denied`. */
  forbid(): Promise<void>;
  /** Secrets in what was answered, and in what was printed since the last look. */
  leaks(answers: readonly string[]): readonly string[];
  /** Secrets in what the data folder and the receiver of webhooks hold now. The ledger forgets nothing, so once is enough. */
  storedLeaks(): readonly string[];
  /** Sockets that the gateway's process holds now; null where the system does not say. */
  sockets(): number | null;
  close(): Promise<void>;
};

const HOUR_MS = 3_600_000;
/** A secret may have been printed in two pieces. */
const OVERLAP_CHARACTERS = 2000;
const WEBHOOK_PATH = '/webhook-of-the-canary';

export async function openFaultWorld(): Promise<FaultWorld> {
  const sandbox = await startSandbox({ journalBodies: true });
  const folder = mkdtempSync(join(tmpdir(), 'arouter-faults-'));
  const places = await openPlaces(sandbox.url, folder);
  const allowed = [sandbox.url, ...places.origins.values()].filter((origin) => !origin.endsWith('.invalid'));
  const environment = {
    ...SHORT_LIMITS,
    AROUTER_LOG_LEVEL: 'debug',
    // Kept over the restart, so that clients of before go on.
    AROUTER_PORT: String(await freePort()),
    NODE_EXTRA_CA_CERTS: places.authorities,
  };
  let canaries: readonly Canary[] = [];
  let looked = 0;
  const world: FaultWorld = {
    sandbox,
    gateway: await startGateway({ egressAllow: allowed, environment }),
    origin: (place) => places.origins.get(place) ?? '',
    async forbid() {
      await world.gateway.stop();
      const rest = allowed.filter((origin) => origin !== places.origins.get('denied'));
      world.gateway = await world.gateway.restart({ AROUTER_EGRESS_ALLOW: rest.join(',') });
      looked = 0;
    },
    leaks(answers) {
      const printed = world.gateway.stdout() + world.gateway.stderr();
      const bytes = Buffer.from(printed.slice(Math.max(0, looked - OVERLAP_CHARACTERS)));
      looked = printed.length;
      return scanForCanaries(canaries, [
        { name: 'output', bytes },
        { name: 'answer', bytes: Buffer.from(answers.join('\n')) },
      ]);
    },
    storedLeaks: () =>
      scanForCanaries(canaries, [
        { name: 'webhooks', bytes: Buffer.from(webhooksSeen(sandbox)) },
        ...filesOf(world.gateway.dataDir, ['root.key']),
      ]),
    sockets: () => socketsOf(world.gateway.pid),
    async close() {
      await world.gateway.remove();
      await places.close();
      await sandbox.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  canaries = await hideSecrets(world.gateway, sandbox.url + WEBHOOK_PATH);
  return world;
}

/** What a receiver of webhooks is shown, but for the header that is meant for it. */
function webhooksSeen(sandbox: Sandbox): string {
  return sandbox.journal
    .entries()
    .filter(({ path }) => path.startsWith(WEBHOOK_PATH))
    .map(({ body }) => body ?? '')
    .join('\n');
}

type Places = {
  readonly origins: ReadonlyMap<Place, string>;
  /** File of the certificates that the gateway trusts. */
  readonly authorities: string;
  close(): Promise<void>;
};

async function openPlaces(target: string, folder: string): Promise<Places> {
  const expired = makeCertificate({ dnsName: 'localhost', notAfter: new Date(Date.now() - HOUR_MS) });
  const wrongName = makeCertificate({ dnsName: 'another.example' });
  const selfSigned = makeCertificate({ dnsName: 'localhost' });
  const authorities = join(folder, 'authorities.pem');
  writeFileSync(authorities, expired.pem + wrongName.pem);
  const proxies: FaultProxy[] = [];
  const at = async (scheme: string, options: Omit<Parameters<typeof startFaultProxy>[0], 'target'>) => {
    const proxy = await startFaultProxy({ target, ...options });
    proxies.push(proxy);
    return `${scheme}://${scheme === 'https' ? 'localhost' : '127.0.0.1'}:${proxy.port}`;
  };
  const queue = await fullQueue();
  const origins = new Map<Place, string>([
    ['refused', `http://127.0.0.1:${await freePort()}`],
    ['unknown_name', 'https://nobody.arouter.invalid'],
    ['denied', await at('http', {})],
    ['mute', await at('http', { isMute: true })],
    ['tls_expired', await at('https', { tls: expired })],
    ['tls_wrong_name', await at('https', { tls: wrongName })],
    ['tls_self_signed', await at('https', { tls: selfSigned })],
    ['tls_stall', await at('https', { isMute: true })],
    ['full_queue', queue.origin],
    ['slicer', await at('http', { toxics: [{ kind: 'slicer', bytes: 1 }] })],
    ['stall_in_head', await at('http', { toxics: [{ kind: 'stall', afterBytes: 30 }] })],
  ]);
  return {
    origins,
    authorities,
    async close() {
      await Promise.all(proxies.map((proxy) => proxy.close()));
      await queue.close();
    },
  };
}

/** A port whose queue of new connections is full: its owner listens and never accepts, as a firewall would. */
async function fullQueue(): Promise<{ readonly origin: string; close(): Promise<void> }> {
  const owner = new Worker(
    `const net = require('node:net');
     const { parentPort } = require('node:worker_threads');
     const server = net.createServer();
     server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
     });`,
    { eval: true },
  );
  const [port] = (await once(owner, 'message')) as [number];
  const fillers = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  return {
    origin: `http://127.0.0.1:${port}`,
    async close() {
      for (const filler of fillers) filler.destroy();
      await owner.terminate();
    },
  };
}
