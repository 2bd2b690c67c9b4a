import { Buffer } from 'node:buffer';
import type { CanonicalChunk } from '@arouter/core';
import { expect, test } from 'vitest';
import { createTranslatingRelay } from '@arouter/core';
import { openaiChat } from './index.ts';

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const parse = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
const target = { upstreamModel: 'up', outputTokensMax: 1000, quirks: {} };

test('a canonical request loses the gateway fields only', () => {
  const facts = openaiChat.readRequest(
    bytesOf({ model: 'm', messages: [], models: ['a'], provider: {}, x_unknown: 1 }),
  );
  expect(openaiChat.toCanonical(facts)).toEqual({ model: 'm', messages: [], x_unknown: 1 });
});

test('a translated request carries nothing that other families put into it', () => {
  const message = {
    role: 'assistant',
    content: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }],
    reasoning: 'r',
    reasoning_content: 'r',
    reasoning_details: [{ type: 'reasoning.text', signature: 's' }],
  };
  const request = {
    messages: [message],
    tools: [{ type: 'function', function: { name: 'f' }, cache_control: {} }],
    reasoning: { effort: 'low' },
    stream: true,
    max_tokens: 5000,
    top_k: 4,
  };
  const quirks = { outputCapField: 'max_completion_tokens', unsupportedFields: ['top_k'] } as const;
  expect(parse(openaiChat.fromCanonical(request, { ...target, quirks }).body)).toEqual({
    model: 'up',
    messages: [{ role: 'assistant', content: [{ type: 'text', text: 'x' }] }],
    tools: [{ type: 'function', function: { name: 'f' } }],
    reasoning_effort: 'low',
    stream: true,
    stream_options: { include_usage: true },
    max_completion_tokens: 1000,
  });
});

test('quirks: no stream options, and reasoning back in the field the provider reads', () => {
  const request = {
    messages: [{ role: 'assistant', content: 'x', reasoning: 'r' }],
    stream: true,
    stream_options: {},
  };
  const quirks = { streamOptions: false, reasoningField: 'reasoning_content' } as const;
  expect(parse(openaiChat.fromCanonical(request, { ...target, quirks }).body)).toEqual({
    model: 'up',
    messages: [{ role: 'assistant', content: 'x', reasoning_content: 'r' }],
    stream: true,
  });
});

test("other spellings of the family become canonical: Mistral's parts, reasoning_content, cached tokens", () => {
  const content = [
    { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
    { type: 'text', text: 'Hello' },
  ];
  const answer = {
    choices: [{ message: { content } }],
    usage: { prompt_tokens: 9, completion_tokens: 1, num_cached_tokens: 4 },
  };
  expect(openaiChat.answerToCanonical(bytesOf(answer))).toEqual({
    choices: [{ message: { content: 'Hello', reasoning: 'hm', reasoning_content: 'hm' } }],
    usage: {
      prompt_tokens: 9,
      completion_tokens: 1,
      num_cached_tokens: 4,
      prompt_tokens_details: { cached_tokens: 4 },
    },
  });
});

test('an answer for the caller has our id and a creation time', () => {
  const answer = { choices: [], model: 'x', id: 'msg_1', extra: true };
  expect(parse(openaiChat.answerFromCanonical(answer, { id: 'gen-1795417200-ab' }))).toEqual({
    id: 'gen-1795417200-ab',
    object: 'chat.completion',
    created: 1_795_417_200,
    choices: [],
    model: 'x',
    extra: true,
  });
});

const chunks: readonly CanonicalChunk[] = [
  {
    id: 'u1',
    model: 'm',
    created: 5,
    choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }],
  },
  {
    id: 'u1',
    model: 'm',
    created: 5,
    choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: null }],
  },
  {
    id: 'u1',
    model: 'm',
    created: 5,
    choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 2 },
  },
];
const upstream = Buffer.from(
  `${chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`,
);

