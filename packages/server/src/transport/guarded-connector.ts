/**
 * Opens the sockets. Every one of them passes here, so the address guard stands here and not in a validator that a
 * path could forget to call: literals are judged without a lookup, all answers of a lookup are judged and one bad
 * answer refuses the name (a mixed answer is the rebinding trick), the connection is made to the judged addresses
 * only, and the address of the connected socket is judged once more. One deadline covers name, TCP and TLS.
 *
 * Certificates are always verified; nothing here can turn that off. No proxy, no redirect, no unix socket, HTTP/1.1.
 */
import { promises as dns } from 'node:dns';
import net from 'node:net';
import tls from 'node:tls';
import { TransportFault, type TransportFaultCode } from '@arouter/core';
import { isAddressAllowed, type AddressPermit } from './egress-policy.ts';
import type { Origin } from './origin.ts';
import { TRANSPORT_BOUNDS } from './transport-bounds.ts';

export type ResolvedAddress = { readonly address: string; readonly family: number };
/** All addresses of a name; rejects when it has none. */
export type ResolveAddresses = (hostname: string) => Promise<readonly ResolvedAddress[]>;

export type ConnectTarget = {
  readonly origin: Origin;
  readonly permit: AddressPermit | undefined;
  readonly resolve: ResolveAddresses;
  readonly secureContext: tls.SecureContext;
};

export type ConnectDone = (fault: TransportFault | null, socket: net.Socket | null) => void;
/** What is read. The bytes may be overwritten after the call. False pauses the socket until `resume`. */
export type OnBytes = (bytes: Buffer) => boolean;
/** Calls `done` once: with a connected, verified socket, or with a fault that is always `unsent`. Returns the cancel. */
export type GuardedConnect = (connectMs: number, done: ConnectDone, onBytes: OnBytes) => () => void;

/** One for all plain sockets: what is read into it is dealt with before the next read. */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/** Asks the system's resolver (hosts file, search domains), as every other program on the machine does. */
export const resolveWithSystem: ResolveAddresses = (hostname) =>
  dns.lookup(hostname, { all: true, order: 'verbatim' });

/** @param extraCa PEM certificates trusted besides the usual ones, from the operator's configuration. */
export function createSecureContext(extraCa?: string): tls.SecureContext {
  return tls.createSecureContext({
    minVersion: 'TLSv1.2',
    ...(extraCa === undefined ? {} : { ca: [...tls.getCACertificates('default'), extraCa] }),
  });
}

export function createGuardedConnect(target: ConnectTarget): GuardedConnect {
  const memory: OriginMemory = { lookup: null, session: undefined };
  return (connectMs, done, onBytes) => {
    const attempt: Attempt = { stage: 'dns', socket: null, isOver: false, onBytes };
    const finish = (fault: TransportFault | null, socket: net.Socket | null): void => {
      if (attempt.isOver) {
        socket?.destroy();
        return;
      }
      attempt.isOver = true;
      clearTimeout(timer);
      if (fault !== null) attempt.socket?.destroy();
      done(fault, socket);
    };
    const timer = setTimeout(
      () => finish(new TransportFault(TIMEOUT_CODES[attempt.stage], true), null),
      connectMs,
    );
    establish(target, memory, attempt).then(
      (socket) => finish(null, socket),
      (error: unknown) => finish(faultOf(error, attempt.stage), null),
    );
    return () => finish(new TransportFault('cancelled', true), null);
  };
}

type Stage = 'dns' | 'tcp' | 'tls';
type Attempt = {
  stage: Stage;
  socket: net.Socket | null;
  isOver: boolean;
  readonly onBytes: OnBytes;
};
/** What the attempts of one origin share: a lookup under way, and the TLS session to resume. */
type OriginMemory = { lookup: Promise<readonly ResolvedAddress[]> | null; session: Buffer | undefined };

const TIMEOUT_CODES: Readonly<Record<Stage, TransportFaultCode>> = {
  dns: 'dns_failed',
  tcp: 'connect_timeout',
  tls: 'tls_failed',
};

