/** Who gave an answer, in how many tries and for how much; and, opened, every try and every key's verdict. */
import { ManagementError, type RouteAnswer } from '@arouter/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { apiQuery } from '../../api/queries.ts';
import { Badge, SourceBadge } from '../../components/badge.tsx';
import { Icon } from '../../components/icon.tsx';
import { Money } from '../../components/money.tsx';
import { countWords, durationWords } from '../../components/numbers.ts';
import { PlanTable } from '../../components/plan-table.tsx';
import { Skeleton } from '../../components/states.tsx';

type Generation = RouteAnswer<'getGeneration'>;
type Attempt = Generation['route']['attempts'][number];

/** A refusal is written a moment after it is answered. */
const AGAIN_MS = 400;
const TRIES_MAX = 8;
const RUNNING_MS = 1_000;

export function AnswerRoute({ id }: { readonly id: string }) {
  const { data, isError } = useQuery({
    ...apiQuery('getGeneration', { query: { id } }),
    retry: (failures, error) =>
      failures < TRIES_MAX && error instanceof ManagementError && error.status === 404,
    retryDelay: AGAIN_MS,
    refetchInterval: ({ state }) => (state.data?.status === 'running' ? RUNNING_MS : false),
  });
  if (isError) return <StoryLink id={id} />;
  if (data === undefined) return <Skeleton className="h-5 w-72" />;
  return (
    <details className="group text-[0.8125rem]">
      <summary className="flex cursor-pointer list-none items-start gap-2">
        <Icon name="chevron" className="mt-0.5 size-4 text-faint transition-transform group-open:rotate-90" />
        <span className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
          <Summary generation={data} />
        </span>
      </summary>
      <div className="mt-3 grid gap-3">
        <ol className="grid gap-1.5">
          {data.route.attempts.map((attempt) => (
            <li key={attempt.attempt}>
              <AttemptLine attempt={attempt} label={labelOf(data, attempt.provider_key_id)} />
            </li>
          ))}
        </ol>
        {data.route.plans.map((plan, index) => (
          <div key={`${plan.model}-${index}`} className="-mx-4 border-y border-line">
            <PlanTable plan={plan} refusals={data.route.refusals} />
          </div>
        ))}
        <StoryLink id={id} />
      </div>
    </details>
  );
}

function StoryLink({ id }: { readonly id: string }) {
  return (
    <Link to="/logs/$id" params={{ id }} className="link text-[0.8125rem]">
      This request in the logs
    </Link>
  );
}

function Summary({ generation }: { readonly generation: Generation }) {
  const { source, usage, latency_ms: took, provider_key_id: keyId, attempts } = generation;
  const tokens = usage === null ? null : usage.total_tokens;
  return (
    <>
      {source === null ? <Badge tone="warn">not served</Badge> : <SourceBadge source={source} />}
      {keyId === null ? null : (
        <span className="font-medium wrap-anywhere">{labelOf(generation, keyId)}</span>
      )}
      <span className="text-muted wrap-anywhere">{generation.model || generation.model_requested}</span>
      <span className="text-muted">{attempts === 1 ? '1 try' : `${attempts} tries`}</span>
      {tokens === null ? null : <span className="text-muted">{countWords(tokens)} tokens</span>}
      {usage === null ? null : usage.cost === null ? (
        <span className="text-muted">no known price</span>
      ) : (
        <Money usd={usage.cost} className="font-medium" />
      )}
      {took === null ? null : <span className="text-muted">{durationWords(took)}</span>}
    </>
  );
}

function AttemptLine({ attempt, label }: { readonly attempt: Attempt; readonly label: string }) {
  const { failure, outcome, status, latency_ms: took } = attempt;
  return (
    <p className="wrap-anywhere">
      <span className="font-medium">
        {attempt.attempt}. {label}
      </span>{' '}
      <span className="text-muted">
        at {attempt.provider}: {failure === null ? (outcome ?? 'under way') : failure.message}
        {status === null ? '' : `, status ${status}`}
        {took === null ? '' : `, ${durationWords(took)}`}
      </span>
    </p>
  );
}

function labelOf({ route }: Generation, keyId: string): string {
  const verdicts = route.plans.flatMap((plan) => plan.verdicts);
  return verdicts.find((verdict) => verdict.provider_key_id === keyId)?.label || keyId;
}
