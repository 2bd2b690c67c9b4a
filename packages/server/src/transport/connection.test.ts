/** What a connection does that no server on the loopback can bring about for certain. */
import net from 'node:net';
import { TransportFault } from '@arouter/core';
import { expect, it } from 'vitest';
import { Connection } from './connection.ts';
import { createDeadlineSweep } from './deadline-sweep.ts';
import { Exchange } from './exchange.ts';
import type { GuardedConnect } from './guarded-connector.ts';
import { answer, LIMITS, post, REAL_CLOCK } from './testing/raw-server.ts';
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
