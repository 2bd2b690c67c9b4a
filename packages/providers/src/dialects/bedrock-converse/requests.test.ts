import { GatewayError } from '@arouter/core';
import { describe, expect, test } from 'vitest';
import { encodeJsonEvent } from '../shared/aws-event-stream.ts';
import { bedrockConverse as dialect } from './index.ts';

type Json = { readonly [field: string]: any }; // oxlint-disable-line typescript/no-explicit-any -- JSON of every shape
const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const target = (upstreamModel: string) => ({ upstreamModel, outputTokensMax: null, quirks: {} });
const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const parse = (body: Uint8Array): Json => JSON.parse(Buffer.from(body).toString('utf8')) as Json;
const USER = { role: 'user', content: 'Hi' };

function converse(request: Json, model = CLAUDE): Json {
  return parse(dialect.fromCanonical({ messages: [USER], ...request }, target(model)).body);
}
function canonical(request: Json): Json {
  const facts = dialect.readRequest(bytes(request), { pathModel: CLAUDE, stream: false });
  return dialect.toCanonical(facts);
}
const TOOL = { type: 'function', function: { name: 'look', parameters: { type: 'object' } } };
const CALL = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } };

describe('a request for Converse', () => {
  test('says what the caller said, and no bound that the caller did not set', () => {
    expect(converse({ temperature: 2, top_p: 0.5, stop: 'END' }, 'meta.llama3-70b-instruct-v1:0')).toEqual({
      messages: [{ role: 'user', content: [{ text: 'Hi' }] }],
      inferenceConfig: { temperature: 1, topP: 0.5, stopSequences: ['END'] },
    });
    expect(converse({ max_tokens: 5 })['inferenceConfig']).toEqual({ maxTokens: 5 });
  });

  test('parallel calls and their results alternate, with errors marked where the model knows the mark', () => {
    const messages = [
      USER,
      { role: 'assistant', tool_calls: [CALL, { ...CALL, id: 'c'.repeat(70) }] },
      { role: 'tool', tool_call_id: 'call_1', content: 'found', is_error: true },
      { role: 'tool', tool_call_id: 'c'.repeat(70), content: '' },
    ];
    const asked = converse({ messages, tools: [TOOL] });
    const [, assistant, user] = asked['messages'];
    expect(assistant.content[0]).toEqual({
      toolUse: { toolUseId: 'call_1', name: 'look', input: { at: 1 } },
    });
    const [first, second] = user.content;
    expect(first.toolResult).toEqual({ toolUseId: 'call_1', content: [{ text: 'found' }], status: 'error' });
    expect(second.toolResult.toolUseId).toBe(assistant.content[1].toolUse.toolUseId);
    expect(second.toolResult.toolUseId.length).toBeLessThanOrEqual(64);
    expect(second.toolResult.content).toEqual([{ text: '(empty)' }]);
    const llama = converse({ messages, tools: [TOOL] }, 'meta.llama4-maverick-17b-instruct-v1:0');
    expect(llama['messages'][2].content[0].toolResult.status).toBeUndefined();
  });

  test('the choice of tools has a counterpart for each but `none`, which takes the tools away', () => {
    const choice = (tool_choice: unknown) => converse({ tools: [TOOL], tool_choice })['toolConfig'];
    expect(choice('auto').toolChoice).toEqual({ auto: {} });
    expect(choice('required').toolChoice).toEqual({ any: {} });
    expect(choice({ type: 'function', function: { name: 'look' } }).toolChoice).toEqual({
      tool: { name: 'look' },
    });
    expect(choice('none')).toBeUndefined();
    const used = [
      USER,
      { role: 'assistant', tool_calls: [CALL] },
      { role: 'tool', tool_call_id: 'call_1', content: 'x' },
    ];
    expect(converse({ messages: used, tools: [TOOL], tool_choice: 'none' })['toolConfig'].tools).toHaveLength(
      1,
    );
    // A history with calls needs tools, although the request has none.
    expect(converse({ messages: used })['toolConfig'].tools[0].toolSpec.name).toBe('look');
  });

  test('one call at a time is said in the words of Claude, and to no other model', () => {
    const one = { tools: [TOOL], parallel_tool_calls: false };
    expect(converse(one)).toMatchObject({
      additionalModelRequestFields: { tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
    });
    expect(converse(one)['toolConfig'].toolChoice).toBeUndefined();
    expect(converse(one, 'us.amazon.nova-lite-v1:0')['additionalModelRequestFields']).toBeUndefined();
  });

  test.each([
    [CLAUDE, 'high', { thinking: { type: 'enabled', budget_tokens: 4915 } }],
    ['us.anthropic.claude-opus-4-8', 'high', { output_config: { effort: 'high' } }],
    ['openai.gpt-oss-120b-1:0', 'xhigh', { reasoning_effort: 'high' }],
    ['qwen.qwen3-32b-v1:0', 'minimal', { reasoning_config: 'low' }],
    [
      'us.amazon.nova-2-lite-v1:0',
      'high',
      { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'medium' } },
    ],
    ['us.amazon.nova-lite-v1:0', 'high', undefined],
    ['arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc', 'high', undefined],
  ])('%s is told to think as its family wants it', (model, reasoning_effort, fields) => {
    const asked = converse({ reasoning_effort }, model)['additionalModelRequestFields'];
    if (fields === undefined) expect(asked).toBeUndefined();
    else expect(asked).toMatchObject(fields);
  });

  test.each([
    [CLAUDE, { top_k: 3 }],
    ['us.amazon.nova-lite-v1:0', { inferenceConfig: { topK: 3 } }],
    ['mistral.mistral-large-2407-v1:0', { top_k: 3 }],
    ['meta.llama3-70b-instruct-v1:0', undefined],
  ])('%s gets top_k where it looks for it', (model, fields) => {
    expect(converse({ top_k: 3 }, model)['additionalModelRequestFields']).toEqual(fields);
  });

  test('cache marks become cache points where the model has a cache', () => {
    const mark = { cache_control: { type: 'ephemeral', ttl: '1h' } };
    const request = {
      messages: [
        { role: 'system', content: [{ type: 'text', text: 'Be brief.', ...mark }] },
        { role: 'user', content: [{ type: 'text', text: 'Hi', ...mark }] },
      ],
      tools: [{ ...TOOL, ...mark }],
    };
    const claude = converse(request);
    const point = { cachePoint: { type: 'default', ttl: '1h' } };
    expect(claude['system']).toEqual([{ text: 'Be brief.' }, point]);
    expect(claude['messages'][0].content).toEqual([{ text: 'Hi' }, point]);
    expect(claude['toolConfig'].tools[1]).toEqual(point);
    const nova = converse(request, 'us.amazon.nova-lite-v1:0');
    expect(nova['system'][1]).toEqual({ cachePoint: { type: 'default' } });
    expect(nova['toolConfig'].tools).toHaveLength(1);
    expect(JSON.stringify(converse(request, 'meta.llama3-70b-instruct-v1:0'))).not.toContain('cachePoint');
  });

  test('documents have names of their own, and text beside them', () => {
    const pdf = (filename: string) => ({
      type: 'file',
      file: { filename, file_data: 'data:application/pdf;base64,AAAA' },
    });
    const [message] = converse({
      messages: [{ role: 'user', content: [pdf('Q3_report?.pdf'), pdf('Q3_report!.pdf'), pdf('')] }],
    })['messages'];
    expect(message.content.map((block: Json) => block['document']?.name ?? block['text'])).toEqual([
      'Q3 report',
      'Q3 report 2',
      'document',
      'The documents are attached.',
    ]);
    expect(message.content[0].document).toMatchObject({ format: 'pdf', source: { bytes: 'AAAA' } });
  });

  test('an image goes as its bytes; one that Bedrock would have to fetch is refused in words', () => {
    const image = (url: string) => ({
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }],
    });
    expect(converse(image('data:image/jpg;base64,AAAA'))['messages'][0].content).toEqual([
      { image: { format: 'jpeg', source: { bytes: 'AAAA' } } },
    ]);
    expect(() => converse(image('https://example.com/a.png'))).toThrow(/Bedrock fetches none/);
    expect(() => converse(image('data:image/tiff;base64,AAAA'))).toThrow(/PNG, JPEG, GIF and WebP/);
  });

  test('a schema is enforced where the model can, and told where it cannot', () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } }, title: 'My answer' };
    const response_format = { type: 'json_schema', json_schema: { name: 'x', schema } };
    const { textFormat } = converse({ response_format })['outputConfig'];
    expect(textFormat).toMatchObject({
      type: 'json_schema',
      structure: { jsonSchema: { name: 'My_answer' } },
    });
    expect(JSON.parse(textFormat.structure.jsonSchema.schema)).toMatchObject({ additionalProperties: false });
    const nova = converse({ response_format }, 'us.amazon.nova-lite-v1:0');
    expect(nova['outputConfig']).toBeUndefined();
    expect(nova['system'][0].text).toContain('JSON schema');
  });

  test('signed thinking of Claude goes back as it came, encrypted thinking encoded once more', () => {
    const reasoning_details = [
      { type: 'reasoning.text', text: 'Hm.', signature: 'sig', format: 'anthropic-claude-v1', index: 0 },
      { type: 'reasoning.encrypted', data: 'EmwK', format: 'anthropic-claude-v1', index: 1 },
      { type: 'reasoning.text', text: 'foreign', signature: 'x', format: 'google-gemini-v1', index: 2 },
    ];
    const { messages } = converse({
      messages: [USER, { role: 'assistant', content: 'A', reasoning_details }, USER],
    });
    expect(messages[1].content).toEqual([
      { reasoningContent: { reasoningText: { text: 'Hm.', signature: 'sig' } } },
      { reasoningContent: { redactedContent: Buffer.from('EmwK').toString('base64') } },
      { text: 'A' },
    ]);
  });

  test('members of Converse alone reach it from callers who know whom they ask', () => {
    const own = { guardrailConfig: { guardrailIdentifier: 'g' }, additionalModelRequestFields: { top_k: 9 } };
    expect(converse({ top_k: 3, ...own })).toMatchObject(own);
  });

  test('an assistant who begins is led in, but for Claude, which takes it', () => {
    const messages = [{ role: 'assistant', content: 'Hello' }, USER];
    expect(converse({ messages })['messages']).toHaveLength(2);
    const [first] = converse({ messages }, 'us.amazon.nova-lite-v1:0')['messages'];
    expect(first).toEqual({ role: 'user', content: [{ text: 'Continue.' }] });
  });
});

