import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { createPassThroughRelay } from './pass-through-relay.ts';

const DONE = 'data: [DONE]\n\n';
const chunk = (delta: object, rest: object = {}) =>
  `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: null }], ...rest })}\n\n`;
const finish = (reason: string) =>
  `data: ${JSON.stringify({ id: 'c1', choices: [{ index: 0, delta: {}, finish_reason: reason }] })}\n\n`;
const usage = `data: ${JSON.stringify({ id: 'c1', choices: [], usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 } })}\n\n`;

function relay(pieces: readonly string[], stripUsage = false) {
  const stream = createPassThroughRelay({ stripUsage });
  const pushed = pieces.map((piece) => Buffer.from(stream.push(Buffer.from(piece)) ?? []).toString());
  const ended = Buffer.from(stream.end() ?? []).toString();
  return {
    pushed,
    text: pushed.join('') + ended,
    state: stream.state,
    finished: Buffer.from(stream.finish()).toString(),
  };
}

test('events go on as they came and [DONE] is held back', () => {
  const events = [
    chunk({ role: 'assistant', content: '' }),
    chunk({ content: 'Hi' }),
    chunk({ content: '!' }),
    finish('stop'),
    usage,
  ];
  const { text, state, finished } = relay([...events, DONE]);
  expect(text).toBe(events.join(''));
  expect(finished).toBe(DONE);
  expect(state).toMatchObject({ contentSeen: true, terminalSeen: true, failure: null });
  expect(state.answer).toMatchObject({
    upstreamId: 'c1',
    finishReason: 'stop',
    usage: { inputTokens: 7, outputTokens: 3 },
  });
});

test('the answer is committed by content, not by the role', () => {
  const stream = createPassThroughRelay({ stripUsage: false });
  stream.push(Buffer.from(': PROCESSING\n\n' + chunk({ role: 'assistant', content: '' })));
  expect(stream.state.contentSeen).toBe(false);
  stream.push(Buffer.from(chunk({ content: 'H' }).slice(0, -1)));
  expect(stream.state.contentSeen).toBe(false);
  stream.push(Buffer.from('\n'));
  expect(stream.state.contentSeen).toBe(true);
});

test.each([
  [{ reasoning: 'hm' }],
  [{ reasoning_content: 'hm' }],
  [{ reasoning_details: [{ type: 'reasoning.text' }] }],
  [{ tool_calls: [{ index: 0, function: { name: 'f', arguments: '' } }] }],
  [{ refusal: 'no' }],
  [{ audio: { id: 'a' } }],
  [{ content: [{ type: 'thinking', thinking: [] }] }],
])('%j is content', (delta) => {
  expect(relay([chunk(delta)]).state.contentSeen).toBe(true);
});

test('[DONE] inside text is text', () => {
  const { text, state } = relay([
    chunk({ content: 'a' }),
    chunk({ content: 'data: [DONE]\n\n' }),
    chunk({ content: '[DONE]' }),
  ]);
  expect(text).toContain('"[DONE]"');
  expect(state.terminalSeen).toBe(false);
});

test('what comes after [DONE] is dropped', () => {
  expect(relay([chunk({ content: 'a' }), `${DONE}data: {"x":1}\n\n`, 'data: y\n\n']).text).toBe(
    chunk({ content: 'a' }),
  );
});

test('an error before content is a failure without content', () => {
  const error = 'event: error\ndata: {"error":{"message":"Overloaded","type":"overloaded_error"}}\n\n';
  const { state } = relay([chunk({ role: 'assistant' }), error, usage, DONE]);
  expect(state).toMatchObject({
    contentSeen: false,
    failure: { status: 503, type: 'overloaded_error', message: 'Overloaded' },
  });
});

test.each([
  'data: {"error":{"message":"broken","code":502}}\n\n',
  'event: error\ndata: {"error":{"message":"broken","code":502}}\n\n',
  'data: {"id":"c1","error":{"message":"broken","code":502},"choices":[{"delta":{"content":""},"finish_reason":"error"}]}\n\n',
])('an error after content is passed on and recorded, and no [DONE] follows: %j', (error) => {
  const { text, state, finished } = relay([chunk({ content: 'a' }), error]);
  expect(text).toBe(chunk({ content: 'a' }) + error);
  expect(state).toMatchObject({ contentSeen: true, failure: { status: 502, message: 'broken' } });
  expect(finished).toBe('');
});

test('the word error in text, a tool named error and an empty error member are no failures', () => {
  const chunks = [
    chunk({ content: 'a' }),
    chunk({ content: 'an "error" occurred' }),
    chunk({ tool_calls: [{ index: 0, function: { name: 'error', arguments: '' } }] }),
    chunk({ content: 'b' }, { error: null }),
  ];
  const { text, state } = relay(chunks);
  expect(text).toBe(chunks.join(''));
  expect(state.failure).toBeNull();
});

