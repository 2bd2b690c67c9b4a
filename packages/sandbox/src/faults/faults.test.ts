import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { createConnection } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { Fault, SseDamage, UsageDamage } from './behaviour.ts';
import { ERROR_PRESET_NAMES } from './error-rows.ts';
import { startSandbox } from '../start-sandbox.ts';
import type { Sandbox } from '../start-sandbox.ts';

const KEY = 'sk-sandbox-faults';
const QUESTION = 'Tell me of faults';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(async () => await sandbox.close());
beforeEach(() => sandbox.clearBehaviours());

const openai = () => new OpenAI({ apiKey: KEY, baseURL: `${sandbox.url}/v1`, maxRetries: 0 });
const anthropic = () => new Anthropic({ apiKey: KEY, baseURL: sandbox.url, maxRetries: 0 });
const once = (fault: Fault) => sandbox.behave({ times: 1, fault });
const body = (stream: boolean) => ({
  model: 'gpt-4o-mini',
  stream,
  stream_options: stream ? { include_usage: true } : undefined,
  messages: [{ role: 'user' as const, content: QUESTION }],
});

type Got = {
  readonly status: number | null;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly error: string | null;
  readonly informations: number;
};

/** node:http rather than fetch: it hides nothing. Resolves at the end, the break, or `giveUpMs`. */
async function ask(stream = false, giveUpMs = 5000): Promise<Got> {
  return await new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let status: number | null = null;
    let headers: IncomingHttpHeaders = {};
    let informations = 0;
    const done = (error: string | null) => {
      clearTimeout(timer);
      request.destroy();
      resolve({ status, headers, bytes: Buffer.concat(chunks), error, informations });
    };
    const request = httpRequest(
      `${sandbox.url}/v1/chat/completions`,
      {
        method: 'POST',
        headers: { authorization: `Bearer ${KEY}`, 'x-canary': 'canary-value' },
        agent: false,
      },
      (response) => {
        status = response.statusCode ?? null;
        headers = response.headers;
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => done(null));
        response.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
      },
    );
    request.on('information', () => (informations += 1));
    request.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    const timer = setTimeout(() => done('gave up'), giveUpMs);
    request.end(JSON.stringify(body(stream)));
  });
}

async function streamedText(): Promise<string> {
  const stream = await openai().chat.completions.create({ ...body(true), stream: true });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  return text;
}

describe('errors in the providers’ words', () => {
  test.each(ERROR_PRESET_NAMES)('%s is sent whole, without the key', async (preset) => {
    for (const [path, style] of [
      ['/v1/chat/completions', 'openai'],
      ['/v1/messages', 'anthropic'],
      ['/mistral/v1/chat/completions', 'mistral'],
    ]) {
      once({ kind: 'error', preset });
      const response = await fetch(`${sandbox.url}${path}`, {
        method: 'POST',
        headers: { 'x-api-key': KEY, 'anthropic-version': '2023-06-01' },
        body: JSON.stringify({ ...body(false), model: 'a "quoted" model', max_tokens: 5 }),
      });
      const text = await response.text();
      expect(response.status, style).toBeGreaterThanOrEqual(400);
      expect(text).not.toContain(KEY);
      expect(text).not.toMatch(/\{(key|model|request_id)\}/);
      if (response.headers.get('content-type') === 'application/json' && text !== '')
        expect(JSON.parse(text)).toBeTypeOf('object');
    }
  });

  test.each([
    ['invalid_key', OpenAI.AuthenticationError, Anthropic.AuthenticationError],
    ['permission_denied', OpenAI.PermissionDeniedError, Anthropic.PermissionDeniedError],
    ['rate_limited', OpenAI.RateLimitError, Anthropic.RateLimitError],
    ['insufficient_quota', OpenAI.RateLimitError, Anthropic.BadRequestError],
    ['overloaded', OpenAI.InternalServerError, Anthropic.InternalServerError],
    ['server_error', OpenAI.InternalServerError, Anthropic.InternalServerError],
    ['model_not_found', OpenAI.NotFoundError, Anthropic.NotFoundError],
    ['context_length', OpenAI.BadRequestError, Anthropic.BadRequestError],
    ['content_filter', OpenAI.BadRequestError, Anthropic.BadRequestError],
  ] as const)(
    '%s is raised by the official clients as its own class',
    async (preset, forOpenai, forAnthropic) => {
      sandbox.behave({ times: 2, fault: { kind: 'error', preset } });
      await expect(
        openai().chat.completions.create({ ...body(false), stream: false }),
      ).rejects.toBeInstanceOf(forOpenai);
      await expect(
        anthropic().messages.create({
          model: 'claude',
          max_tokens: 5,
          messages: [{ role: 'user', content: 'Hi' }],
        }),
      ).rejects.toBeInstanceOf(forAnthropic);
    },
  );

  test('Retry-After is sent in any form, repeated, as a date, or not at all', async () => {
    const seen: (string | undefined)[] = [];
    for (const retryAfter of ['0', '120', '1.5', '-5', '1e12', '', 'soon', null]) {
      once({ kind: 'error', preset: 'rate_limited', retryAfter });
      seen.push((await ask()).headers['retry-after']);
    }
    expect(seen).toEqual(['0', '120', '1.5', '-5', '1e12', '', 'soon', undefined]);
    once({ kind: 'error', preset: 'rate_limited', retryAfterDateMs: 60_000 });
    const date = Date.parse((await ask()).headers['retry-after'] ?? '');
    expect(Math.abs(date - Date.now() - 60_000)).toBeLessThan(5000);
    once({ kind: 'error', preset: 'rate_limited', retryAfter: ['1', '9'] });
    const twice = await rawAnswer();
    expect(twice.match(/retry-after: \d/g)).toEqual(['retry-after: 1', 'retry-after: 9']);
  });
});

