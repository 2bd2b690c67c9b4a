/** Waits for the first request and shows it when it arrives: served by which key, how, for how much. */
import type { RouteAnswer } from '@arouter/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { apiQuery } from '../../api/queries.ts';
import { buttonClass } from '../../components/button.tsx';
import { Money } from '../../components/money.tsx';
import { durationWords } from '../../components/numbers.ts';
import { Spinner } from '../../components/spinner.tsx';
import { Notice } from '../../components/states.tsx';

const REFETCH_MS = 1_500;

type Generation = RouteAnswer<'listGenerations'>['data'][number];
/** Null while there is none. */
export type NewestRequest = Generation | null;

/** Asks again until the page is left. */
export function useNewestRequest(enabled: boolean) {
  return useQuery({
    ...apiQuery('listGenerations', { query: { limit: 1 } }),
    refetchInterval: REFETCH_MS,
    select: ({ data }): NewestRequest => data[0] ?? null,
    enabled,
  });
}

export function FirstRequest({ generation }: { readonly generation: NewestRequest }) {
  if (generation === null) {
    return (
      <p role="status" className="flex items-center gap-2.5 rounded-xl bg-hover px-3.5 py-3 text-[0.8125rem]">
        <Spinner />
        Waiting for your first request…
      </p>
    );
  }
  return (
    <div role="status" className="grid justify-items-start gap-3">
      <Arrived generation={generation} />
      <Link to="/settings/integrations" className={buttonClass('primary')}>
        Go to your keys
      </Link>
    </div>
  );
}

function Arrived({ generation }: { readonly generation: Generation }) {
  const { status, provider, source, model, latency_ms: latencyMs, usage, error_code: errorCode } = generation;
  if (status !== 'succeeded') {
    return (
      <Notice tone="warn" title="A request arrived, but it was not served">
        {errorCode === null ? `It ended as “${status}”.` : `It ended with ${errorCode}.`} Its answer says
        which key was tried and what to do; test the key under Integrations, then send it again.
      </Notice>
    );
  }
  return (
    <Notice tone="good" title="Your first request has arrived">
      {model} was served by {provider} {source === 'byok' ? 'with your own key' : 'with a platform key'}
      {latencyMs === null ? '' : ` in ${durationWords(latencyMs)}`}
      {usage?.cost === null || usage?.cost === undefined ? (
        '.'
      ) : (
        <>
          , for <Money usd={usage.cost} />.
        </>
      )}
    </Notice>
  );
}
