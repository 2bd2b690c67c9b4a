import { DialectError, GatewayError } from '@arouter/core';
import { describe, expect, test } from 'vitest';
import { soundSeconds } from './sound-seconds.ts';
import { openaiSpeech } from './speech.ts';
import { openaiTranscription, openaiTranslation } from './transcription.ts';

const BOUNDARY = 'x-boundary';
const CONTENT_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;
const target = { upstreamModel: 'upstream-model', outputTokensMax: null, quirks: {} };
const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'latin1');

function form(...parts: readonly (readonly [disposition: string, value: string])[]): Uint8Array {
  const written = parts.map(
    ([disposition, value]) =>
      `--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${value}\r\n`,
  );
  return bytesOf(`${written.join('')}--${BOUNDARY}--\r\n`);
}
const FILE = ['name="file"; filename="a.mp3"', '\u0000\r\n--x-bound\u00ff'] as const;
const read = (body: Uint8Array) => openaiTranscription.readRequest(body, { contentType: CONTENT_TYPE });

describe('a form with sound', () => {
  test('has its model changed and every other byte kept', () => {
    const body = form(['name="model"', 'whisper-1'], FILE, ['name="language"', 'en']);
    const facts = read(body);
    expect(facts.model).toBe('whisper-1');
    const sent = openaiTranscription.passThrough(facts, target);
    expect(sent.contentType).toBe(CONTENT_TYPE);
    expect(Buffer.from(sent.body).toString('latin1')).toBe(
      Buffer.from(body).toString('latin1').replace('whisper-1', 'upstream-model'),
    );
  });

  test.each([
    ['true', true],
    ['True', true],
    ['1', true],
    ['false', false],
  ])('is streamed where it says so: %s', (written, streamed) => {
    const body = form(['name="stream"', written], FILE);
    expect(read(body).stream).toBe(streamed);
    expect(read(form(FILE)).stream).toBe(false);
    const translate = () => openaiTranslation.readRequest(body, { contentType: CONTENT_TYPE });
    if (streamed) expect(translate).toThrow(/not streamed by anybody/);
    else expect(translate().stream).toBe(false);
  });

  test.each([
    ['a stream that is neither on nor off', form(['name="stream"', 'perhaps'], FILE)],
    ['no file', form(['name="model"', 'm'])],
    ['two files', form(FILE, FILE)],
    ['two models', form(['name="model"', 'a'], ['name="model"', 'b'], FILE)],
    ['a model in another case', form(['name="Model"', 'a'], FILE)],
    ['no last boundary', bytesOf(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="a"\r\n\r\nb`)],
    ['another boundary', bytesOf('--other\r\n')],
    ['nothing', new Uint8Array()],
  ])('is refused with %s', (_what, body) => {
    expect(() => read(body)).toThrow(GatewayError);
  });

  test('cut anywhere, is refused and never misread', () => {
    const body = form(['name="model"', 'm'], FILE);
    // The last line break may be missing.
    for (let end = 0; end < body.length - 3; end += 1) {
      expect(() => read(body.subarray(0, end))).toThrow(GatewayError);
    }
  });
});

describe('what an answer of text states', () => {
  const usageOf = (text: string) => openaiTranscription.readAnswer(Buffer.from(text)).usage;
  test.each([
    ['seconds', '{"text":"a","usage":{"type":"duration","seconds":9}}', { units: { seconds: 9 } }],
    ['a duration', '{"text":"a","duration":"3.5"}', { units: { seconds: 3.5 } }],
    ['SRT', '1\n00:00:00,000 --> 00:01:02,500\nHi\n', { units: { seconds: 62.5 } }],
    ['WebVTT', 'WEBVTT\n\n00:00.000 --> 01:02.500\nHi\n', { units: { seconds: 62.5 } }],
    [
      'tokens',
      '{"text":"a","usage":{"input_tokens":14,"input_token_details":{"audio_tokens":14},"output_tokens":4}}',
      { inputTokens: 14, audioInputTokens: 14, outputTokens: 4 },
    ],
  ])('%s', (_what, text, usage) => {
    expect(usageOf(text)).toMatchObject(usage);
  });
  test('plain text states nothing', () => {
    expect(usageOf('Hello there.\n')).toBeNull();
  });
  test.each(['', '<html></html>', '{"object":"list"}'])('%j is no answer', (text) => {
    expect(() => usageOf(text)).toThrow(DialectError);
  });
});

test('a WAV file tells its length; of others it is bounded', () => {
  const wav = Buffer.alloc(44 + 32_000);
  wav.write('RIFF', 0, 'latin1');
  wav.write('WAVEfmt ', 8, 'latin1');
  wav.writeUInt32LE(16_000, 28);
  expect(soundSeconds(wav)).toEqual({ likely: 3, most: 3 });
  expect(soundSeconds(Buffer.alloc(8000))).toEqual({ likely: 2, most: 16 });
});

test('speech counts the characters that are spoken', () => {
  const body = Buffer.from(JSON.stringify({ model: 'tts-1', input: 'é👍a', voice: 'alloy' }));
  expect(openaiSpeech.readRequest(body)).toMatchObject({ stream: true, units: { characters: 3 } });
});
