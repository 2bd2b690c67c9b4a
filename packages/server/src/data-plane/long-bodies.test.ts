/** Long bodies are held until their requests are over, and all together within one bound. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { openStage, QUESTION } from './testing/open-stage.ts';

const ROOM = {
  AROUTER_BODY_BYTES_MAX: String(160 * 1024),
  AROUTER_BODIES_HELD_BYTES_MAX: String(160 * 1024),
};
const LONG = { ...QUESTION, messages: [{ role: 'user', content: 'x'.repeat(100 * 1024) }] };

test('a long body that finds no room is refused unsent, and finds it once the others are over', async () => {
  const stage = await openStage(ROOM);
  try {
    await stage.addKey();
    stage.sandbox.behave({ times: 1, fault: { kind: 'stall_before_headers' } });
    const leaving = new AbortController();
    const first = stage.ask(LONG, { signal: leaving.signal }).catch(() => null);
    await expect.poll(() => stage.sandbox.journal.entries().length).toBe(1);

    const second = await stage.ask(LONG);
    expect([second.status, second.json.error?.['code']]).toEqual([503, 'service_unavailable']);
    expect(second.headers.get('retry-after')).toBe('1');
    expect((await stage.ask()).status).toBe(200);
    expect(stage.sandbox.journal.entries()).toHaveLength(2);

    leaving.abort();
    await first;
    await expect.poll(async () => (await stage.ask(LONG)).status, { timeout: 10_000 }).toBe(200);
  } finally {
    await stage.close();
  }
});

test.each(['content-length: 150000', 'transfer-encoding: chunked'])(
  'who breaks off in the middle of a long body gives its room back (%s)',
  async (framing) => {
    const stage = await openStage(ROOM);
    try {
      await stage.addKey();
      const { hostname, port } = new URL(stage.server.url);
      const socket = connect(Number(port), hostname);
      await once(socket, 'connect');
      const part = 'x'.repeat(120_000);
      const sent = framing.startsWith('content') ? part : `${part.length.toString(16)}\r\n${part}\r\n`;
      socket.write(
        `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${stage.keys.apiKey}\r\n${framing}\r\n\r\n${sent}`,
      );
      await expect.poll(() => socket.writableLength).toBe(0);
      // While this goes its whole way, what was sent before is read.
      expect((await stage.ask()).status).toBe(200);
      expect((await stage.ask(LONG)).status).toBe(503);
      socket.destroy();
      await expect.poll(async () => (await stage.ask(LONG)).status, { timeout: 5000 }).toBe(200);
    } finally {
      await stage.close();
    }
  },
);
