/** Which share of the requests each key of a provider is tried first for: its weight among the weights of those that are on. */
import { shareWords } from '../../components/numbers.ts';
import type { ProviderKey } from './key-scope.ts';

/** `draft`: a key that is not saved yet, or the changed weight of `current`. */
export function ShareBars({
  keys,
  draft,
  current,
}: {
  readonly keys: readonly ProviderKey[];
  readonly draft: { readonly label: string; readonly weight: number } | null;
  readonly current: string | null;
}) {
  const rows = sharesOf(keys, draft, current);
  return (
    <ul className="grid gap-1.5">
      {rows.map(({ id, label, share, isCurrent }) => (
        <li key={id} className="grid grid-cols-[minmax(0,1fr)_6rem_3.5rem] items-center gap-3 text-xs">
          <span className={`truncate ${isCurrent ? 'font-medium' : 'text-muted'}`}>{label}</span>
          <svg
            viewBox="0 0 100 6"
            preserveAspectRatio="none"
            className="h-1.5 w-full rounded-full"
            aria-hidden="true"
          >
            <rect width="100" height="6" className="fill-line" />
            <rect width={share * 100} height="6" className={isCurrent ? 'fill-accent' : 'fill-line-strong'} />
          </svg>
          <span className="text-right">{share === 0 ? 'off' : shareWords(share)}</span>
        </li>
      ))}
    </ul>
  );
}

type Share = {
  readonly id: string;
  readonly label: string;
  readonly share: number;
  readonly isCurrent: boolean;
};

function sharesOf(
  keys: readonly ProviderKey[],
  draft: { readonly label: string; readonly weight: number } | null,
  current: string | null,
): readonly Share[] {
  const rows = keys.map(({ id, label, weight, enabled }) => ({
    id,
    label,
    weight: enabled ? (draft !== null && id === current ? draft.weight : weight) : 0,
    isCurrent: id === current,
  }));
  if (draft !== null && current === null)
    rows.push({ id: 'draft', label: draft.label, weight: draft.weight, isCurrent: true });
  const sum = rows.reduce((total, { weight }) => total + weight, 0);
  return rows.map(({ weight, ...row }) => ({ ...row, share: sum === 0 ? 0 : weight / sum }));
}