describe('the queue of behaviours', () => {
  test('applies them in order, to those they match, as often as they say', async () => {
    sandbox.behave({ times: 2, match: { key: KEY }, fault: { kind: 'error', preset: 'rate_limited' } });
    sandbox.behave({
      times: 1,
      match: { model: 'gpt-4o-mini' },
      fault: { kind: 'error', preset: 'server_error' },
    });
    sandbox.behave({ match: { model: 'another' }, fault: { kind: 'error', preset: 'invalid_key' } });
    const statuses: (number | null)[] = [];
    for (let count = 0; count < 5; count += 1) statuses.push((await ask()).status);
    expect(statuses).toEqual([429, 429, 500, 200, 200]);
  });

  test('a behaviour without a count stays until it is cleared, and a delay needs no fault', async () => {
    const id = sandbox.behave({ delayMs: 60 });
    for (let count = 0; count < 2; count += 1) {
      const began = performance.now();
      expect((await ask()).status).toBe(200);
      expect(performance.now() - began).toBeGreaterThanOrEqual(55);
    }
    sandbox.clearBehaviours(id);
    const began = performance.now();
    await ask();
    expect(performance.now() - began).toBeLessThan(55);
  });
});

describe('broken connections and waits', () => {
  test('a reset before the headers, after them, and in mid-stream are three different things', async () => {
    once({ kind: 'reset_before_headers' });
    expect(await ask()).toMatchObject({ status: null, error: 'ECONNRESET' });
    once({ kind: 'reset_after_headers' });
    expect(await ask()).toMatchObject({ status: 200, error: 'ECONNRESET', bytes: Buffer.alloc(0) });
    once({ kind: 'cut', afterFrames: 3 });
    const cut = await ask(true);
    expect(cut).toMatchObject({ status: 200, error: 'ECONNRESET' });
    expect(cut.bytes.toString().match(/^data: /gm)).toHaveLength(3);
  });

  test('a cut after so many bytes keeps exactly those; a clean end lacks only the end of the answer', async () => {
    const whole = (await ask()).bytes.length;
    once({ kind: 'cut', afterBytes: 100, how: 'close' });
    const closed = await ask();
    expect(closed.bytes).toHaveLength(100);
    expect(closed.error).not.toBeNull();
    expect(whole).toBeGreaterThan(100);
    once({ kind: 'cut', afterFrames: 2, how: 'end' });
    const ended = await ask(true);
    expect(ended.error).toBeNull();
    expect(ended.bytes.toString()).not.toContain('[DONE]');
  });

  test('stalls last until the client gives up, or for the time given', async () => {
    once({ kind: 'stall_before_headers' });
    expect(await ask(false, 80)).toMatchObject({ status: null, error: 'gave up' });
    once({ kind: 'stall_before_body' });
    expect(await ask(false, 80)).toMatchObject({ status: 200, error: 'gave up', bytes: Buffer.alloc(0) });
    once({ kind: 'stall_mid_stream', afterFrames: 2 });
    const stalled = await ask(true, 80);
    expect(stalled).toMatchObject({ status: 200, error: 'gave up' });
    expect(stalled.bytes.toString().match(/^data: /gm)).toHaveLength(2);
    once({ kind: 'stall_mid_stream', afterFrames: 2, ms: 40 });
    expect((await ask(true)).bytes.toString()).toContain('[DONE]');
    await expect
      .poll(() => sandbox.journal.entries().filter((entry) => entry.outcome === 'client_left').length)
      .toBeGreaterThanOrEqual(3);
  });

  test('a dripped answer arrives whole', async () => {
    const plain = await streamedText();
    once({ kind: 'drip', bytesPerWrite: 400, delayMs: 1 });
    expect(await streamedText()).toBe(plain);
    once({ kind: 'pace', frameDelayMs: 1 });
    expect(await streamedText()).toBe(plain);
  });
});

