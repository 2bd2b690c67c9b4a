/** Streams of few whole events, as pictures and transcriptions come: cut anywhere, with an error, or broken off. */
import { DialectError } from '@arouter/core';
import { describe, expect, test } from 'vitest';
import { openaiTranscription } from '../openai-audio/transcription.ts';
import { openaiImages } from '../openai-images/index.ts';

const event = (data: { readonly type: string }): string =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const PARTIAL = event({ type: 'image_generation.partial_image', b64_json: 'AAAA' } as { type: string });
const COMPLETED = event({
  type: 'image_generation.completed',
  b64_json: 'BBBB',
  usage: { input_tokens: 5, output_tokens: 272, total_tokens: 277 },
} as { type: string });
const DELTA = event({ type: 'transcript.text.delta', delta: 'Grüezi' } as { type: string });
const DONE = event({
  type: 'transcript.text.done',
  text: 'Grüezi',
  usage: { type: 'tokens', input_tokens: 14, input_token_details: { audio_tokens: 14 }, output_tokens: 3 },
} as { type: string });

const text = (pieces: readonly (Uint8Array | null)[]): string =>
  Buffer.concat(pieces.filter((piece) => piece !== null)).toString('utf8');

describe.each([
  { dialect: openaiImages, first: PARTIAL, last: COMPLETED, usage: { inputTokens: 5, outputTokens: 272 } },
  {
    dialect: openaiTranscription,
    first: DELTA,
    last: DONE,
    usage: { inputTokens: 14, outputTokens: 3, audioInputTokens: 14 },
  },
])('$dialect.id', ({ dialect, first, last, usage }) => {
  const relay = () => dialect.createPassThroughRelay({ stripUsage: false });

  test('however it is cut, what passes is what came, and the last event waits for the settlement', () => {
    const whole = Buffer.from(`${first}${last}data: [DONE]\n\n`);
    for (const size of [1, 7, 64, whole.length]) {
      const passing = relay();
      const passed: (Uint8Array | null)[] = [];
      for (let at = 0; at < whole.length; at += size)
        passed.push(passing.push(whole.subarray(at, at + size)));
      passed.push(passing.end());
      expect(text(passed)).toBe(first);
      expect(passing.state).toMatchObject({
        contentSeen: true,
        terminalSeen: true,
        failure: null,
        answer: { usage, finishReason: 'stop' },
      });
      expect(text([passing.finish()])).toBe(`${last}data: [DONE]\n\n`);
    }
  });

  test('an error is no content: it may still be answered by another key', () => {
    const passing = relay();
    passing.push(Buffer.from('event: error\ndata: {"type":"error","error":{"message":"no","code":"x"}}\n\n'));
    expect(passing.state).toMatchObject({
      contentSeen: false,
      terminalSeen: false,
      failure: { message: 'no' },
    });
  });

  test('what breaks off has not ended, and a last event without its blank line has', () => {
    const broken = relay();
    broken.push(Buffer.from(first + last.slice(0, 30)));
    broken.end();
    expect(broken.state).toMatchObject({ terminalSeen: false, answer: { usage: null, finishReason: null } });
    const closed = relay();
    closed.push(Buffer.from(first + last.trimEnd()));
    closed.end();
    expect(closed.state.terminalSeen).toBe(true);
    expect(text([closed.finish()])).toBe(last);
  });
});

test('an event beyond the bound is refused, and one as large as a picture is not', () => {
  const picture = event({ type: 'image_generation.completed', b64_json: 'A'.repeat(8_000_000) } as {
    type: string;
  });
  const relay = openaiImages.createPassThroughRelay({ stripUsage: false });
  relay.push(Buffer.from(picture));
  expect(relay.state).toMatchObject({ terminalSeen: true, answer: { usage: null } });
  const hostile = openaiTranscription.createPassThroughRelay({ stripUsage: false });
  expect(() => hostile.push(Buffer.from(`data: ${'x'.repeat(5_000_000)}`))).toThrow(DialectError);
});
