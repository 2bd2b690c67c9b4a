/** Playground: a chat through the gateway itself, with the route of every answer. Nothing of it is stored. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef, useState, type RefObject } from 'react';
import { Button } from '../../components/button.tsx';
import { Page } from '../../components/page.tsx';
import { EmptyState } from '../../components/states.tsx';
import { Composer } from './composer.tsx';
import { TURNS_MAX, type Conversation } from './conversation.ts';
import { problemsOf, SettingsCard, toSettings, type SettingsDraft } from './settings-card.tsx';
import { TurnView } from './turn-view.tsx';
import { useConversation } from './use-conversation.ts';

const FIRST: SettingsDraft = { model: 'auto', system: '', temperature: '', topP: '', maxTokens: '' };
/** Within so many pixels of its end, the page follows the answer. */
const FOLLOWED_PIXELS = 160;

export function PlaygroundPage() {
  const { model } = useSearch({ from: '/shell/playground' });
  const navigate = useNavigate({ from: '/playground' });
  const [draft, setDraft] = useState<SettingsDraft>({ ...FIRST, ...(model === undefined ? {} : { model }) });
  const { turns, busy, ask, askAgain, stop, clear } = useConversation();
  const change = (next: SettingsDraft): void => {
    setDraft(next);
    if (next.model !== draft.model)
      void navigate({ search: next.model === '' ? {} : { model: next.model }, replace: true });
  };
  const ready = problemsOf(draft).length === 0 && turns.length < TURNS_MAX;
  return (
    <Page
      title="Playground"
      width="full"
      description="Ask through the gateway as your applications do: the same plan, limits and ledger, on a key of your own that stands among the API keys."
      actions={
        <Button disabled={turns.length === 0} onClick={clear}>
          New conversation
        </Button>
      }
    >
      <div className="grid items-start gap-5 xl:grid-cols-[minmax(0,1fr)_22rem]">
        <SettingsCard draft={draft} onDraft={change} />
        <div className="grid min-w-0 gap-4 xl:order-first">
          <Answers
            turns={turns}
            busy={busy}
            onAgain={ready ? () => askAgain(toSettings(draft)) : undefined}
          />
          <Composer
            busy={busy}
            ready={ready}
            full={turns.length >= TURNS_MAX}
            onAsk={(question) => ask(question, toSettings(draft))}
            onStop={stop}
          />
        </div>
      </div>
    </Page>
  );
}

function Answers({
  turns,
  busy,
  onAgain,
}: {
  readonly turns: Conversation;
  readonly busy: boolean;
  readonly onAgain: (() => void) | undefined;
}) {
  const frame = useFollowing();
  return (
    <div ref={frame} role="log" aria-label="Conversation" aria-busy={busy} className="grid gap-4">
      {turns.length === 0 ? (
        <div className="rounded-xl border border-dashed border-line-strong">
          <EmptyState icon="play" title="Ask something">
            You see the answer as it comes, which key gave it and why, how many tries it took and what it
            cost.
          </EmptyState>
        </div>
      ) : (
        turns.map((turn, index) => (
          <TurnView key={turn.id} turn={turn} onAgain={index === turns.length - 1 ? onAgain : undefined} />
        ))
      )}
    </div>
  );
}

/** Whoever reads at the end of the page stays there while it grows; whoever has scrolled up is left alone. */
function useFollowing(): RefObject<HTMLDivElement | null> {
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const page = document.documentElement;
    let atEnd = true;
    const look = (): void => {
      atEnd = page.scrollHeight - page.clientHeight - page.scrollTop < FOLLOWED_PIXELS;
    };
    const grown = new ResizeObserver(() => {
      if (atEnd) scrollTo({ top: page.scrollHeight });
    });
    if (frame.current !== null) grown.observe(frame.current);
    addEventListener('scroll', look, { passive: true });
    return () => {
      grown.disconnect();
      removeEventListener('scroll', look);
    };
  }, []);
  return frame;
}