describe('wrong answers with a good status', () => {
  test('pages, broken JSON, nothing at all, redirects and anything else one likes', async () => {
    once({ kind: 'html' });
    expect(await ask()).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/html; charset=utf-8' },
    });
    once({ kind: 'invalid_json' });
    const broken = (await ask()).bytes.toString();
    expect(() => JSON.parse(broken)).toThrow();
    once({ kind: 'empty_body' });
    expect(await ask()).toMatchObject({ status: 200, bytes: Buffer.alloc(0) });
    once({ kind: 'redirect', status: 307, location: 'http://169.254.169.254/' });
    expect(await ask()).toMatchObject({ status: 307, headers: { location: 'http://169.254.169.254/' } });
    once({ kind: 'answer', status: 418, body: { short: 'stout' }, headers: { 'x-pot': 'tea' } });
    const pot = await ask();
    expect(pot).toMatchObject({ status: 418, headers: { 'x-pot': 'tea' } });
    expect(JSON.parse(pot.bytes.toString())).toEqual({ short: 'stout' });
  });

  test.each([0, 3])('an error inside a 200 comes after %s events', async (afterFrames) => {
    once({ kind: 'error_in_200', preset: 'overloaded', afterFrames });
    const got = await ask(true);
    expect(got.status).toBe(200);
    const events = got.bytes.toString().split('\n\n').filter(Boolean);
    expect(events).toHaveLength(afterFrames + 1);
    expect(JSON.parse(events.at(-1)?.slice('data: '.length) ?? '')).toHaveProperty(
      'error.code',
      'server_is_overloaded',
    );
  });

  test('an error event inside an Anthropic stream is raised by its client', async () => {
    once({ kind: 'error_in_200', preset: 'overloaded', afterFrames: 4 });
    const stream = anthropic().messages.stream({
      model: 'claude',
      max_tokens: 50,
      messages: [{ role: 'user', content: 'Hi' }],
    });
    await expect(stream.finalMessage()).rejects.toThrow(/overloaded/i);
  });

  test.each<[UsageDamage, unknown]>([
    ['zero', 0],
    ['negative', -21],
    ['strings', '21'],
    ['huge', 9_007_199_254_740_993_000],
    ['infinite', Infinity],
    ['fraction', 21.5],
    ['nulls', null],
  ])('usage may be %s', async (damage, expected) => {
    // The question has 17 characters: 5 tokens, 4 for the message, 3 for the request; the model's words are counted apart.
    once({ kind: 'usage', damage });
    const whole: unknown = JSON.parse((await ask()).bytes.toString());
    const output = (whole as { usage: { completion_tokens: unknown } }).usage.completion_tokens;
    const plain: unknown = JSON.parse((await ask()).bytes.toString());
    const truth = (plain as { usage: { completion_tokens: number } }).usage.completion_tokens;
    const scaled = new Map<UsageDamage, unknown>([
      ['negative', -truth],
      ['strings', String(truth)],
      ['fraction', truth + 0.5],
    ]);
    expect(output).toBe(scaled.get(damage) ?? expected);
    once({ kind: 'usage', damage });
    expect((await ask(true)).bytes.toString()).toContain('"choices":[],"usage":{');
  });

  test('usage may be missing, doubled, or any text', async () => {
    once({ kind: 'usage', damage: 'none' });
    expect(JSON.parse((await ask()).bytes.toString())).not.toHaveProperty('usage');
    once({ kind: 'usage', damage: 'none' });
    expect((await ask(true)).bytes.toString()).not.toContain('"usage":{');
    once({ kind: 'usage', damage: 'twice' });
    expect((await ask(true)).bytes.toString().match(/"usage":\{/g)).toHaveLength(2);
    once({ kind: 'usage', raw: '"many"' });
    expect(JSON.parse((await ask()).bytes.toString())).toHaveProperty('usage', 'many');
  });

  test('headers come back, the key among them', async () => {
    once({ kind: 'echo', where: 'headers' });
    expect((await ask()).headers).toMatchObject({
      'x-echo-authorization': `Bearer ${KEY}`,
      'x-echo-x-canary': 'canary-value',
    });
    once({ kind: 'echo', where: 'body' });
    expect((await ask()).bytes.toString()).toContain(KEY);
    once({ kind: 'echo', where: 'error' });
    const error = await ask();
    expect(error.status).toBe(400);
    expect(error.bytes.toString()).toContain(KEY);
  });

  test('bodies may be encoded unasked, said or unsaid, or be huge', async () => {
    once({ kind: 'encoding', encoding: 'gzip', layers: 2 });
    const zipped = await ask();
    expect(zipped.headers['content-encoding']).toBe('gzip, gzip');
    expect(JSON.parse(gunzipSync(gunzipSync(zipped.bytes)).toString())).toHaveProperty('choices');
    once({ kind: 'encoding', encoding: 'br', undeclared: true });
    expect((await ask()).headers).not.toHaveProperty('content-encoding');
    once({ kind: 'gzip_bomb', bytes: 10_000_000 });
    const bomb = await ask();
    expect(bomb.bytes.length).toBeLessThan(50_000);
    expect(gunzipSync(bomb.bytes)).toHaveLength(10_000_000);
    once({ kind: 'answer', status: 200, body: 'again ', times: 1000 });
    expect((await ask()).bytes.toString()).toBe('again '.repeat(1000));
    once({ kind: 'huge_body', bytes: 5_000_000, status: 500 });
    const huge = await ask();
    expect(huge.status).toBe(500);
    expect(huge.bytes.length).toBeGreaterThanOrEqual(5_000_000);
    expect(JSON.parse(huge.bytes.toString())).toHaveProperty('error.message');
  });
});

