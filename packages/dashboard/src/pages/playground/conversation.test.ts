/** A conversation as its changes make it, and what of it is sent. */
import { describe, expect, test } from 'vitest';
import { messagesOf, nextConversation, type Change, type Conversation } from './conversation.ts';

const said: readonly Change[] = [
  { kind: 'asked', id: 1, question: 'One?', model: 'auto' },
  { kind: 'named', id: 1, generationId: 'gen-1' },
  { kind: 'grown', id: 1, delta: { text: '', thinking: 'hm' } },
  { kind: 'grown', id: 1, delta: { text: 'A', thinking: '' } },
  { kind: 'grown', id: 1, delta: { text: 'nswer', thinking: '' } },
  { kind: 'ended', id: 1, outcome: { kind: 'finished', reason: 'stop' } },
  { kind: 'asked', id: 2, question: 'Two?', model: 'auto' },
  { kind: 'ended', id: 2, outcome: { kind: 'failed', title: 'No', detail: 'None.' } },
];
const after = (changes: readonly Change[]): Conversation =>
  changes.reduce((turns, change) => nextConversation(turns, change), [] as Conversation);

describe('a conversation', () => {
  test('grows by what is said', () => {
    expect(after(said)).toMatchObject([
      {
        question: 'One?',
        text: 'Answer',
        thinking: 'hm',
        generationId: 'gen-1',
        outcome: { kind: 'finished' },
      },
      { question: 'Two?', text: '', outcome: { kind: 'failed' } },
    ]);
    expect(after([...said, { kind: 'taken_back', id: 2 }])).toHaveLength(1);
    expect(after([...said, { kind: 'cleared' }])).toEqual([]);
  });

  test('is sent without what failed, and without what the model only thought', () => {
    expect(messagesOf('Be brief.', after(said), 'Three?')).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'One?' },
      { role: 'assistant', content: 'Answer' },
      { role: 'user', content: 'Three?' },
    ]);
    expect(messagesOf('  ', [], 'Alone?')).toEqual([{ role: 'user', content: 'Alone?' }]);
  });
});
