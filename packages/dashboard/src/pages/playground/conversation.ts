/** What was said: turns of a question and its answer, as values; and what is sent of it with the next question. */
import type { Message, Outcome } from './ask-playground.ts';
import type { Delta } from './read-chunk.ts';

export type Turn = {
  readonly id: number;
  readonly question: string;
  readonly model: string;
  readonly text: string;
  readonly thinking: string;
  readonly generationId: string | null;
  /** Null while the answer comes. */
  readonly outcome: Outcome | null;
};
export type Conversation = readonly Turn[];
export type Change =
  | { readonly kind: 'asked'; readonly id: number; readonly question: string; readonly model: string }
  | { readonly kind: 'named'; readonly id: number; readonly generationId: string }
  | { readonly kind: 'grown'; readonly id: number; readonly delta: Delta }
  | { readonly kind: 'ended'; readonly id: number; readonly outcome: Outcome }
  /** This turn and all after it are taken out. */
  | { readonly kind: 'taken_back'; readonly id: number }
  | { readonly kind: 'cleared' };

export const TURNS_MAX = 200;

export function nextConversation(turns: Conversation, change: Change): Conversation {
  switch (change.kind) {
    case 'asked': {
      const { id, question, model } = change;
      return [...turns, { id, question, model, text: '', thinking: '', generationId: null, outcome: null }];
    }
    case 'named':
      return edit(turns, change.id, () => ({ generationId: change.generationId }));
    case 'grown':
      return edit(turns, change.id, ({ text, thinking }) => ({
        text: text + change.delta.text,
        thinking: thinking + change.delta.thinking,
      }));
    case 'ended':
      return edit(turns, change.id, () => ({ outcome: change.outcome }));
    case 'taken_back':
      return turns.filter(({ id }) => id < change.id);
    case 'cleared':
      return [];
  }
}

function edit(turns: Conversation, id: number, change: (turn: Turn) => Partial<Turn>): Conversation {
  return turns.map((turn) => (turn.id === id ? { ...turn, ...change(turn) } : turn));
}

/** A question that got no answer is not sent again: providers want question and answer in turn. */
export function messagesOf(system: string, turns: Conversation, question: string): readonly Message[] {
  const said = turns.filter(({ text }) => text !== '');
  return [
    ...(system.trim() === '' ? [] : [{ role: 'system', content: system } as const]),
    ...said.flatMap((turn) => [
      { role: 'user', content: turn.question } as const,
      { role: 'assistant', content: turn.text } as const,
    ]),
    { role: 'user', content: question },
  ];
}
