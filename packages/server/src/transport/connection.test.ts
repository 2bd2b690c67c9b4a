/** What a connection does that no server on the loopback can bring about for certain. */
import net from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { TransportFault } from '@arouter/core';
import { expect, it } from 'vitest';
import { Connection } from './connection.ts';
import { createDeadlineSweep } from './deadline-sweep.ts';
import { Exchange } from './exchange.ts';
import type { GuardedConnect } from './guarded-connector.ts';
import { createTransport } from './create-transport.ts';
import { answer, LIMITS, post, REAL_CLOCK, startRawServer } from './testing/raw-server.ts';
import { TRANSPORT_BOUNDS } from './transport-bounds.ts';

it('an answer that comes before the request was sent is none', async () => {
  const socket = new net.Socket();
  let gone = 0;
  const connect: GuardedConnect = (_connectMs, done, onBytes) => {
    // As it would come in one record with the end of a handshake.
    expect(onBytes(Buffer.from(answer('too early')))).toBe(false);
    done(null, socket);
    return () => undefined;
  };
  const sweep = createDeadlineSweep(REAL_CLOCK, TRANSPORT_BOUNDS.sweepEveryMs);
  const shared = { clock: REAL_CLOCK, sweep, bounds: TRANSPORT_BOUNDS };
  const exchange = new Exchange(
    { request: post('http://127.0.0.1:9'), limits: LIMITS, signal: undefined },
    { ...shared, resend: () => undefined, withdraw: () => undefined },
  );
  const connection = new Connection({
    ...shared,
    host: '127.0.0.1:9',
    connect,
    onFree: () => expect.unreachable(),
    onGone: () => (gone += 1),
  });
  connection.run(exchange);
  const fault = await exchange.head.catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(TransportFault);
  expect(fault).toMatchObject({ code: 'answer_malformed', unsent: true });
  expect(gone).toBe(1);
  expect(socket.destroyed).toBe(true);
});

it('a connection that is kept does not keep what it carried', async () => {
  const server = await startRawServer((socket) => socket.write(answer('{}')));
  const transport = createTransport({ clock: REAL_CLOCK, policy: server.policy });
  try {
    const bodies: WeakRef<Uint8Array>[] = [];
    const roundTrip = async (): Promise<void> => {
      const body = Buffer.allocUnsafeSlow(200);
      bodies.push(new WeakRef(body));
      const response = await transport.send(post(server.origin, body), LIMITS);
      await response.readAll(1000);
    };
    await roundTrip();
    await roundTrip();
    expect(server.connections()).toBe(1);
    await expect.poll(() => collected(bodies)).toEqual([true, true]);
  } finally {
    await transport.close();
    await server.close();
  }
});

async function collected(references: readonly WeakRef<object>[]): Promise<readonly boolean[]> {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  // What was looked at in this turn stays for the turn.
  await new Promise((resolve) => setImmediate(resolve));
  return references.map((reference) => reference.deref() === undefined);
}
