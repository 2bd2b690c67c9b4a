/** Which share of the requests each key of a provider is tried first for, as the server reckons it from the weights. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { callApi } from '../../api/client.ts';
import { shareWords } from '../../components/numbers.ts';
import { Skeleton } from '../../components/states.tsx';
import { ErrorLine } from './error-line.tsx';
import type { KeyScope } from './key-scope.ts';

export type ShareQuestion = {
  readonly scope: KeyScope;
  readonly provider: string;
  /** That the key has, or would have. */
  readonly weight: number;
  /** Null: a key that is not saved yet. */
  readonly keyId: string | null;
  readonly label: string;
  /** Keys of the provider, this one included: so many lines are held open. */
  readonly count: number;
};

export function ShareBars({ scope, provider, weight, keyId, label, count }: ShareQuestion) {
  const { data, error } = useQuery({
    queryKey: ['shareOfDraft', scope, provider, weight, keyId, count],
    queryFn: ({ signal }) =>
      callApi(
        'shareOfDraft',
        { body: { provider, weight, source: scope, ...(keyId === null ? {} : { provider_key_id: keyId }) } },
        signal,
      ),
    placeholderData: keepPreviousData,
  });
  if (data === undefined)
    return error === null ? (
      <div className="grid gap-1.5">
        {Array.from({ length: count }, (_none, line) => (
          <Skeleton key={line} />
        ))}
      </div>
    ) : (
      <ErrorLine error={error} />
    );
  return (
    <ul className="grid gap-1.5">
      {data.data.map((row) => (
        <Line
          key={row.provider_key_id}
          label={row.provider_key_id === (keyId ?? 'draft') ? label : row.label}
          share={row.share}
          isCurrent={row.provider_key_id === (keyId ?? 'draft')}
        />
      ))}
    </ul>
  );
}

function Line({
  label,
  share,
  isCurrent,
}: {
  readonly label: string;
  readonly share: number;
  readonly isCurrent: boolean;
}) {
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_6rem_3.5rem] items-center gap-3 text-xs">
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
  );
}
