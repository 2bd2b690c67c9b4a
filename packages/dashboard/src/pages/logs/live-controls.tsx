/** Live or not, paused or not, and how many came meanwhile. */
import { Button } from '../../components/button.tsx';
import { SwitchField } from '../../components/field.tsx';
import { Notice } from '../../components/states.tsx';
import type { useLiveTail } from './use-live-tail.ts';

type Live = ReturnType<typeof useLiveTail>;

export function LiveControls({
  live,
  following,
  onLive,
}: {
  readonly live: boolean;
  readonly following: Live;
  readonly onLive: (live: boolean) => void;
}) {
  const { tail, pause, resume } = following;
  return (
    <div className="flex items-center gap-3" aria-live="polite">
      {!live ? null : tail.paused ? (
        <Button size="small" icon="play" onClick={resume}>
          {tail.heldCount === 0 ? 'Go on' : `${tail.heldCount} new`}
        </Button>
      ) : (
        <Button size="small" onClick={pause}>
          Pause
        </Button>
      )}
      <SwitchField label="Live" checked={live} onChecked={onLive} />
    </div>
  );
}

export function LiveNotice({ following: { tail, problem } }: { readonly following: Live }) {
  if (problem !== null)
    return (
      <Notice tone="warn" title="Not live at the moment">
        {problem} It is tried again by itself.
      </Notice>
    );
  if (tail.dropped === 0) return null;
  return (
    <Notice tone="info">
      {tail.dropped} requests came too fast to be shown live. Reload to see them in the list.
    </Notice>
  );
}
