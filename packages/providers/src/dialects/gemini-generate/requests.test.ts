/** Requests between Gemini and the canonical form: what is kept, changed and refused, on both sides. */
import { GatewayError, type CanonicalRequest } from '@arouter/core';
import { describe, expect, test } from 'vitest';
import { geminiGenerate as dialect } from './index.ts';
import { CARRIED_MARK, NO_SIGNATURE } from './signatures.ts';

type Json = Record<string, unknown>;
const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const read = (body: object, stream = false) => dialect.readRequest(bytesOf(body), { pathModel: 'm', stream });
const toCanonical = (body: object): Json => dialect.toCanonical(read({ contents: [], ...body })) as Json;
function fromCanonical(request: CanonicalRequest, upstreamModel = 'gemini-2.5-flash'): Json {
  const { body } = dialect.fromCanonical(request, { upstreamModel, outputTokensMax: 1000, quirks: {} });
  return JSON.parse(new TextDecoder().decode(body)) as Json;
}
const ask = (content: unknown) => ({ messages: [{ role: 'user', content }] });
const partsOf = (body: Json, at = 0): Json[] => (body['contents'] as { parts: Json[] }[])[at]?.parts ?? [];

describe('what is read without translating', () => {
  test('the bound on output counts for every candidate, in either spelling', () => {
    expect(
      read({ contents: [], generationConfig: { maxOutputTokens: 100, candidateCount: 3 } }),
    ).toMatchObject({
      outputTokensCap: 300,
      choices: 3,
    });
    expect(read({ contents: [], generation_config: { max_output_tokens: 50 } }).outputTokensCap).toBe(50);
  });

  test.each([
    [{}, /contents/],
    [{ contents: {} }, /contents/],
    [{ contents: [], generationConfig: 1 }, /generationConfig/],
    [{ contents: [], generationConfig: { maxOutputTokens: -1 } }, /maxOutputTokens/],
    [{ contents: [], generationConfig: { maxOutputTokens: 1, max_output_tokens: 9 } }, /two spellings/],
    [{ contents: [], generationConfig: {}, generation_config: {} }, /two spellings/],
  ])('%j is refused', (body, words) => {
    expect(() => read(body)).toThrow(words);
  });

  test('media are counted wherever a part can hold them', () => {
    const inlineData = { mimeType: 'image/png', data: 'AA==' };
    const parts = [
      { text: 'x' },
      { inlineData },
      { inline_data: inlineData },
      { fileData: { fileUri: 'gs://b/o' } },
    ];
    expect(read({ contents: [{ parts }] }).externalParts).toBe(3);
  });
});

describe('a Gemini request in the canonical form', () => {
  test('keeps system, turns, media, sampling and structured output', () => {
    const canonical = toCanonical({
      system_instruction: { parts: [{ text: 'Be brief.' }] },
      contents: [
        {
          parts: [
            { text: 'Look:' },
            { inlineData: { mimeType: 'image/png', data: 'A-_=' } },
            { inlineData: { mimeType: 'audio/mp3', data: 'AA==' } },
            { inlineData: { mimeType: 'application/pdf', data: 'AA==' } },
            { fileData: { mimeType: 'image/jpeg', fileUri: 'https://x.example/a.jpg' } },
          ],
        },
        { role: 'model', parts: [{ text: 'I ' }, { text: 'see.' }] },
      ],
      generationConfig: {
        temperature: 0.5,
        topP: 0.9,
        topK: 4,
        maxOutputTokens: 10,
        stopSequences: ['END'],
        responseMimeType: 'application/json',
        responseSchema: {
          type: 'OBJECT',
          properties: { a: { type: 'STRING', nullable: true, maxLength: '5' } },
        },
      },
    });
    expect(canonical).toMatchObject({
      temperature: 0.5,
      top_p: 0.9,
      top_k: 4,
      max_tokens: 10,
      stop: ['END'],
      response_format: {
        json_schema: {
          schema: { type: 'object', properties: { a: { type: ['string', 'null'], maxLength: 5 } } },
          strict: false,
        },
      },
    });
    expect(canonical['messages']).toEqual([
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look:' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,A+/=' } },
          { type: 'input_audio', input_audio: { data: 'AA==', format: 'mp3' } },
          { type: 'file', file: { filename: 'document.pdf', file_data: 'data:application/pdf;base64,AA==' } },
          { type: 'image_url', image_url: { url: 'https://x.example/a.jpg' } },
        ],
      },
      { role: 'assistant', content: 'I see.' },
    ]);
  });

  test('pairs calls without ids with their results by name and order', () => {
    const call = (city: string) => ({ functionCall: { name: 'look', args: { city } } });
    const result = (output: string) => ({ functionResponse: { name: 'look', response: { output } } });
    const { messages } = toCanonical({
      contents: [
        { role: 'user', parts: [{ text: 'Go' }] },
        { role: 'model', parts: [call('A'), call('B')] },
        { role: 'user', parts: [result('a'), result('b'), { text: 'And?' }] },
      ],
    });
    expect((messages as Json[]).slice(1)).toMatchObject([
      { role: 'assistant', content: null, tool_calls: [{ id: 'call_0' }, { id: 'call_1' }] },
      { role: 'tool', tool_call_id: 'call_0', content: 'a' },
      { role: 'tool', tool_call_id: 'call_1', content: 'b' },
      { role: 'user', content: 'And?' },
    ]);
  });

  test.each([
    [{ thinkingLevel: 'HIGH' }, { reasoning_effort: 'high' }],
    [{ thinkingBudget: 0 }, { reasoning: { enabled: false } }],
    [{ thinking_budget: 2000 }, { reasoning_effort: 'medium', reasoning: { max_tokens: 2000 } }],
    [{ includeThoughts: true, thinkingBudget: -1 }, { reasoning: { enabled: true } }],
  ])('thinkingConfig %j is %j', (thinkingConfig, members) => {
    expect(toCanonical({ generationConfig: { thinkingConfig } })).toMatchObject(members);
  });

  test.each([
    { cachedContent: 'cachedContents/x' },
    { tools: [{ googleSearch: {} }] },
    { contents: [{ parts: [{ fileData: { fileUri: 'gs://b/o', mimeType: 'image/png' } }] }] },
    { generationConfig: { responseMimeType: 'text/x.enum' } },
    { contents: [{ role: 'wizard', parts: [{ text: 'x' }] }] },
  ])('%j is refused, in a sentence that says what to do', (body) => {
    expect(() => toCanonical(body)).toThrow(GatewayError);
  });
});