test('plain JSON instead of events is read for its error', () => {
  expect(relay(['{"error":{"message":"nope",', '"code":429}}']).state.failure).toMatchObject({ status: 429 });
  expect(relay(['[{"error":{"message":"nope","code":503}}]']).state.failure).toMatchObject({ status: 503 });
});

test('usage that we asked for does not reach the caller; usage in other places does', () => {
  const withNull = (delta: object) => chunk(delta, { usage: null });
  const spaced =
    'data: {"id":"c1", "usage" : null, "choices":[{"delta":{"content":"\\"usage\\":null"}}]}\r\n\r\n';
  const late = `data: ${JSON.stringify({ choices: [{ delta: {}, finish_reason: 'stop' }], usage: { prompt_tokens: 1, completion_tokens: 1 } })}\n\n`;
  const { text, state } = relay(
    [withNull({ content: 'a' }), withNull({ content: 'b' }), spaced, late, usage, DONE],
    true,
  );
  expect(text).toBe(
    `${chunk({ content: 'a' })}${chunk({ content: 'b' })}${spaced.replace('"usage" : null, ', '')}${late}`,
  );
  expect(state.answer.usage).toMatchObject({ inputTokens: 7, outputTokens: 3 });
});

test.each([
  ['nested', '{"choices":[{"delta":{"content":"b"}}],"x":{"a":1,"usage":null}}'],
  ['a word of the text', '{"choices":[{"delta":{"content":"usage"},"usage":"null"}],"a":"usage"}'],
  ['in a string', '{"choices":[{"delta":{"content":",\\"usage\\":null}"}}]}'],
])('usage that is not the member at the top, %s, stays', (_, json) => {
  const event = `data: ${json}\n\n`;
  expect(relay([chunk({ content: 'a' }), event], true).text).toBe(chunk({ content: 'a' }) + event);
});

test('line ends may change in the middle of a stream', () => {
  const crlf = chunk({ content: 'b' }).replaceAll('\n', '\r\n');
  const events = [
    chunk({ content: 'a' }),
    `${chunk({ content: 'c' })}${crlf}${crlf}: x`,
    '\n\n',
    chunk({ content: 'd' }),
  ];
  expect(relay(events).text).toBe(events.join(''));
});

test('usage is found behind a long tail, in a huge event and before other events', () => {
  const filler = Array.from({ length: 400 }, (_, index) => chunk({ content: `word ${index} ` }));
  const huge = chunk({ content: 'x'.repeat(100_000) }, { usage: { prompt_tokens: 5, completion_tokens: 9 } });
  expect(relay([...filler, huge, finish('length'), DONE]).state.answer).toMatchObject({
    finishReason: 'length',
    usage: { inputTokens: 5, outputTokens: 9 },
  });
  const moderation = `data: ${JSON.stringify({ choices: [], usage: null, moderation: 'm'.repeat(8000) })}\n\n`;
  expect(relay([...filler, finish('stop'), usage, moderation, DONE]).state.answer.usage?.outputTokens).toBe(
    3,
  );
});

test('a stream that ends without its last blank line is closed; half an event is dropped', () => {
  const last = chunk({ content: 'b' });
  expect(relay([chunk({ content: 'a' }), last.slice(0, -2)]).text).toBe(chunk({ content: 'a' }) + last);
  expect(relay([chunk({ content: 'a' }), last.slice(0, -1)]).text).toBe(chunk({ content: 'a' }) + last);
  expect(relay([chunk({ content: 'a' }), last.slice(0, 30)]).text).toBe(chunk({ content: 'a' }));
});

test.each([
  ['short', 20],
  ['long', 2000],
])('without usage the content bytes of a %s stream are known, closely', (_, count) => {
  const words = Array.from({ length: count }, (_unused, index) => `w${index} `);
  const calls = words.map((text) => chunk({ tool_calls: [{ index: 0, function: { arguments: text } }] }));
  const first = chunk({
    tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '' } }],
  });
  const bytes = words.join('').length;
  for (const stream of [
    [chunk({ content: '' }), ...words.map((content) => chunk({ content }))],
    [first, ...calls],
  ]) {
    const { contentBytes } = relay(stream).state;
    expect(contentBytes).toBeGreaterThan(bytes * 0.9);
    expect(contentBytes).toBeLessThan(bytes * 1.2 + 2);
  }
});

test('a stream that is cut while it states running usage is measured by its content, not by its wrapping', () => {
  const running = { usage: { prompt_tokens: 7, completion_tokens: 1, total_tokens: 8 } };
  const { state } = relay(Array.from({ length: 20 }, () => chunk({ content: 'word' }, running)));
  expect(state.answer.usage).not.toBeNull();
  expect(state.contentBytes).toBe(20 * 'word'.length);
});

test('an event that is not JSON is passed on at once, not held until the end', () => {
  const relay = createPassThroughRelay({ stripUsage: false });
  const event = Buffer.from('data: {"t":007,"choices":[{"delta":{"content":"a"}}]}\n\n');
  expect(relay.push(event)).toEqual(event);
  expect(relay.state.contentSeen).toBe(true);
});
