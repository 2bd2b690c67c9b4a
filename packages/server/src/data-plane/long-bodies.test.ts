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

/** A whole answer, longer than so many bytes. */
const answerOf = (bytes: number): object => ({
  id: 'chatcmpl-long',
  object: 'chat.completion',
  model: 'gpt-4o-mini',
  choices: [{ index: 0, message: { role: 'assistant', content: 'x'.repeat(bytes) }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 },
});

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

test('a long answer that finds no room is not given, and recorded; the key is not blamed, and short ones go on', async () => {
  const stage = await openStage(ROOM);
  try {
    const id = await stage.addKey();
    const answerWith = (bytes: number): string =>
      stage.sandbox.behave({ times: 1, fault: { kind: 'answer', status: 200, body: answerOf(bytes) } });

    answerWith(300 * 1024);
    const refused = await stage.ask();
    expect([refused.status, refused.json.error?.['code']]).toEqual([503, 'service_unavailable']);
    expect(refused.headers.get('retry-after')).toBe('1');
    const generation = await stage.newest(({ status }) => status === 'interrupted');
    expect(generation).toMatchObject({ callerStatus: 503, attempts: [{ outcome: 'interrupted' }] });

    // Its place is free again: what fits is given, many times over.
    for (let turn = 0; turn < 5; turn += 1) {
      answerWith(150 * 1024);
      expect((await stage.ask()).status).toBe(200);
    }
    const { json } = await stage.manage('GET', `/api/v1/byok/${id}`);
    expect(json['data']).toMatchObject({ health: { state: 'healthy', last_error: null } });
  } finally {
    await stage.close();
  }
});

test('a long answer that comes after its caller has gone gives its room back', async () => {
  const stage = await openStage(ROOM);
  try {
    await stage.addKey();
    for (let turn = 0; turn < 3; turn += 1) {
      const asked = stage.sandbox.journal.entries().length;
      const body = answerOf(150 * 1024);
      stage.sandbox.behave({ times: 1, delayMs: 300, fault: { kind: 'answer', status: 200, body } });
      const leaving = new AbortController();
      const left = stage.ask(QUESTION, { signal: leaving.signal }).catch(() => null);
      await expect.poll(() => stage.sandbox.journal.entries().length).toBe(asked + 1);
      leaving.abort();
      await left;
      const { attempts } = await stage.newest(({ status }) => status !== 'running');
      // The answer was waited for, for what it says of its cost.
      expect(attempts[0]).toMatchObject({ outcome: 'cancelled', usage: { outputTokens: 20 } });
      expect((await stage.ask(LONG)).status).toBe(200);
    }
  } finally {
    await stage.close();
  }
});