describe('a canonical request for Gemini', () => {
  test('hoists instructions, merges turns and answers every call in the next turn', () => {
    const body = fromCanonical({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'assistant', content: 'Hello' },
        { role: 'user', content: 'One' },
        { role: 'user', content: 'Two' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            {
              id: 'a',
              type: 'function',
              function: { name: 'look', arguments: '{"n":12345678901234567890}' },
            },
            { id: 'b', type: 'function', function: { name: 'walk', arguments: '' } },
          ],
        },
        { role: 'tool', tool_call_id: 'b', content: '{"ok":true}' },
        { role: 'developer', content: 'Later.' },
      ],
    });
    expect(body['systemInstruction']).toEqual({ parts: [{ text: 'Be brief.' }] });
    const contents = body['contents'] as { role: string; parts: Json[] }[];
    expect(contents.map(({ role }) => role)).toEqual(['user', 'model', 'user', 'model', 'user']);
    expect(contents[4]?.parts).toEqual([
      {
        functionResponse: {
          id: 'a',
          name: 'look',
          response: { error: expect.stringContaining('No result') },
        },
      },
      { functionResponse: { id: 'b', name: 'walk', response: { ok: true } } },
      { text: 'Later.' },
    ]);
  });

  test('media go inline or by URL, with their types', () => {
    const body = fromCanonical(
      ask([
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
        { type: 'image_url', image_url: 'https://x.example/a.webp?x=1' },
        { type: 'video_url', video_url: { url: 'https://youtu.be/abc' } },
        { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } },
        { type: 'file', file: { filename: 'a.csv', file_data: 'AA==' } },
      ]),
    );
    expect(partsOf(body)).toEqual([
      { inlineData: { mimeType: 'image/png', data: 'AA==' } },
      { fileData: { mimeType: 'image/webp', fileUri: 'https://x.example/a.webp?x=1' } },
      { fileData: { fileUri: 'https://youtu.be/abc' } },
      { inlineData: { mimeType: 'audio/wav', data: 'AA==' } },
      { inlineData: { mimeType: 'text/csv', data: 'AA==' } },
    ]);
  });

  test.each([
    ['gemini-2.5-flash', { reasoning_effort: 'low' }, { thinkingBudget: 1024, includeThoughts: true }],
    ['gemini-2.5-pro', { reasoning_effort: 'none' }, { thinkingBudget: 128 }],
    [
      'gemini-2.5-flash',
      { reasoning: { max_tokens: 99_999 } },
      { thinkingBudget: 24_576, includeThoughts: true },
    ],
    [
      'gemini-3-pro-preview',
      { reasoning_effort: 'medium' },
      { thinkingLevel: 'high', includeThoughts: true },
    ],
    [
      'gemini-3-flash-preview',
      { reasoning_effort: 'minimal' },
      { thinkingLevel: 'minimal', includeThoughts: true },
    ],
    [
      'gemini-3-flash-preview',
      { reasoning_effort: 'high', reasoning: { exclude: true } },
      { thinkingLevel: 'high' },
    ],
    ['gemini-2.0-flash', { reasoning_effort: 'high' }, undefined],
    [
      'gemini-2.5-flash',
      { extra_body: { google: { thinking_config: { thinking_budget: 7 } } } },
      { thinking_budget: 7 },
    ],
  ])('%s thinks as asked by %j', (model, wish, thinkingConfig) => {
    const config = fromCanonical({ ...ask('Hi'), ...wish }, model)['generationConfig'] as Json | undefined;
    expect(config?.['thinkingConfig']).toEqual(thinkingConfig);
  });

  test('a schema keeps what is enforced; the rest moves into the description', () => {
    const schema = {
      type: 'object',
      properties: { a: { const: 'x', pattern: '^x$' } },
      $schema: 'y',
      definitions: {},
    };
    const { generationConfig } = fromCanonical({
      ...ask('Hi'),
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema } },
    });
    expect(generationConfig).toEqual({
      responseMimeType: 'application/json',
      responseJsonSchema: {
        type: 'object',
        properties: { a: { enum: ['x'], description: '{pattern: "^x$"}' } },
        $defs: {},
      },
    });
  });

  test('beside functions an older model is told in words to answer in JSON, a newer one by its switch', () => {
    const request = {
      ...ask('Hi'),
      tools: [{ type: 'function', function: { name: 'f' } }],
      tool_choice: { type: 'function', function: { name: 'f' } },
      response_format: { type: 'json_object' },
    };
    const older = fromCanonical(request);
    expect(older['generationConfig']).toBeUndefined();
    expect(JSON.stringify(older['systemInstruction'])).toContain('JSON object');
    expect(older['toolConfig']).toEqual({
      functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] },
    });
    expect(fromCanonical(request, 'gemini-3-flash-preview')['generationConfig']).toEqual({
      responseMimeType: 'application/json',
    });
  });

  test.each([
    { ...ask('Hi'), stop: ['1', '2', '3', '4', '5', '6'] },
    { ...ask('Hi'), modalities: ['text', 'audio'] },
    { ...ask('Hi'), tools: [{ type: 'custom', custom: {} }] },
    ask([{ type: 'file', file: { file_id: 'file-1' } }]),
    { messages: [] },
  ])('%j is refused', (request) => {
    expect(() => fromCanonical(request)).toThrow(GatewayError);
  });
});

