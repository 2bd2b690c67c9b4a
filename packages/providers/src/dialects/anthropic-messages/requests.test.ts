/** What a request becomes on the other side, case by case. */
import { GatewayError } from '@arouter/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anthropicMessages as dialect } from './index.ts';

type Json = { readonly [field: string]: unknown };
const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const parse = (bytes: Uint8Array): Json => JSON.parse(new TextDecoder().decode(bytes)) as Json;
const hello = [{ role: 'user', content: 'Hello' }];

function encode(request: Json, model = 'claude-sonnet-4-5', outputTokensMax: number | null = null): Json {
  const encoded = dialect.fromCanonical(
    { messages: hello, ...request },
    { upstreamModel: model, outputTokensMax, quirks: {} },
  );
  expect(encoded.headers).toEqual([['anthropic-version', '2023-06-01']]);
  return parse(encoded.body);
}
const decode = (request: Json): Json =>
  dialect.toCanonical(dialect.readRequest(bytesOf({ messages: hello, ...request })));
const call = (id: string, args = '{}') => ({
  id,
  type: 'function',
  function: { name: 'look', arguments: args },
});
const text = (value: string) => ({ type: 'text', text: value });

describe('OpenAI-shaped request → Messages', () => {
  test('max_tokens is the model’s own bound or 8192 when absent, and never above the bound', () => {
    expect(encode({}).max_tokens).toBe(8192);
    expect(encode({}, 'claude-sonnet-4-5', 64_000).max_tokens).toBe(64_000);
    expect(encode({ max_tokens: 99_999 }, 'claude-sonnet-4-5', 64_000).max_tokens).toBe(64_000);
    expect(encode({ max_tokens: 5, max_completion_tokens: 7 }).max_tokens).toBe(7);
  });

  test('leading system and developer messages are hoisted, later ones become user text', () => {
    const encoded = encode({
      messages: [
        { role: 'system', content: 'a' },
        { role: 'developer', content: [{ ...text('b'), cache_control: { type: 'ephemeral' } }] },
        { role: 'user', content: 'c' },
        { role: 'system', content: 'd' },
      ],
    });
    expect(encoded['system']).toEqual([text('a'), { ...text('b'), cache_control: { type: 'ephemeral' } }]);
    expect(encoded['messages']).toEqual([{ role: 'user', content: [text('c'), text('d')] }]);
  });

  test('a request of instructions only still has a user turn', () => {
    expect(encode({ messages: [{ role: 'system', content: 'Say hi' }] })).toMatchObject({
      messages: [{ role: 'user', content: [text('Say hi')] }],
    });
  });

  test('all results of parallel calls stand first in one user turn, whatever the order they came in', () => {
    const { messages } = encode({
      messages: [
        ...hello,
        { role: 'assistant', content: null, tool_calls: [call('a', '{"x":1}'), call('b')] },
        { role: 'user', content: 'hurry' },
        { role: 'tool', tool_call_id: 'b', content: 'B' },
        { role: 'tool', tool_call_id: 'a', content: 'A' },
      ],
      tools: [call('a')],
    });
    expect(messages).toEqual([
      { role: 'user', content: [text('Hello')] },
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: 'a', name: 'look', input: { x: 1 } },
          { type: 'tool_use', id: 'b', name: 'look', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: 'A' },
          { type: 'tool_result', tool_use_id: 'b', content: 'B' },
          text('hurry'),
        ],
      },
    ]);
  });

  test('a call without a result gets one that says so; a result without a call is told as text', () => {
    const encoded = encode({
      messages: [
        ...hello,
        { role: 'assistant', content: '', tool_calls: [call('functions.look:0')] },
        { role: 'tool', tool_call_id: 'other', content: 'B' },
      ],
    });
    const [, asked, answered] = encoded['messages'] as { content: Json[] }[];
    expect(asked?.content[0]?.['id']).toMatch(/^[a-zA-Z0-9_-]+$/);
    expect(answered?.content[0]).toMatchObject({ tool_use_id: asked?.content[0]?.['id'], is_error: true });
    expect(answered?.content.slice(1)).toEqual([text('Result of an earlier tool call (other):'), text('B')]);
    // A history with tool blocks needs tools, which may not be called.
    expect(encoded).toMatchObject({ tools: [{ name: 'look' }], tool_choice: { type: 'none' } });
  });

  test('tool choices and the parallel switch', () => {
    const tools = [
      { type: 'function', function: { name: 'look' } },
      { type: 'function', function: { name: 'say' } },
    ];
    const choice = (fields: Json): unknown => encode({ tools, ...fields })['tool_choice'];
    expect(choice({})).toBeUndefined();
    expect(choice({ tool_choice: 'auto' })).toEqual({ type: 'auto' });
    expect(choice({ tool_choice: 'none', parallel_tool_calls: false })).toEqual({ type: 'none' });
    expect(choice({ tool_choice: 'required', parallel_tool_calls: false })).toEqual({
      type: 'any',
      disable_parallel_tool_use: true,
    });
    expect(choice({ tool_choice: { type: 'function', function: { name: 'say' } } })).toEqual({
      type: 'tool',
      name: 'say',
    });
    expect(choice({ tool_choice: 'required', reasoning_effort: 'high' })).toEqual({ type: 'auto' });
    const subset = {
      type: 'allowed_tools',
      allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'say' } }] },
    };
    expect(encode({ tools, tool_choice: subset })).toMatchObject({
      tools: [{ name: 'say' }],
      tool_choice: { type: 'any' },
    });
    expect((encode({ tools, tool_choice: subset })['tools'] as unknown[]).length).toBe(1);
  });

  test('effort becomes a budget within the stated cap, or an effort where the model thinks adaptively', () => {
    const encoded = encode({ reasoning_effort: 'medium', max_tokens: 10_000, temperature: 0.2, top_k: 3 });
    expect(encoded).toMatchObject({ thinking: { type: 'enabled', budget_tokens: 3000 }, max_tokens: 10_000 });
    expect(encoded).not.toHaveProperty('temperature');
    expect(encoded).not.toHaveProperty('top_k');
    expect(encode({ reasoning_effort: 'high', max_tokens: 1000 })).not.toHaveProperty('thinking');
    expect(encode({ reasoning: { max_tokens: 20_000 } })).toMatchObject({
      thinking: { budget_tokens: 20_000 },
      max_tokens: 28_192,
    });
    expect(encode({ reasoning_effort: 'xhigh' }, 'claude-opus-4-6')).toMatchObject({
      thinking: { type: 'adaptive', display: 'summarized' },
      output_config: { effort: 'max' },
    });
    expect(encode({ reasoning_effort: 'none' }, 'claude-opus-4-7')).toMatchObject({
      thinking: { type: 'disabled' },
    });
    expect(encode({ reasoning_effort: 'high' }, 'claude-3-5-haiku-latest')).not.toHaveProperty('thinking');
  });

  test('a budget is always at least 1024, below max_tokens, and max_tokens within every bound', () => {
    const number = fc.integer({ min: 1, max: 200_000 });
    const request = fc.record({
      cap: fc.option(number),
      bound: fc.option(number),
      effort: fc.constantFrom('minimal', 'low', 'medium', 'high', 'xhigh', 'max'),
      budget: fc.option(number),
    });
    fc.assert(
      fc.property(request, ({ cap, bound, effort, budget }) => {
        const reasoning = budget === null ? { effort } : { max_tokens: budget };
        const encoded = encode(
          { reasoning, ...(cap === null ? {} : { max_tokens: cap }) },
          'claude-sonnet-4-5',
          bound,
        );
        const maxTokens = encoded['max_tokens'] as number;
        expect(maxTokens).toBeGreaterThanOrEqual(1);
        expect(maxTokens).toBeLessThanOrEqual(Math.min(cap ?? Infinity, bound ?? Infinity));
        const thinking = encoded['thinking'] as { budget_tokens: number } | undefined;
        if (thinking === undefined) return;
        expect(thinking.budget_tokens).toBeGreaterThanOrEqual(1024);
        expect(thinking.budget_tokens).toBeLessThan(maxTokens);
      }),
    );
  });

  test('temperature reaches to 1; a model that takes one of temperature and top_p gets the temperature', () => {
    expect(encode({ temperature: 1.7, top_p: 0.5 })).toMatchObject({ temperature: 1 });
    expect(encode({ temperature: 1.7, top_p: 0.5 })).not.toHaveProperty('top_p');
    expect(encode({ top_p: 0.5, top_k: 4 })).toMatchObject({ top_p: 0.5, top_k: 4 });
    expect(encode({ temperature: 0.5 }, 'claude-opus-4-7')).not.toHaveProperty('temperature');
  });

  test('a schema is closed, what the decoder cannot enforce moves into words; json_object is an instruction', () => {
    const schema = {
      type: 'object',
      properties: { age: { type: 'integer', minimum: 3, description: 'Years' } },
      required: ['age'],
    };
    const format = { type: 'json_schema', json_schema: { name: 'x', schema } };
    expect(encode({ response_format: format })['output_config']).toEqual({
      format: {
        type: 'json_schema',
        schema: {
          type: 'object',
          properties: { age: { type: 'integer', description: 'Years\n\n{minimum: 3}' } },
          required: ['age'],
          additionalProperties: false,
        },
      },
    });
    expect(
      JSON.stringify(encode({ response_format: format }, 'claude-3-7-sonnet-latest')['system']),
    ).toContain('minimum');
    expect(JSON.stringify(encode({ response_format: { type: 'json_object' } })['system'])).toContain(
      'JSON object',
    );
  });

  test('images and files become blocks, in base64 or by URL', () => {
    const content = [
      { type: 'image_url', image_url: { url: 'data:image/jpg;base64,QUJD', detail: 'low' } },
      {
        type: 'image_url',
        image_url: { url: 'https://example.com/a.png' },
        cache_control: { type: 'ephemeral' },
      },
      { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,QUJD' } },
      { type: 'file', file: { filename: 'a.txt', file_data: 'data:text/plain;base64,QUJD' } },
      text(' '),
    ];
    expect(encode({ messages: [{ role: 'user', content }] })['messages']).toEqual([
      {
        role: 'user',
        content: [
          { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: 'QUJD' } },
          {
            type: 'image',
            source: { type: 'url', url: 'https://example.com/a.png' },
            cache_control: { type: 'ephemeral' },
          },
          {
            type: 'document',
            source: { type: 'base64', media_type: 'application/pdf', data: 'QUJD' },
            title: 'a.pdf',
          },
          {
            type: 'document',
            source: { type: 'text', media_type: 'text/plain', data: 'ABC' },
            title: 'a.txt',
          },
        ],
      },
    ]);
  });

  test('Claude’s own thinking comes back signed, in fragments or whole; another vendor’s is left out', () => {
    const format = 'anthropic-claude-v1';
    const reasoning_details = [
      { type: 'reasoning.text', text: 'a', format, index: 0 },
      { type: 'reasoning.text', text: 'b', format, index: 0 },
      { type: 'reasoning.text', signature: 'S', format, index: 0 },
      { type: 'reasoning.encrypted', data: 'D', format, index: 1 },
      { type: 'reasoning.text', text: 'c', signature: 'T', format: 'google-gemini-v1', index: 2 },
      { type: 'reasoning.text', text: 'unsigned', format, index: 3 },
    ];
    const { messages } = encode({
      messages: [...hello, { role: 'assistant', content: 'x', reasoning_details }, ...hello],
    });
    expect((messages as Json[])[1]).toEqual({
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'ab', signature: 'S' },
        { type: 'redacted_thinking', data: 'D' },
        text('x'),
      ],
    });
  });

  test('inside a tool loop without thinking a budget is left off, since the API refuses the pair', () => {
    const messages = [
      ...hello,
      { role: 'assistant', tool_calls: [call('a')] },
      { role: 'tool', tool_call_id: 'a', content: 'A' },
    ];
    expect(encode({ messages, reasoning_effort: 'high' })).not.toHaveProperty('thinking');
  });

  test.each([
    [{ n: 2 }, '`n`'],
    [{ modalities: ['text', 'audio'] }, '`modalities`'],
    [{ web_search_options: {} }, '`web_search_options`'],
    [{ tools: [{ type: 'openrouter:web_search' }] }, '`type`'],
    [{ messages: [{ role: 'user', content: [{ type: 'input_audio' }] }] }, '`input_audio`'],
    [{ messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'f' } }] }] }, '`file_id`'],
    [{ messages: [{ role: 'bot', content: 'x' }] }, '`role`'],
    [{ messages: [] }, '`messages`'],
  ])('%j is refused with the field’s name', (request, named) => {
    expect(() => encode(request)).toThrow(GatewayError);
    expect(() => encode(request)).toThrow(named);
  });
});

