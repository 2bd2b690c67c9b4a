import { destinationOf, type WireRequest } from '@arouter/core';
import { describe, expect, test } from 'vitest';
import { anthropicMessages } from '../dialects/anthropic-messages/index.ts';
import { encodeJsonEvent } from '../dialects/shared/aws-event-stream.ts';
import { interpretKeyTest } from '../manifest/interpret-key-test.ts';
import { sampleAuth } from '../manifest/sample-contexts.ts';
import { invokeFraming, toInvokeRequest } from './invoke-claude.ts';
import { manifest } from './manifest.ts';

const place = { baseUrl: null, region: 'eu-west-1', options: {} };
const [converse, invoke] = manifest.dialects;
const context = { upstreamModel: 'us.anthropic.claude-opus-4-6-v1', credential: {}, key: place };

describe('where a key sends', () => {
  test('the region names the host, and only a region can', () => {
    expect(destinationOf(place, manifest)?.origin).toBe('https://bedrock-runtime.eu-west-1.amazonaws.com');
    expect(destinationOf({ ...place, region: 'cn-north-1' }, manifest)?.origin).toMatch(
      /\.amazonaws\.com\.cn$/,
    );
    for (const region of [
      'evil.example/#',
      'us-east-1.evil.example',
      'US-EAST-1',
      'us-east-1/x',
      '..',
      '',
      'us-east',
    ]) {
      expect(destinationOf({ ...place, region }, manifest)).toBeUndefined();
    }
  });

  test('the model stands in the path, encoded once', () => {
    const arn = 'arn:aws:bedrock:us-east-1:1:inference-profile/us.x-v1:0';
    const path = converse.path({ ...context, upstreamModel: arn, stream: true });
    expect(path).toBe(
      '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.x-v1%3A0/converse-stream',
    );
    expect(invoke?.path({ ...context, stream: false })).toBe('/model/us.anthropic.claude-opus-4-6-v1/invoke');
  });

  test('only Claude speaks the Messages API', () => {
    expect(invoke?.serves?.('eu.anthropic.claude-sonnet-4-6')).toBe(true);
    expect(invoke?.serves?.('amazon.nova-lite-v1:0')).toBe(false);
  });
});

describe('a credential', () => {
  const [accessKey, apiKey] = manifest.credentialTypes;
  const request: WireRequest = {
    method: 'POST',
    origin: 'https://x.test',
    path: '/a',
    headers: [],
    body: null,
  };

  test('that signs is nowhere in what is sent, but for its public part', async () => {
    const credential = { access_key: 'AKIDEXAMPLE', secret_key: 'the-secret', session_token: 'the-token' };
    const { headers } = await manifest.authorize(request, credential, sampleAuth(place));
    const sent = JSON.stringify(headers);
    expect(sent).not.toContain('the-secret');
    expect(sent).toContain('Credential=AKIDEXAMPLE/20260101/eu-west-1/bedrock/aws4_request');
    expect(headers).toContainEqual(['x-amz-security-token', 'the-token']);
  });

  test('that is a Bedrock API key is sent as a bearer token', async () => {
    const { headers } = await manifest.authorize(request, { api_key: 'ABSKexample' }, sampleAuth(place));
    expect(headers).toEqual([['authorization', 'Bearer ABSKexample']]);
  });

  test('that is temporary needs its session token', () => {
    const fields = { access_key: 'ASIAEXAMPLEEXAMPLE00', secret_key: 's', region: 'us-east-1' };
    expect(accessKey?.place?.(fields)).toMatchObject({ kind: 'refused', field: 'session_token' });
    expect(accessKey?.place?.({ ...fields, session_token: 't', inference_profile: 'global' })).toEqual({
      kind: 'placed',
      secret: { access_key: fields.access_key, secret_key: 's', session_token: 't' },
      baseUrl: null,
      region: 'us-east-1',
      options: { inference_profile: 'global' },
    });
  });

  test.each([
    ['access_key', 'ABSKQmVkcm9ja0FQSUtleS1abc', /Bedrock API key/],
    ['access_key', 'not a key', /20 capital letters/],
    ['secret_key', 'AKIAIOSFODNN7EXAMPLE', /is an access key ID/],
    ['secret_key', 'with space', /not a secret access key/],
    ['region', 'Frankfurt', /us-east-1/],
    ['inference_profile', 'eu', /global or none/],
  ])('field %s says what is wrong, without the value', (name, value, words) => {
    const said = accessKey?.fields.find((field) => field.name === name)?.check(value);
    expect(said).toMatch(words);
    expect(said).not.toContain(value);
  });

  test('the example of the documentation is good', () => {
    const example = {
      access_key: 'AKIAIOSFODNN7EXAMPLE',
      secret_key: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      region: 'us-east-1',
    };
    for (const [name, value] of Object.entries(example)) {
      expect(accessKey?.fields.find((field) => field.name === name)?.check(value)).toBeUndefined();
    }
    expect(apiKey?.fields[0]?.check(example.access_key)).toMatch(/is an access key ID/);
  });
});