describe('a caller of Converse', () => {
  test('names the model and the stream in the path, and the bound in its own field', () => {
    const body = bytes({ messages: [], inferenceConfig: { maxTokens: 7 } });
    const facts = dialect.readRequest(body, { pathModel: CLAUDE, stream: true });
    expect(facts).toMatchObject({ model: CLAUDE, stream: true, outputTokensCap: 7, includeUsage: true });
  });

  test('asks another provider the same', () => {
    const request = canonical({
      system: [{ text: 'Be brief.' }, { cachePoint: { type: 'default' } }],
      messages: [
        { role: 'user', content: [{ text: 'Hi' }, { image: { format: 'png', source: { bytes: 'AAAA' } } }] },
        { role: 'assistant', content: [{ toolUse: { toolUseId: 't', name: 'look', input: { at: 1 } } }] },
        { role: 'user', content: [{ toolResult: { toolUseId: 't', content: [{ json: { ok: true } }] } }] },
      ],
      inferenceConfig: { maxTokens: 7, temperature: 0.5, topP: 0.9, stopSequences: ['END'] },
      toolConfig: {
        tools: [{ toolSpec: { name: 'look', inputSchema: { json: { type: 'object' } } } }],
        toolChoice: { any: {} },
      },
      additionalModelRequestFields: { top_k: 4, reasoning_effort: 'low' },
    });
    expect(request).toMatchObject({
      model: CLAUDE,
      messages: [
        {
          role: 'system',
          content: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
        },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Hi' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
          ],
        },
        { role: 'assistant', tool_calls: [{ id: 't', function: { name: 'look', arguments: '{"at":1}' } }] },
        { role: 'tool', tool_call_id: 't', content: '{"ok":true}' },
      ],
      max_tokens: 7,
      temperature: 0.5,
      top_p: 0.9,
      top_k: 4,
      stop: ['END'],
      tools: [{ type: 'function', function: { name: 'look' } }],
      tool_choice: 'required',
      reasoning_effort: 'low',
    });
  });

  test.each([
    [{ guardrailConfig: { guardrailIdentifier: 'g' } }, /guardrailConfig/],
    [{ toolConfig: { tools: [{ systemTool: { name: 'nova_code_interpreter' } }] } }, /systemTool/],
    [
      {
        messages: [
          {
            role: 'user',
            content: [{ image: { format: 'png', source: { s3Location: { uri: 's3://b/k' } } } }],
          },
        ],
      },
      /S3/,
    ],
  ])('is told what only Bedrock can do: %j', (field, words) => {
    expect(() => canonical({ messages: [], ...field })).toThrow(GatewayError);
    expect(() => canonical({ messages: [], ...field })).toThrow(words);
  });

  test('gets reasoning of another vendor back to the gateway, but never to Bedrock', () => {
    const answer = dialect.answerFromCanonical(
      {
        choices: [
          {
            message: {
              content: 'A',
              reasoning_details: [{ type: 'reasoning.encrypted', data: 'blob', format: 'google-gemini-v1' }],
            },
            finish_reason: 'stop',
          },
        ],
      },
      { id: 'gen' },
    );
    const { message } = parse(answer)['output'];
    const request = {
      messages: [USER, message].map((each) => ({
        ...each,
        content: each === USER ? [{ text: 'Hi' }] : each.content,
      })),
    };
    expect(canonical(request)['messages'][1].reasoning_details).toMatchObject([
      { data: 'blob', format: 'google-gemini-v1' },
    ]);
    const passed = dialect.passThrough(dialect.readRequest(bytes(request)), target(CLAUDE)).body;
    expect(parse(passed)['messages'][1].content).toEqual([{ text: 'A' }]);
  });

  test('reads an error where the AWS clients look for its type', () => {
    const error = { status: 429, code: 'provider_key_rate_limited', message: 'Wait.', requestId: 'req_1' };
    expect(parse(dialect.encodeError(error))).toEqual({
      __type: 'ThrottlingException',
      message: 'Wait.',
      error: { code: 'provider_key_rate_limited', message: 'Wait.' },
      request_id: 'req_1',
    });
    expect(parse(dialect.encodeError({ ...error, status: 424 }))['__type']).toBe('ModelErrorException');
  });
});

