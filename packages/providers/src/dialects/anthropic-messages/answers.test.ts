/** What an answer becomes on the other side, case by case, and how thinking travels. */
import { DialectError } from '@arouter/core';
import { describe, expect, test } from 'vitest';
import { anthropicMessages as dialect } from './index.ts';
import { CARRIED_MARK } from '../shared/carried-reasoning.ts';

type Json = { readonly [field: string]: unknown };
const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const parse = (bytes: Uint8Array): Json => JSON.parse(new TextDecoder().decode(bytes)) as Json;
const decode = (request: Json): Json => dialect.toCanonical(dialect.readRequest(bytesOf(request)));
const text = (value: string) => ({ type: 'text', text: value });

describe('answers', () => {
  const answer = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    stop_reason: 'end_turn',
    content: [text('Hi')],
  };

  test('cache tokens are inside prompt_tokens, and the 1 h share survives the way back', () => {
    const usage = {
      input_tokens: 10,
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: 30,
      cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
      output_tokens: 5,
    };
    const canonical = dialect.answerToCanonical(bytesOf({ ...answer, usage }));
    expect(canonical['usage']).toMatchObject({
      prompt_tokens: 140,
      completion_tokens: 5,
      total_tokens: 145,
      prompt_tokens_details: { cached_tokens: 100, cache_write_tokens: 30 },
    });
    expect(parse(dialect.answerFromCanonical(canonical, { id: 'x' }))['usage']).toEqual(usage);
    expect(dialect.readAnswer(bytesOf({ ...answer, usage })).usage).toMatchObject({
      inputTokens: 140,
      cachedInputTokens: 100,
      cacheWrite5mTokens: 10,
      cacheWrite1hTokens: 20,
    });
  });

  test.each([-1, 1.5, '7', 1e300, null])(
    'output_tokens of %j is unusable or absent, never a number',
    (output_tokens) => {
      const { usage } = dialect.readAnswer(
        bytesOf({ ...answer, usage: { input_tokens: output_tokens, output_tokens } }),
      );
      expect(usage).toBeNull();
    },
  );

  test('a refusal is content_filter with the words of the provider', () => {
    const refused = {
      ...answer,
      content: [],
      stop_reason: 'refusal',
      stop_details: { type: 'refusal', explanation: 'No.' },
    };
    expect(dialect.answerToCanonical(bytesOf(refused))['choices']).toMatchObject([
      {
        finish_reason: 'content_filter',
        native_finish_reason: 'refusal',
        message: { content: '', refusal: 'No.' },
      },
    ]);
  });

  test('web citations keep their place in the text', () => {
    const citations = [
      {
        type: 'web_search_result_location',
        url: 'https://a.test',
        title: 'A',
        cited_text: 'c',
        encrypted_index: 'e',
      },
    ];
    const cited = { ...answer, content: [text('It is '), { ...text('so'), citations }, text('.')] };
    expect(dialect.answerToCanonical(bytesOf(cited))['choices']).toMatchObject([
      {
        message: {
          content: 'It is so.',
          annotations: [
            {
              type: 'url_citation',
              url_citation: { url: 'https://a.test', title: 'A', start_index: 6, end_index: 8 },
            },
          ],
        },
      },
    ]);
  });

  test('a body that is no message is a DialectError, an error object is found', () => {
    expect(() => dialect.readAnswer(bytesOf({ id: 'x' }))).toThrow(DialectError);
    expect(() => dialect.readAnswer(new TextEncoder().encode('<html>'))).toThrow(DialectError);
    expect(dialect.findFailure(bytesOf(answer))).toBeNull();
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
    expect(dialect.findFailure(bytesOf(error))).toMatchObject({
      type: 'overloaded_error',
      message: 'Overloaded',
    });
  });

  test('an answer nested to exhaust the stack is a DialectError, such arguments are kept as text', () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const body = `{"content":[{"type":"tool_use","id":"a","name":"x","input":{"a":${deep}}}]}`;
    expect(() => dialect.answerToCanonical(new TextEncoder().encode(body))).toThrow(DialectError);
    const decoder = dialect.createStreamDecoder();
    expect(() => decoder.push(new TextEncoder().encode(`data: ${body}\n\n`))).toThrow(DialectError);
    const tool_calls = [{ id: 'a', function: { name: 'x', arguments: deep } }];
    const choices = [{ message: { content: null, tool_calls }, finish_reason: 'tool_calls' }];
    expect(parse(dialect.answerFromCanonical({ choices }, { id: 'x' }))['content']).toMatchObject([
      { type: 'tool_use', input: { malformed_arguments: deep } },
    ]);
  });

  test('cost is added inside usage and no other byte changes', () => {
    const body = '{"id":"m",  "usage" : { "input_tokens":1 } , "content":[]}';
    const cost = { costUsd: 0.25, isByok: true, promptCostUsd: 0.2, completionCostUsd: 0.05 };
    const added = new TextDecoder().decode(dialect.addCost(new TextEncoder().encode(body), cost));
    expect(JSON.parse(added)).toMatchObject({
      usage: { input_tokens: 1, cost: 0.25, is_byok: true, cost_details: { upstream_inference_cost: 0.25 } },
    });
    expect(added.replace(/,"cost".*\}(?=\} ,)/, '')).toBe(body);
    expect(dialect.addCost(bytesOf({ id: 'm' }), cost)).toEqual(bytesOf({ id: 'm' }));
  });
});

describe('reasoning of other vendors toward a Messages caller', () => {
  const foreign = [
    { type: 'reasoning.text', text: 'hm', signature: 'GSIG', format: 'google-gemini-v1', index: 0 },
    { type: 'reasoning.encrypted', data: 'GDATA', format: 'google-gemini-v1', id: 'call_1', index: 1 },
  ];
  const answer = {
    choices: [{ message: { content: 'x', reasoning_details: foreign }, finish_reason: 'stop' }],
  };
  const asked = parse(dialect.answerFromCanonical(answer, { id: 'g' }));
  const history = [
    { role: 'user', content: 'q' },
    { role: 'assistant', content: asked['content'] },
    { role: 'user', content: 'r' },
  ];

  test('its signatures come back to that vendor', () => {
    const [, assistant] = decode({ messages: history })['messages'] as Json[];
    expect(assistant?.['reasoning_details']).toEqual(foreign);
  });

  test('but a Messages provider never sees them', () => {
    const body = bytesOf({ model: 'm', max_tokens: 1, messages: history });
    expect(new TextDecoder().decode(body)).toContain(CARRIED_MARK);
    const encoded = dialect.passThrough(dialect.readRequest(body), {
      upstreamModel: 'm',
      outputTokensMax: null,
      quirks: {},
    });
    expect(parse(encoded.body)).toEqual({
      model: 'm',
      max_tokens: 1,
      messages: [history[0], { role: 'assistant', content: [text('x')] }, history[2]],
    });
  });

  test('a carried signature that the caller changed is unsigned text, not an error', () => {
    const content = [{ type: 'thinking', thinking: 'hm', signature: `${CARRIED_MARK}%%%` }, text('x')];
    const [assistant] = decode({ messages: [{ role: 'assistant', content }] })['messages'] as Json[];
    expect(assistant?.['reasoning_details']).toEqual([
      { type: 'reasoning.text', text: 'hm', format: 'unknown', index: 0 },
    ]);
  });
});
