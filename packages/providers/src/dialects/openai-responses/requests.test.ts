/** Responses requests through the canonical form: what is kept, what is refused, and in which words. */
import { GatewayError } from '@arouter/core';
import { describe, expect, test } from 'vitest';
import { anthropicMessages } from '../anthropic-messages/index.ts';
import { openaiChat } from '../openai-chat/index.ts';
import { CARRIED_MARK } from '../shared/carried-reasoning.ts';
import type { JsonObject } from '../shared/json-values.ts';
import { openaiResponses as dialect } from './index.ts';

const bytesOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value), 'utf8');
const target = { upstreamModel: 'm', outputTokensMax: null, quirks: {} };
const canonical = (request: JsonObject) =>
  dialect.toCanonical(dialect.readRequest(bytesOf({ model: 'm', ...request })));
const sent = (request: JsonObject): JsonObject =>
  JSON.parse(Buffer.from(dialect.fromCanonical(request, target).body).toString('utf8')) as JsonObject;
function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(GatewayError);
    return (error as GatewayError).message;
  }
  return '';
}

const CALL = { type: 'function_call', call_id: 'call_1', name: 'look', arguments: '{"a":1}' };
const RESULT = { type: 'function_call_output', call_id: 'call_1', output: 'seen' };
const THOUGHT = {
  type: 'reasoning',
  id: 'rs_1',
  summary: [{ type: 'summary_text', text: 'hm' }],
  encrypted_content: 'secret',
};
const LOOK = {
  type: 'function',
  name: 'look',
  description: 'Looks.',
  parameters: { type: 'object' },
  strict: true,
};

describe('a Responses request for another dialect', () => {
  test('a conversation with reasoning, calls and results becomes messages in order', () => {
    const input = [
      { role: 'developer', content: 'Later rule.' },
      { role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
      THOUGHT,
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'One moment.' }] },
      CALL,
      RESULT,
      { role: 'user', content: 'Well?' },
    ];
    expect(canonical({ instructions: 'Be brief.', input }).messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'system', content: 'Later rule.' },
      { role: 'user', content: 'Hi' },
      {
        role: 'assistant',
        content: 'One moment.',
        reasoning: 'hm',
        reasoning_content: 'hm',
        reasoning_details: [
          { type: 'reasoning.summary', summary: 'hm', format: 'openai-responses-v1', id: 'rs_1', index: 0 },
          {
            type: 'reasoning.encrypted',
            data: 'secret',
            format: 'openai-responses-v1',
            id: 'rs_1',
            index: 1,
          },
        ],
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"a":1}' } }],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'seen' },
      { role: 'user', content: 'Well?' },
    ]);
  });

  test('pictures that tools gave back follow the last result of the row', () => {
    const picture = { type: 'input_image', image_url: 'https://x.test/a.png', detail: 'auto' };
    const output = [{ type: 'input_text', text: 'a map' }, picture];
    const { messages } = canonical({
      input: [CALL, { ...CALL, call_id: 'call_2' }, { ...RESULT, output }, { ...RESULT, call_id: 'call_2' }],
    });
    expect((messages as JsonObject[]).slice(1)).toEqual([
      { role: 'tool', tool_call_id: 'call_1', content: 'a map' },
      { role: 'tool', tool_call_id: 'call_2', content: 'seen' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Result of tool call call_1:' },
          { type: 'image_url', image_url: { url: 'https://x.test/a.png', detail: 'auto' } },
        ],
      },
    ]);
  });

  test('settings keep their meaning under chat’s names', () => {
    const format = { type: 'json_schema', name: 'out', schema: { type: 'object' }, strict: true };
    const request = canonical({
      input: 'x',
      tools: [LOOK],
      tool_choice: { type: 'function', name: 'look' },
      parallel_tool_calls: false,
      text: { format, verbosity: 'low' },
      reasoning: { effort: 'high', summary: 'auto' },
      max_output_tokens: 99,
      include: ['message.output_text.logprobs'],
      stream: true,
    });
    expect(request).toMatchObject({
      max_tokens: 99,
      tool_choice: { type: 'function', function: { name: 'look' } },
      parallel_tool_calls: false,
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'out', schema: { type: 'object' }, strict: true },
      },
      verbosity: 'low',
      reasoning_effort: 'high',
      logprobs: true,
      stream_options: { include_usage: true },
      tools: [{ type: 'function', function: { name: 'look', description: 'Looks.', strict: true } }],
    });
  });

  test.each([
    [{ previous_response_id: 'resp_1' }, /previous_response_id.*earlier input and output items in "input"/],
    [{ conversation: 'conv_1' }, /conversation.*"input"/],
    [{ prompt: { id: 'pmpt_1' } }, /prompt.*"instructions" and "input"/],
    [{ tools: [{ type: 'web_search' }] }, /web_search.*declare a function/],
    [{ tools: [{ type: 'mcp', server_label: 'x' }] }, /mcp.*declare a function/],
    [{ tools: [{ type: 'tool_search', execution: 'client' }] }, /tool_search.*declare the tools/],
    [{ tools: [LOOK], tool_choice: { type: 'file_search' } }, /tool_choice.*name a function/],
    [{ input: [{ type: 'item_reference', id: 'msg_1' }] }, /item_reference.*store: false/],
    [{ input: [{ type: 'compaction', encrypted_content: 'x' }] }, /compaction.*conversation itself/],
    [{ input: [{ type: 'computer_call', call_id: 'x' }] }, /only its provider knows/],
    [{ input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'f' }] }] }, /file_id.*file_data/],
    [{ input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'f' }] }] }, /file_id.*image_url/],
  ])('what only its provider has or runs is refused with what to do instead: %j', (fields, words) => {
    expect(refusal(() => canonical({ input: 'x', ...fields }))).toMatch(words);
  });

  test('background is refused whoever would serve it', () => {
    expect(refusal(() => dialect.readRequest(bytesOf({ model: 'm', input: 'x', background: true })))).toMatch(
      /"background".*"stream"/,
    );
  });

  test('what hosted tools did is left out of the history, the text around it stays', () => {
    const input = [
      { type: 'web_search_call', id: 'ws_1', status: 'completed' },
      { role: 'assistant', content: 'Found.' },
    ];
    expect(canonical({ input }).messages).toEqual([{ role: 'assistant', content: 'Found.' }]);
  });

  test('another vendor’s signed thinking comes back to it through a Responses caller, and to nobody else', () => {
    const details = [
      { type: 'reasoning.text', text: 'hm', signature: 'sig', format: 'anthropic-claude-v1', index: 0 },
    ];
    const choices = [{ message: { content: 'Hi', reasoning_details: details }, finish_reason: 'stop' }];
    const answer = JSON.parse(
      Buffer.from(dialect.answerFromCanonical({ choices }, { id: 'gen-1' })).toString('utf8'),
    ) as JsonObject;
    const input = [
      { role: 'user', content: 'x' },
      ...(answer['output'] as JsonObject[]),
      { role: 'user', content: 'y' },
    ];
    const facts = dialect.readRequest(bytesOf({ model: 'm', input }));
    const toClaude = Buffer.from(
      anthropicMessages.fromCanonical(dialect.toCanonical(facts), target).body,
    ).toString('utf8');
    expect(toClaude).toContain('"thinking":"hm","signature":"sig"');
    const toSame = Buffer.from(dialect.passThrough(facts, target).body).toString('utf8');
    expect(toSame).not.toContain(CARRIED_MARK);
    expect(JSON.parse(toSame)).toMatchObject({
      input: [{ content: 'x' }, { role: 'assistant' }, { content: 'y' }],
    });
    const toChat = Buffer.from(openaiChat.fromCanonical(dialect.toCanonical(facts), target).body).toString(
      'utf8',
    );
    expect(toChat).not.toContain('sig');
  });

  test('what the gateway cannot count in bytes is counted in parts, stored conversations generously', () => {
    const parts = (fields: JsonObject) =>
      dialect.readRequest(bytesOf({ model: 'm', input: 'x', ...fields })).externalParts;
    const picture = { type: 'input_image', image_url: 'https://x.test/a.png' };
    expect(parts({ input: [{ role: 'user', content: [picture, picture] }] })).toBe(2);
    expect(parts({ tools: [{ ...LOOK, parameters: { properties: { image_url: {} } } }] })).toBe(0);
    expect(parts({ previous_response_id: 'resp_1' })).toBe(100);
    expect(parts({ previous_response_id: null })).toBe(0);
  });

  test('what goes on from something stored is known for it', () => {
    const isStored = (fields: object) =>
      dialect.readRequest(bytesOf({ model: 'm', input: 'x', ...fields })).storedState;
    const stored = [
      { previous_response_id: 'resp_1' },
      { conversation: 'conv_1' },
      { prompt: { id: 'pmpt_1' } },
      { input: [{ type: 'item_reference', id: 'msg_1' }] },
    ];
    expect(stored.map(isStored)).toEqual([true, true, true, true]);
    expect([{}, { store: true }, { previous_response_id: null }].map(isStored)).toEqual([
      false,
      false,
      false,
    ]);
  });
});

