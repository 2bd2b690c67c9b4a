/** Where the question is written. Enter asks, with Shift it is a new line. */
import { useState } from 'react';
import { Button } from '../../components/button.tsx';

const QUESTION_CHARACTERS_MAX = 200_000;

export function Composer({
  busy,
  ready,
  full,
  onAsk,
  onStop,
}: {
  readonly busy: boolean;
  /** The settings are complete. */
  readonly ready: boolean;
  /** The conversation has as many turns as it may. */
  readonly full: boolean;
  readonly onAsk: (question: string) => void;
  readonly onStop: () => void;
}) {
  const [text, setText] = useState('');
  const may = ready && !busy && text.trim() !== '';
  const ask = (): void => {
    if (!may) return;
    onAsk(text);
    setText('');
  };
  return (
    <form
      className="sticky bottom-3 grid gap-2 rounded-xl border border-line-strong bg-raised p-2.5 shadow-raised"
      onSubmit={(event) => {
        event.preventDefault();
        ask();
      }}
    >
      <textarea
        aria-label="Question"
        placeholder={full ? 'This conversation is long enough: begin a new one' : 'Ask something'}
        rows={2}
        disabled={full}
        maxLength={QUESTION_CHARACTERS_MAX}
        value={text}
        className="field-sizing-content max-h-60 w-full resize-none rounded-lg bg-transparent px-1.5 py-1 outline-none"
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          // While a word is being composed, Enter chooses it.
          if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
          event.preventDefault();
          ask();
        }}
      />
      <div className="flex items-center justify-between gap-3">
        <span className="text-xs text-faint max-sm:hidden">Enter asks, Shift + Enter is a new line</span>
        {busy ? (
          <Button className="ml-auto" icon="close" onClick={onStop}>
            Stop
          </Button>
        ) : (
          <Button type="submit" look="primary" icon="play" className="ml-auto" disabled={!may}>
            Ask
          </Button>
        )}
      </div>
    </form>
  );
}