describe('signatures', () => {
  const turn = (message: Json) => ({
    messages: [
      { role: 'user', content: 'Go' },
      { role: 'assistant', content: 'Well', ...message },
      { role: 'tool', tool_call_id: 'a', content: 'x' },
    ],
  });
  const tool_calls = [
    { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } },
    { id: 'b', type: 'function', function: { name: 'g', arguments: '{}' } },
  ];

  test('one that Gemini made returns to its call, from either place that keeps it', () => {
    const details = [{ type: 'reasoning.encrypted', data: 'U0lH', id: 'a', format: 'google-gemini-v1' }];
    const extra = [
      { ...tool_calls[0], extra_content: { google: { thought_signature: 'U0lH' } } },
      tool_calls[1],
    ];
    for (const message of [{ tool_calls, reasoning_details: details }, { tool_calls: extra }]) {
      const parts = partsOf(fromCanonical(turn(message), 'gemini-3-flash-preview'), 1);
      expect(parts.map((part) => part['thoughtSignature'])).toEqual([undefined, 'U0lH', undefined]);
    }
  });

  test('the first call of the current turn without one says so, to models that ask for it', () => {
    const foreign = {
      tool_calls,
      reasoning_details: [{ type: 'reasoning.text', text: 't', signature: 's', format: 'x' }],
    };
    const newer = partsOf(fromCanonical(turn(foreign), 'gemini-3-flash-preview'), 1);
    expect(newer.map((part) => part['thoughtSignature'])).toEqual([undefined, NO_SIGNATURE, undefined]);
    const older = partsOf(fromCanonical(turn(foreign)), 1);
    expect(older.every((part) => part['thoughtSignature'] === undefined)).toBe(true);
  });

  test("another vendor's thinking travels through a Gemini caller and never to Google", () => {
    const detail = { type: 'reasoning.text', text: 'Hm.', signature: 'EqRt', format: 'anthropic-claude-v1' };
    const message = { role: 'assistant', content: 'Yes', reasoning_details: [detail], tool_calls };
    const answer = { model: 'm', choices: [{ index: 0, message, finish_reason: 'tool_calls' }] };
    const written = JSON.parse(
      new TextDecoder().decode(dialect.answerFromCanonical(answer, { id: 'g' })),
    ) as {
      candidates: { content: { role: string; parts: Json[] } }[];
    };
    const said = written.candidates[0]?.content;
    expect(said?.parts[0]).toMatchObject({ text: 'Hm.', thought: true });
    expect(String(said?.parts[0]?.['thoughtSignature']).startsWith(CARRIED_MARK)).toBe(true);

    const body = { contents: [{ role: 'user', parts: [{ text: 'Go' }] }, said] };
    expect((toCanonical(body)['messages'] as Json[])[1]).toMatchObject({
      reasoning_details: [{ ...detail, index: 0 }],
    });
    const passed = dialect.passThrough(read(body), { upstreamModel: 'm', outputTokensMax: null, quirks: {} });
    const sent = JSON.parse(new TextDecoder().decode(passed.body)) as Json;
    expect(partsOf(sent, 1)).toEqual([
      { text: 'Yes' },
      { functionCall: { id: 'a', name: 'f', args: {} }, thoughtSignature: NO_SIGNATURE },
      { functionCall: { id: 'b', name: 'g', args: {} } },
    ]);
  });
});