describe('Messages request → OpenAI-shaped', () => {
  test('results become tool messages; what a tool message cannot hold follows in the user’s', () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'QUJD' } };
    const content = [
      { type: 'tool_result', tool_use_id: 'a', content: [text('seen'), image] },
      { type: 'tool_result', tool_use_id: 'b', content: 'no such file', is_error: true },
      text('go on'),
    ];
    expect(decode({ messages: [{ role: 'user', content }] })['messages']).toEqual([
      { role: 'tool', tool_call_id: 'a', content: 'seen' },
      { role: 'tool', tool_call_id: 'b', content: 'Error: no such file' },
      {
        role: 'user',
        content: [
          text('Result of tool call a:'),
          { type: 'image_url', image_url: { url: 'data:image/png;base64,QUJD' } },
          text('go on'),
        ],
      },
    ]);
  });

  test('integers beyond 2^53 in tool arguments are not rounded, either way', () => {
    const big = '{"id":12345678901234567890}';
    const body = `{"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"x","input":${big}}]}]}`;
    const canonical = dialect.toCanonical(dialect.readRequest(new TextEncoder().encode(body)));
    expect(JSON.stringify(canonical)).toContain(JSON.stringify(big));
    const back = dialect.fromCanonical(canonical, {
      upstreamModel: 'claude-x',
      outputTokensMax: null,
      quirks: {},
    });
    expect(new TextDecoder().decode(back.body)).toContain(`"input":${big}`);
  });

  test('parameters take their other names', () => {
    const request = {
      max_tokens: 9,
      stop_sequences: ['x'],
      metadata: { user_id: 'u' },
      tools: [
        { name: 'look', input_schema: { type: 'object' }, cache_control: { type: 'ephemeral' } },
        { type: 'tool_search_tool_bm25_20251119', name: 's' },
      ],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
      thinking: { type: 'enabled', budget_tokens: 5000 },
      stream: true,
      output_config: { format: { type: 'json_schema', schema: { type: 'object', properties: { a: {} } } } },
    };
    expect(decode({ ...request, max_tokens: 16_000 })).toMatchObject({
      max_tokens: 16_000,
      stop: ['x'],
      user: 'u',
      tool_choice: 'required',
      parallel_tool_calls: false,
      reasoning_effort: 'medium',
      reasoning: { max_tokens: 5000 },
      stream: true,
      stream_options: { include_usage: true },
      response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: false } },
      tools: [{ type: 'function', function: { name: 'look' }, cache_control: { type: 'ephemeral' } }],
    });
  });

  test.each([
    [{ tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, '`type`'],
    [{ mcp_servers: [{ url: 'https://example.com' }] }, '`mcp_servers`'],
    [
      { messages: [{ role: 'user', content: [{ type: 'container_upload', file_id: 'f' }] }] },
      '`container_upload`',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'file', file_id: 'f' } }] }] },
      '`file_id`',
    ],
    [{ tool_choice: { type: 'odd' }, tools: [{ name: 'a' }] }, '`tool_choice.type`'],
  ])('%j is refused with the field’s name', (request, named) => {
    expect(() => decode(request)).toThrow(GatewayError);
    expect(() => decode(request)).toThrow(named);
  });
});