async function establish(target: ConnectTarget, memory: OriginMemory, attempt: Attempt): Promise<net.Socket> {
  const { origin, permit } = target;
  const addresses = await judgedAddresses(target, memory);
  if (attempt.isOver) throw new TransportFault('cancelled', true);
  attempt.stage = 'tcp';
  const socket = await openTcp(origin, addresses, attempt);
  // The list was judged and pinned; this holds even if the platform connected somewhere else.
  if (!isAddressAllowed(socket.remoteAddress ?? '', permit)) throw new TransportFault('egress_denied', true);
  if (origin.scheme === 'http') return socket;
  attempt.stage = 'tls';
  return openTls(target, memory, socket, attempt);
}

async function judgedAddresses(
  target: ConnectTarget,
  memory: OriginMemory,
): Promise<readonly ResolvedAddress[]> {
  const { hostname } = target.origin;
  const family = net.isIP(hostname);
  const answers = family === 0 ? await lookUp(target, memory) : [{ address: hostname, family }];
  if (answers.length === 0) throw new TransportFault('dns_failed', true);
  const isGood =
    answers.length <= TRANSPORT_BOUNDS.dnsAnswersMax &&
    answers.every(({ address }) => isAddressAllowed(address, target.permit));
  if (!isGood) throw new TransportFault('egress_denied', true);
  return answers.slice(0, TRANSPORT_BOUNDS.addressesTriedMax);
}

/** Attempts that start together share one lookup: the system's resolver has only four threads. */
function lookUp(target: ConnectTarget, memory: OriginMemory): Promise<readonly ResolvedAddress[]> {
  memory.lookup ??= withinDnsDeadline(target.resolve(target.origin.hostname)).finally(() => {
    memory.lookup = null;
  });
  return memory.lookup;
}

async function withinDnsDeadline(
  answer: Promise<readonly ResolvedAddress[]>,
): Promise<readonly ResolvedAddress[]> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TransportFault('dns_failed', true)), TRANSPORT_BOUNDS.dnsMsMax);
  });
  try {
    return await Promise.race([answer, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

function openTcp(
  origin: Origin,
  addresses: readonly ResolvedAddress[],
  attempt: Attempt,
): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({
      host: origin.hostname,
      port: origin.port,
      autoSelectFamily: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
      // Under TLS the bytes come from the TLS socket.
      ...(origin.scheme === 'http' ? { onread: readerInto(attempt.onBytes) } : {}),
      lookup: (_hostname, options, callback) => {
        const [first] = addresses;
        if (options.all === true || first === undefined) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
    });
    attempt.socket = socket;
    socket.once('connect', () => resolve(socket));
    // Stays for the socket's life: an error between here and its next owner must not end the process.
    socket.on('error', reject);
    socket.once('close', () => reject(new TransportFault('connect_refused', true)));
  });
}

function readerInto(onBytes: OnBytes): net.OnReadOpts {
  return { buffer: readBuffer, callback: (bytes) => onBytes(readBuffer.subarray(0, bytes)) };
}

function openTls(
  target: ConnectTarget,
  memory: OriginMemory,
  tcp: net.Socket,
  attempt: Attempt,
): Promise<net.Socket> {
  const { hostname } = target.origin;
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      socket: tcp,
      host: hostname,
      // A server name may not be an address; the certificate is then compared with `host`.
      ...(net.isIP(hostname) === 0 ? { servername: hostname } : {}),
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: true,
      secureContext: target.secureContext,
      session: memory.session,
    });
    attempt.socket = socket;
    socket.on('data', (bytes: Buffer) => {
      if (!attempt.onBytes(bytes)) socket.pause();
    });
    socket.on('session', (session) => (memory.session = session));
    socket.once('secureConnect', () => resolve(socket));
    socket.on('error', (error) => {
      // A session that the provider stumbles over is not offered again.
      if (!attempt.isOver) memory.session = undefined;
      reject(error);
    });
    socket.once('close', () => reject(new TransportFault('tls_failed', true)));
  });
}

function faultOf(error: unknown, stage: Stage): TransportFault {
  if (error instanceof TransportFault) return error;
  if (stage === 'dns') return new TransportFault('dns_failed', true, { cause: error });
  if (stage === 'tls') return new TransportFault('tls_failed', true, { cause: error });
  const isTimeout = (error as NodeJS.ErrnoException).code === 'ETIMEDOUT';
  return new TransportFault(isTimeout ? 'connect_timeout' : 'connect_refused', true, { cause: error });
}