describe('an exception in a stream', () => {
  const start = encodeJsonEvent('event', 'messageStart', { role: 'assistant' });
  const text = encodeJsonEvent('event', 'contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'A' } });
  const exception = encodeJsonEvent('exception', 'throttlingException', { message: 'Too many requests' });
  const failure = { status: 429, type: 'throttlingexception', message: 'Too many requests' };

  test('before content is kept from the caller, so that another key may answer', () => {
    const relay = dialect.createPassThroughRelay({ stripUsage: false });
    expect(relay.push(Buffer.concat([start, exception]))).toEqual(start);
    expect(relay.state).toMatchObject({ contentSeen: false, failure });
    const decoder = dialect.createStreamDecoder();
    decoder.push(Buffer.concat([start, exception]));
    expect(decoder.state).toMatchObject({ contentSeen: false, failure });
  });

  test('after content is passed on, and nothing behind it', () => {
    const relay = dialect.createPassThroughRelay({ stripUsage: false });
    expect(relay.push(Buffer.concat([start, text, exception, text]))).toEqual(
      Buffer.concat([start, text, exception]),
    );
    expect(relay.state).toMatchObject({ contentSeen: true, failure });
  });

  test('of the gateway is one that the AWS client has a member for', () => {
    const frame = dialect.encodeStreamError({
      status: 502,
      code: 'upstream_error',
      message: 'Broke.',
      requestId: 'r',
    });
    const relay = dialect.createPassThroughRelay({ stripUsage: false });
    relay.push(Buffer.concat([start, text, frame]));
    expect(relay.state.failure).toMatchObject({
      status: 500,
      type: 'internalserverexception',
      message: 'Broke.',
    });
  });
});

test('a stream without its metadata is whole, and its usage not known', () => {
  const decoder = dialect.createStreamDecoder();
  decoder.push(encodeJsonEvent('event', 'messageStart', { role: 'assistant' }));
  decoder.push(encodeJsonEvent('event', 'messageStop', { stopReason: 'guardrail_intervened' }));
  expect(decoder.state.terminalSeen).toBe(false);
  decoder.end();
  expect(decoder.state).toMatchObject({
    terminalSeen: true,
    answer: { usage: null, finishReason: 'content_filter' },
  });
});
