/** The conversation on screen: asks, listens, stops. One answer comes at a time. */
import { useEffect, useReducer, useRef } from 'react';
import { askPlayground, type Question } from './ask-playground.ts';
import { messagesOf, nextConversation, type Conversation } from './conversation.ts';

export type Settings = Omit<Question, 'messages'> & { readonly system: string };

export function useConversation() {
  const [turns, change] = useReducer(nextConversation, [] as Conversation);
  const running = useRef<AbortController | null>(null);
  const nextId = useRef(1);
  // Who leaves the page does not go on paying for an answer that nobody reads.
  useEffect(() => () => running.current?.abort(), []);

  async function ask(
    question: string,
    { system, ...settings }: Settings,
    before: Conversation,
  ): Promise<void> {
    running.current?.abort();
    const own = new AbortController();
    running.current = own;
    const id = nextId.current;
    nextId.current += 1;
    change({ kind: 'asked', id, question, model: settings.model });
    const outcome = await askPlayground(
      { ...settings, messages: messagesOf(system, before, question) },
      own.signal,
      {
        onGeneration: (generationId) => change({ kind: 'named', id, generationId }),
        onDelta: (delta) => change({ kind: 'grown', id, delta }),
      },
    );
    change({ kind: 'ended', id, outcome });
  }

  return {
    turns,
    busy: turns.at(-1)?.outcome === null,
    ask: (question: string, settings: Settings) => void ask(question, settings, turns),
    stop: () => running.current?.abort(),
    /** Asks the last question again, of whatever model is chosen now. */
    askAgain: (settings: Settings) => {
      const last = turns.at(-1);
      if (last === undefined) return;
      change({ kind: 'taken_back', id: last.id });
      void ask(last.question, settings, turns.slice(0, -1));
    },
    clear: () => {
      running.current?.abort();
      change({ kind: 'cleared' });
    },
  };
}