describe('event streams', () => {
  test.each<SseDamage>([
    'crlf',
    'no_space',
    'split_utf8',
    'byte_by_byte',
    'one_write',
    'comments',
    'extra_fields',
  ])('%s is unusual, and reads the same', async (damage) => {
    const plain = await streamedText();
    expect(plain).toContain('✓');
    once({ kind: 'sse', damage });
    expect(await streamedText()).toBe(plain);
  });

  test('a mark, bare returns, a line without colon, a nul, broken JSON and a line of 2 MiB are sent as asked', async () => {
    const sent = async (damage: SseDamage): Promise<Buffer> => {
      once({ kind: 'sse', damage });
      return (await ask(true)).bytes;
    };
    expect((await sent('byte_order_mark')).subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
    expect((await sent('cr_only')).includes('\n')).toBe(false);
    expect((await sent('no_colon')).toString()).toContain('\nthis line has no colon\n');
    expect((await sent('nul')).includes(0)).toBe(true);
    expect((await sent('invalid_json')).toString()).toContain('"bro\n\n');
    expect((await sent('huge_line')).length).toBeGreaterThan(2 * 1024 * 1024);
  });
});

describe('framing', () => {
  test('node’s own client refuses what a client must refuse', async () => {
    const errors: Record<string, string | null> = {};
    for (const damage of [
      'long_content_length',
      'duplicate_content_length',
      'content_length_and_chunked',
      'bad_chunk_size',
      'header_of_64_kib',
      'not_http',
    ] as const) {
      once({ kind: 'framing', damage });
      errors[damage] = (await ask()).error;
    }
    expect(errors).toEqual({
      long_content_length: 'ECONNRESET',
      duplicate_content_length: 'HPE_UNEXPECTED_CONTENT_LENGTH',
      content_length_and_chunked: expect.stringMatching(/^HPE_/),
      bad_chunk_size: 'HPE_INVALID_CHUNK_SIZE',
      header_of_64_kib: 'HPE_HEADER_OVERFLOW',
      not_http: expect.stringMatching(/^HPE_/),
    });
    once({ kind: 'framing', damage: 'header_count_200' });
    expect(Object.keys((await ask()).headers).length).toBeGreaterThan(200);
    once({ kind: 'framing', damage: 'short_content_length' });
    const short = (await ask()).bytes.toString();
    expect(() => JSON.parse(short)).toThrow();
  });

  test('informational answers come first, and bytes after the end come last', async () => {
    once({ kind: 'information', status: 103, times: 20 });
    expect(await ask()).toMatchObject({ status: 200, informations: 20 });
    once({ kind: 'extra_after_end', what: 'events' });
    expect((await ask(true)).bytes.toString().match(/\[DONE\]/g)).toHaveLength(2);
    once({ kind: 'extra_after_end', what: 'response' });
    expect((await rawAnswer()).match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
    once({ kind: 'extra_after_end', what: 'bytes' });
    expect((await rawAnswer()).length).toBeGreaterThan(0);
  });
});

/** Everything that the socket gives within a short while. */
async function rawAnswer(): Promise<string> {
  const text = JSON.stringify(body(false));
  const socket = createConnection({ port: sandbox.port, host: '127.0.0.1' });
  let received = '';
  socket.on('data', (chunk) => (received += chunk.toString('latin1')));
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEY}\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
  await expect.poll(() => received.includes('\r\n\r\n{')).toBe(true);
  await new Promise((resolve) => {
    setTimeout(resolve, 100);
  });
  socket.destroy();
  return received;
}
