/** Streams under pressure: long preambles, errors before and after content, readers that do not read. */
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MODEL, openStage, QUESTION, type Stage } from './testing/open-stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  await stage.close();
});

const STREAM = { ...QUESTION, stream: true };
const CONTENT = `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', model: 'm', choices: [{ index: 0, delta: { content: 'hi' }, finish_reason: null }] })}\n\n`;
const END = `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', model: 'm', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`;

function answerStream(body: string, times = 1): void {
  stage.sandbox.behave({
    times,
    fault: { kind: 'answer', status: 200, headers: { 'content-type': 'text/event-stream' }, body },
  });
}

test('a preamble longer than what is held does not stop the stream', async () => {
  await stage.addKey();
  answerStream(`${': waiting\n\n'.repeat(60_000)}${CONTENT}${END}`);
  const answer = await stage.ask(STREAM, { signal: AbortSignal.timeout(5000) });
  expect(answer.text).toContain('"hi"');
  expect(answer.text.endsWith('data: [DONE]\n\n')).toBe(true);
});

test('an error before content fails over; the caller sees one clean stream', async () => {
  await stage.addKey({ label: 'one', weight: 1000 });
  await stage.addKey({ label: 'two' });
  stage.sandbox.behave({ times: 1, fault: { kind: 'error_in_200', preset: 'server_error', afterFrames: 0 } });
  const answer = await stage.ask(STREAM);
  expect(answer.headers.get('x-arouter-attempts')).toBe('2');
  expect(answer.text).not.toContain('error');
  expect(answer.text.endsWith('data: [DONE]\n\n')).toBe(true);
});

test.each(['reset', 'close', 'end'] as const)(
  'a stream that breaks off (%s) ends with an error event and without an end',
  async (how) => {
    await stage.addKey();
    stage.sandbox.behave({ times: 1, fault: { kind: 'cut', afterFrames: 3, how } });
    const answer = await stage.ask(STREAM);
    expect(answer.text).toContain('"error"');
    expect(answer.text).not.toContain('[DONE]');
    const generation = await stage.newest(({ status }) => status !== 'running');
    expect(generation).toMatchObject({ status: 'interrupted', attempts: [{ outcome: 'interrupted' }] });
  },
);

test('a stream that broke off leaves its connection to the next request', async () => {
  await stage.addKey();
  stage.sandbox.behave({ times: 1, fault: { kind: 'cut', afterFrames: 3, how: 'reset' } });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = async (body: object): Promise<readonly [status: number, isSameConnection: boolean]> =>
    await new Promise((resolve, reject) => {
      const asked = request(`${stage.server.url}/v1/chat/completions`, {
        agent,
        method: 'POST',
        headers: { authorization: `Bearer ${stage.keys.apiKey}`, 'content-type': 'application/json' },
      });
      asked.on('response', (response) => {
        response.resume().on('end', () => resolve([response.statusCode ?? 0, asked.reusedSocket]));
      });
      asked.on('error', reject).end(JSON.stringify({ model: MODEL, ...body }));
    });
  expect(await ask(STREAM)).toEqual([200, false]);
  // A client that has read the end of a body asks on at once.
  for (let turn = 0; turn < 3; turn += 1) expect(await ask(QUESTION)).toEqual([200, true]);
  agent.destroy();
});

test('a reader who stops reading and then goes frees the slot and is settled', async () => {
  await stage.addKey({ max_concurrency: 1 });
  answerStream(`${CONTENT.repeat(300_000)}${END}`);
  const url = new URL(stage.server.url);
  const body = JSON.stringify({ ...STREAM, model: MODEL });
  const socket = connect(Number(url.port), url.hostname);
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${stage.keys.apiKey}\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  await new Promise((resolve) => socket.once('readable', resolve));
  socket.pause();
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect((await stage.newest(() => true)).status).toBe('running');
  socket.destroy();
  const generation = await stage.newest(({ status }) => status !== 'running');
  expect(generation.attempts).toHaveLength(1);
  expect((await stage.ask()).status).toBe(200);
});