describe('a Messages request at Bedrock', () => {
  const request: WireRequest = {
    method: 'POST',
    origin: 'https://x.test',
    path: '/model/m/invoke',
    headers: [
      ['content-type', 'application/json'],
      ['anthropic-version', '2023-06-01'],
      ['anthropic-beta', 'context-1m-2025-08-07, files-api-2025-04-14'],
    ],
    body: Buffer.from('{"model":"m", "max_tokens": 5,"stream":true,"messages":[ ]}'),
  };

  test('says in the body what elsewhere stands in headers, and leaves the rest as it was written', () => {
    const { body, headers } = toInvokeRequest(request);
    expect(headers).toEqual([['content-type', 'application/json']]);
    expect(Buffer.from(body ?? []).toString()).toBe(
      '{"max_tokens": 5,"messages":[ ],"anthropic_version":"bedrock-2023-05-31","anthropic_beta":["context-1m-2025-08-07"]}',
    );
  });

  test('gets its stream out of AWS messages, however they are cut', () => {
    const chunk = (event: unknown) =>
      encodeJsonEvent('event', 'chunk', {
        bytes: Buffer.from(JSON.stringify(event)).toString('base64'),
        p: 'ab',
      });
    const start = {
      type: 'message_start',
      message: { id: 'msg_1', usage: { input_tokens: 3, output_tokens: 1 } },
    };
    const stream = Buffer.concat([
      chunk(start),
      chunk({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
      chunk({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Grüße' } }),
      chunk({ type: 'content_block_stop', index: 0 }),
      chunk({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 7 } }),
      chunk({ type: 'message_stop', 'amazon-bedrock-invocationMetrics': { inputTokenCount: 3 } }),
    ]);
    const unframe = (pieces: readonly Uint8Array[]) => {
      const reader = invokeFraming.createReader();
      return Buffer.concat(pieces.map((piece) => reader.push(piece))).toString('utf8');
    };
    const whole = unframe([stream]);
    expect(whole).toMatch(/^event: message_start\ndata: \{"type":"message_start"/);
    for (let cut = 1; cut < stream.length; cut++) {
      expect(unframe([stream.subarray(0, cut), stream.subarray(cut)])).toBe(whole);
    }
    const decoder = anthropicMessages.createStreamDecoder();
    decoder.push(Buffer.from(whole));
    expect(decoder.state).toMatchObject({
      terminalSeen: true,
      answer: { upstreamId: 'msg_1', finishReason: 'stop', usage: { inputTokens: 3, outputTokens: 7 } },
    });
  });

  test('gets an exception as the error event of its own format', () => {
    const reader = invokeFraming.createReader();
    const bytes = reader.push(
      encodeJsonEvent('exception', 'throttlingException', { message: 'Too many requests' }),
    );
    const relay = anthropicMessages.createPassThroughRelay({ stripUsage: false });
    expect(relay.push(bytes)).toBeNull();
    expect(relay.state.failure).toMatchObject({
      status: 429,
      type: 'rate_limit_error',
      message: 'Too many requests',
    });
  });
});

describe('the key test', () => {
  const judge = (status: number, type: string, message: string) =>
    interpretKeyTest(
      manifest,
      status,
      (name) => (name === 'x-amzn-errortype' ? `${type}:http://internal.amazon.com/` : undefined),
      Buffer.from(JSON.stringify({ message })),
    );

  test.each([
    [400, 'ValidationException', 'A conversation must start with a user message.'],
    [400, 'ValidationException', 'The provided model identifier is invalid.'],
    [
      403,
      'AccessDeniedException',
      'User: arn:aws:iam::1:user/x is not authorized to perform: bedrock:InvokeModel',
    ],
    [403, 'AccessDeniedException', "You don't have access to the model with the specified model ID."],
    [404, 'ResourceNotFoundException', 'This model version has reached the end of its life.'],
  ])('%i %s: the key is good', (...answer) => {
    expect(judge(...answer)).toMatchObject({ ok: true, class: 'ok' });
  });

  test.each([
    [403, 'UnrecognizedClientException', 'The security token included in the request is invalid.'],
    [403, 'InvalidSignatureException', 'The request signature we calculated does not match.'],
    [403, 'ExpiredTokenException', 'The security token included in the request is expired'],
    [400, 'RequestExpired', 'Request has expired.'],
    [403, 'AccessDeniedException', 'Authentication failed: Please make sure your API Key is valid.'],
  ])('%i %s %s: the key is not', (...answer) => {
    expect(judge(...answer)).toMatchObject({ ok: false, class: 'bad_credential' });
  });
});
