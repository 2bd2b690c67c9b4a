/** One question and its answer. All of it is text: what a model wrote is never rendered as anything else. */
import { Button } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { Spinner } from '../../components/spinner.tsx';
import { Notice } from '../../components/states.tsx';
import { AnswerRoute } from './answer-route.tsx';
import type { Turn } from './conversation.ts';

export function TurnView({
  turn,
  onAgain,
}: {
  readonly turn: Turn;
  /** Undefined: it is not the last one. */
  readonly onAgain: (() => void) | undefined;
}) {
  const { question, text, thinking, generationId, outcome } = turn;
  return (
    <article className="grid gap-3">
      <div className="ml-auto max-w-[85%] rounded-2xl rounded-br-md bg-accent-soft px-4 py-2.5 whitespace-pre-wrap wrap-anywhere">
        {question}
      </div>
      <div className="grid gap-3 rounded-2xl rounded-bl-md border border-line bg-card px-4 py-3 shadow-card">
        {thinking === '' ? null : (
          <details className="text-[0.8125rem] text-muted">
            <summary className="cursor-pointer">Thinking</summary>
            <p className="mt-1 whitespace-pre-wrap wrap-anywhere">{thinking}</p>
          </details>
        )}
        {text === '' ? null : <p className="leading-6 whitespace-pre-wrap wrap-anywhere">{text}</p>}
        {outcome === null && text === '' ? (
          <p role="status" className="flex items-center gap-2 text-[0.8125rem] text-muted">
            <Spinner /> {thinking === '' ? 'Waiting for the first word' : 'It thinks'}
          </p>
        ) : null}
        <Ending turn={turn} />
        {outcome === null ? null : (
          <footer className="flex flex-wrap items-start justify-end gap-x-4 gap-y-1 border-t border-line pt-2.5">
            <div className="min-w-0 flex-1 basis-72 pt-1">
              {generationId === null ? null : <AnswerRoute id={generationId} />}
            </div>
            <div className="flex items-center gap-1">
              {text === '' ? null : <CopyButton text={text} label="Copy answer" />}
              {onAgain === undefined ? null : (
                <Button size="small" look="quiet" icon="refresh" onClick={onAgain}>
                  Ask again
                </Button>
              )}
            </div>
          </footer>
        )}
      </div>
    </article>
  );
}

function Ending({ turn: { outcome, text } }: { readonly turn: Turn }) {
  if (outcome === null) return null;
  switch (outcome.kind) {
    case 'stopped':
      return <p className="text-[0.8125rem] text-muted">Stopped. What had come by then is paid for.</p>;
    case 'failed':
      return (
        <Notice tone="bad" title={outcome.title}>
          {outcome.detail}
        </Notice>
      );
    case 'finished':
      if (outcome.reason === 'length')
        return (
          <p className="text-[0.8125rem] text-warn">Cut: the most tokens that it may answer were used.</p>
        );
      return text === '' ? (
        <p className="text-[0.8125rem] text-muted">The model ended without a word.</p>
      ) : null;
  }
}