describe('a request of another dialect for a Responses provider', () => {
  const tool = { type: 'function', function: { name: 'look', parameters: { type: 'object' } } };

  test('a conversation becomes instructions and items, and nothing is stored', () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } }] },
      {
        role: 'assistant',
        content: 'One moment.',
        reasoning_details: [
          { type: 'reasoning.summary', summary: 'h', format: 'openai-responses-v1', id: 'rs_1', index: 0 },
          { type: 'reasoning.summary', summary: 'm', format: 'openai-responses-v1', id: 'rs_1', index: 0 },
          {
            type: 'reasoning.encrypted',
            data: 'secret',
            format: 'openai-responses-v1',
            id: 'rs_1',
            index: 1,
          },
          {
            type: 'reasoning.text',
            text: 'other',
            signature: 'sig',
            format: 'anthropic-claude-v1',
            index: 2,
          },
        ],
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'look', arguments: '' } }],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'seen' },
    ];
    expect(sent({ messages, tools: [tool], max_completion_tokens: 50, stream: true })).toEqual({
      model: 'm',
      instructions: 'Be brief.',
      input: [
        {
          type: 'message',
          role: 'user',
          content: [{ type: 'input_image', image_url: 'data:image/png;base64,AA', detail: 'auto' }],
        },
        THOUGHT,
        {
          type: 'message',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'One moment.', annotations: [] }],
        },
        { type: 'function_call', call_id: 'call_1', name: 'look', arguments: '{}' },
        RESULT,
      ],
      max_output_tokens: 50,
      tools: [{ type: 'function', name: 'look', parameters: { type: 'object' }, strict: false }],
      include: ['reasoning.encrypted_content'],
      store: false,
      stream: true,
    });
  });

  test.each([
    [{ n: 2 }, /`n`/],
    [{ modalities: ['text', 'audio'] }, /modalities/],
    [{ web_search_options: {} }, /web_search_options/],
    [{ tools: [{ type: 'web_search' }] }, /`type`/],
  ])('what it cannot do is refused: %j', (fields, words) => {
    expect(refusal(() => sent({ messages: [{ role: 'user', content: 'x' }], ...fields }))).toMatch(words);
  });
});
