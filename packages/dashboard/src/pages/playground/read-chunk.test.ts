/** What a chat reads of a stream's events. */
import { expect, test } from 'vitest';
import { readChunk } from './read-chunk.ts';

const delta = (text: string, thinking = '', finishReason: string | null = null) => ({
  kind: 'delta',
  delta: { text, thinking },
  finishReason,
});

test.each([
  [{ choices: [{ delta: { content: 'Hi' }, finish_reason: null }] }, delta('Hi')],
  [{ choices: [{ delta: { reasoning_content: 'Hm' } }] }, delta('', 'Hm')],
  [{ choices: [{ delta: { reasoning: 'Hm' } }] }, delta('', 'Hm')],
  [{ choices: [{ delta: { refusal: 'No.' } }] }, delta('No.')],
  [{ choices: [{ delta: {}, finish_reason: 'length' }] }, delta('', '', 'length')],
  [{ choices: [], usage: { total_tokens: 3 } }, delta('')],
  [{ choices: [{ delta: { content: ['no', 'text'] } }] }, delta('')],
  [
    { error: { message: 'The key broke.', code: 'upstream_error' } },
    { kind: 'error', message: 'The key broke.' },
  ],
  [null, delta('')],
  [[], delta('')],
])('%j', (event, chunk) => {
  expect(readChunk(JSON.stringify(event))).toEqual(chunk);
});

test('a stray line says nothing', () => {
  expect(readChunk('<html>')).toEqual(delta(''));
});