test.each([true, false])(
  'a translated stream, usage wanted: %s, comes in whole events with one id',
  (includeUsage) => {
    const relay = createTranslatingRelay(
      openaiChat.createStreamDecoder(),
      openaiChat.createStreamEncoder({ includeUsage, id: 'gen-1' }),
    );
    let text = '';
    for (const byte of upstream) text += Buffer.from(relay.push(Buffer.from([byte])) ?? []).toString();
    text += Buffer.from(relay.end() ?? []).toString();
    expect(relay.state).toMatchObject({ contentSeen: true, terminalSeen: true, contentBytes: 2 });
    expect(relay.state.answer).toMatchObject({
      upstreamId: 'u1',
      finishReason: 'stop',
      usage: { outputTokens: 2 },
    });
    expect(text).not.toContain('[DONE]');
    text += Buffer.from(relay.finish()).toString();
    const events = text
      .split('\n\n')
      .filter(Boolean)
      .map((event) => event.slice('data: '.length));
    expect(events.pop()).toBe('[DONE]');
    const sent = events.map((event) => JSON.parse(event) as Record<string, unknown>);
    expect(
      sent.every((chunk) => chunk['id'] === 'gen-1' && chunk['object'] === 'chat.completion.chunk'),
    ).toBe(true);
    expect(sent).toHaveLength(includeUsage ? 4 : 3);
    expect(
      sent.filter((chunk) => 'usage' in chunk).map(({ choices, usage }) => ({ choices, usage })),
    ).toEqual(includeUsage ? [{ choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } }] : []);
  },
);

test('an upstream error after content becomes one error event of the caller, and the stream ends there', () => {
  const relay = createTranslatingRelay(
    openaiChat.createStreamDecoder(),
    openaiChat.createStreamEncoder({ includeUsage: true, id: 'gen-1' }),
    ({ message }) =>
      openaiChat.encodeStreamError({ status: 502, code: 'upstream_error', message, requestId: 'r' }),
  );
  const boundary = upstream.indexOf('data: ', upstream.indexOf('"Hi"'));
  const rest = upstream.subarray(boundary);
  relay.push(upstream.subarray(0, boundary));
  const error = Buffer.from('data: {"error":{"message":"gone","code":500}}\n\n');
  const out = Buffer.from(relay.push(error) ?? []).toString();
  expect(out.match(/"finish_reason":"error"/g)).toHaveLength(1);
  expect(relay.push(rest)).toBeNull();
  expect(relay.end()).toBeNull();
  expect(relay.finish()).toHaveLength(0);
  expect(relay.state.failure).toMatchObject({ message: 'gone' });
});

test('errors have their code at both places that clients read', () => {
  const body = openaiChat.encodeError({
    status: 402,
    code: 'insufficient_credits',
    message: 'Top up.',
    requestId: 'r1',
  });
  expect(parse(body)).toEqual({
    error: { message: 'Top up.', type: 'payment_required', code: 'insufficient_credits', request_id: 'r1' },
    code: 'insufficient_credits',
    message: 'Top up.',
  });
});

test.each([
  [400, 'invalid_request_error'],
  [401, 'authentication_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [413, 'invalid_request_error'],
  [424, 'server_error'],
  [429, 'rate_limit_error'],
  [503, 'server_error'],
])('status %i has the type %s', (status, type) => {
  const body = openaiChat.encodeError({
    status,
    code: 'c',
    message: 'm',
    requestId: 'r',
    metadata: { a: 1 },
  });
  expect(parse(body)['error']).toMatchObject({ type, metadata: { a: 1 } });
});

test('a stream error is a chunk with the error and no [DONE]', () => {
  const event = openaiChat.encodeStreamError({
    status: 502,
    code: 'upstream_error',
    message: 'm',
    requestId: 'r',
  });
  const text = new TextDecoder().decode(event);
  expect(text).toMatch(/^data: \{.*\}\n\n$/);
  expect(JSON.parse(text.slice(6))).toMatchObject({
    error: { code: 'upstream_error', type: 'server_error' },
    choices: [{ finish_reason: 'error' }],
  });
});
