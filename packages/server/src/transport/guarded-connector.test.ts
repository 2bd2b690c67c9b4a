import net from 'node:net';
import tls from 'node:tls';
import { TransportFault } from '@arouter/core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTransport, type ClosableTransport, type TransportOptions } from './create-transport.ts';
import { PUBLIC_ONLY } from './egress-policy.ts';
import type { ResolvedAddress } from './guarded-connector.ts';
import { parseEgressAllow } from './parse-egress-allow.ts';
import { makeCertificate, type TestCertificate } from './testing/make-certificate.ts';
import { answer, LIMITS, post, REAL_CLOCK, startRawServer } from './testing/raw-server.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

function transport(options: Partial<TransportOptions>): ClosableTransport {
  const made = createTransport({
    clock: REAL_CLOCK,
    policy: PUBLIC_ONLY,
    ...options,
    bounds: { sweepEveryMs: 20, ...options.bounds },
  });
  open.unshift(() => made.close());
  return made;
}

async function faultOf(promise: Promise<unknown>): Promise<{ code: string; unsent: boolean }> {
  const error = await promise.then(
    () => new Error('no fault'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TransportFault);
  expect((error as Error).message).not.toMatch(/\d+\.\d+\.\d+\.\d+/);
  const { code, unsent } = error as TransportFault;
  return { code, unsent };
}

const DENIED = { code: 'egress_denied', unsent: true };

/** A resolver that gives these addresses, and counts how often it was asked. */
function names(...addresses: string[]) {
  let asked = 0;
  return {
    asked: () => asked,
    resolve: async (): Promise<readonly ResolvedAddress[]> => {
      asked += 1;
      return addresses.map((address) => ({ address, family: net.isIP(address) }));
    },
  };
}

describe('the address guard', () => {
  it.each([
    'https://127.0.0.1',
    'https://[::1]',
    'https://169.254.169.254',
    'http://127.0.0.1:9001',
    'https://10.0.0.1:8443',
    'not a url',
  ])('refuses %s without asking for a name', async (origin) => {
    const dns = names('1.1.1.1');
    expect(await faultOf(transport(dns).send(post(origin), LIMITS))).toEqual(DENIED);
    expect(dns.asked()).toBe(0);
  });

  it.each([
    ['loopback', ['127.0.0.1']],
    ['a private network', ['10.0.0.7']],
    ['metadata', ['169.254.169.254']],
    ['mapped loopback', ['::ffff:127.0.0.1']],
    ['IPv4-compatible loopback', ['::127.0.0.1']],
    ['a public and a private address', ['1.1.1.1', '127.0.0.1']],
    ['an address with a zone', ['fe80::1%eth0']],
    ['something that is no address', ['localhost']],
    ['more answers than are judged', Array.from({ length: 1025 }, () => '1.1.1.1')],
    [
      '512 answers of which the last is private',
      [...Array.from({ length: 511 }, () => '1.1.1.1'), '192.168.0.1'],
    ],
  ])('refuses a name that resolves to %s', async (_name, addresses) => {
    expect(
      await faultOf(transport(names(...addresses)).send(post('https://api.example.com'), LIMITS)),
    ).toEqual(DENIED);
  });

  it('opens no socket for what it refuses', async () => {
    const server = await startRawServer((socket) => socket.write(answer('x')));
    open.push(server.close);
    const port = Number(new URL(server.origin).port);
    const policy = parseEgressAllow(`http://trap.lan:${port}=10.0.0.1`);
    const made = transport({ policy, ...names('127.0.0.1') });
    expect(await faultOf(made.send(post(`http://trap.lan:${port}`), LIMITS))).toEqual(DENIED);
    expect(server.connections()).toBe(0);
  });

  it('judges again at every connection: a name that turns private later is refused', async () => {
    const server = await startRawServer((socket) => socket.end(answer('x', 'connection: close\r\n')));
    open.push(server.close);
    const port = Number(new URL(server.origin).port);
    const answers = ['127.0.0.1', '169.254.169.254', '10.1.1.1'];
    const made = transport({
      policy: parseEgressAllow(`http://localhost:${port}`),
      resolve: async () => [{ address: answers.shift() ?? '', family: 4 }],
    });
    const origin = `http://localhost:${port}`;
    expect((await made.send(post(origin), LIMITS)).status).toBe(200);
    expect(await faultOf(made.send(post(origin), LIMITS))).toEqual(DENIED);
    expect(await faultOf(made.send(post(origin), LIMITS))).toEqual(DENIED);
  });

  it('connects to the judged addresses, not to another lookup', async () => {
    const server = await startRawServer((socket) => socket.write(answer('pinned')));
    open.push(server.close);
    const port = Number(new URL(server.origin).port);
    const dns = names('127.0.0.1');
    const made = transport({ policy: parseEgressAllow(`http://no-such.localhost:${port}`), ...dns });
    const response = await made.send(post(`http://no-such.localhost:${port}`), LIMITS);
    expect(Buffer.from(await response.readAll(10)).toString()).toBe('pinned');
    expect(server.received()).toContain(`host: no-such.localhost:${port}\r\n`);
    expect(dns.asked()).toBe(1);
  });
});

describe('a name', () => {
  it('that does not exist, or has no address, is a fault of its own', async () => {
    const failing = { resolve: async () => Promise.reject(new Error('ENOTFOUND')) };
    const fault = { code: 'dns_failed', unsent: true };
    expect(await faultOf(transport(failing).send(post('https://api.example.com'), LIMITS))).toEqual(fault);
    expect(await faultOf(transport(names()).send(post('https://api.example.com'), LIMITS))).toEqual(fault);
  });

  it('that takes too long is given up', async () => {
    const stuck = { resolve: () => new Promise<never>(() => undefined) };
    const limits = { ...LIMITS, connectMs: 80 };
    expect(await faultOf(transport(stuck).send(post('https://api.example.com'), limits))).toEqual({
      code: 'dns_failed',
      unsent: true,
    });
  });

  it('is looked up once for connections that start together', async () => {
    const dns = names('127.0.0.1');
    const made = transport(dns);
    await Promise.all([1, 2, 3].map(() => faultOf(made.send(post('https://api.example.com'), LIMITS))));
    expect(dns.asked()).toBe(1);
  });
});

describe('TLS', () => {
  let good: TestCertificate;
  let otherName: TestCertificate;
  let expired: TestCertificate;
  beforeAll(() => {
    good = makeCertificate({ dnsName: 'secure.localhost' });
    otherName = makeCertificate({ dnsName: 'other.localhost' });
    expired = makeCertificate({ dnsName: 'secure.localhost', notAfter: new Date('2020-01-01') });
  });

  async function serveTls(certificate: TestCertificate): Promise<string> {
    const server = tls.createServer({ key: certificate.privateKey, cert: certificate.pem }, (socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => socket.write(answer(socket.servername || 'no name')));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push(() => new Promise((resolve) => server.close(() => resolve())));
    return `https://secure.localhost:${(server.address() as net.AddressInfo).port}`;
  }

  it('reaches a provider whose certificate is trusted and fits, asking for it by name', async () => {
    const origin = await serveTls(good);
    const made = transport({ policy: parseEgressAllow(origin), extraCa: good.pem, ...names('127.0.0.1') });
    for (let turn = 0; turn < 2; turn += 1) {
      const response = await made.send(post(origin), LIMITS);
      expect(Buffer.from(await response.readAll(100)).toString()).toBe('secure.localhost');
    }
  });

  it('resumes its session on the next connection to the same origin', async () => {
    const server = tls.createServer({ key: good.privateKey, cert: good.pem }, (socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () =>
        socket.write(answer(String(socket.isSessionReused()), 'connection: close\r\n')),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push(() => new Promise((resolve) => server.close(() => resolve())));
    const origin = `https://secure.localhost:${(server.address() as net.AddressInfo).port}`;
    const made = transport({ policy: parseEgressAllow(origin), extraCa: good.pem, ...names('127.0.0.1') });
    const texts: string[] = [];
    for (let turn = 0; turn < 2; turn += 1) {
      const response = await made.send(post(origin), LIMITS);
      texts.push(Buffer.from(await response.readAll(10)).toString());
    }
    expect(texts).toEqual(['false', 'true']);
  });

  it('refuses a self-signed, a wrong-name and an expired certificate before a byte of the request', async () => {
    const fault = { code: 'tls_failed', unsent: true };
    const unknown = await serveTls(good);
    const selfSigned = transport({ policy: parseEgressAllow(unknown), ...names('127.0.0.1') });
    expect(await faultOf(selfSigned.send(post(unknown), LIMITS))).toEqual(fault);
    for (const wrong of [otherName, expired]) {
      const origin = await serveTls(wrong);
      const made = transport({ policy: parseEgressAllow(origin), extraCa: wrong.pem, ...names('127.0.0.1') });
      expect(await faultOf(made.send(post(origin), LIMITS))).toEqual(fault);
    }
  });

  it('is not talked out of verifying by the environment', async () => {
    const origin = await serveTls(good);
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      const made = transport({ policy: parseEgressAllow(origin), ...names('127.0.0.1') });
      expect(await faultOf(made.send(post(origin), LIMITS))).toEqual({ code: 'tls_failed', unsent: true });
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
  });

  it('gives up on a handshake that stalls, and on one that is cut', async () => {
    for (const isCut of [false, true]) {
      const server = net.createServer((socket) => {
        socket.on('error', () => undefined);
        if (isCut) socket.once('data', () => socket.destroy());
        else socket.resume();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      open.push(() => new Promise((resolve) => server.close(() => resolve())));
      const origin = `https://secure.localhost:${(server.address() as net.AddressInfo).port}`;
      const made = transport({ policy: parseEgressAllow(origin), ...names('127.0.0.1') });
      const limits = { ...LIMITS, connectMs: 1000 };
      expect(await faultOf(made.send(post(origin), limits))).toEqual({ code: 'tls_failed', unsent: true });
    }
  });
});
