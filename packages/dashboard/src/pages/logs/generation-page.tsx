/** One generation: the timeline of its route, every key's verdict in words, and the arithmetic of its cost. */
import type { RouteAnswer } from '@arouter/contract';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { apiQuery } from '../../api/queries.ts';
import { SourceBadge } from '../../components/badge.tsx';
import { buttonClass } from '../../components/button.tsx';
import { Card, Figure } from '../../components/card.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { Money } from '../../components/money.tsx';
import { countWords, durationWords } from '../../components/numbers.ts';
import { Page } from '../../components/page.tsx';
import { Loaded, Notice } from '../../components/states.tsx';
import { Time } from '../../components/time.tsx';
import { PlanTable } from '../../components/plan-table.tsx';
import { AttemptCard } from './attempt-card.tsx';
import { KeptBodiesCard } from './kept-bodies-card.tsx';
import { StatusBadge } from './status-badge.tsx';

type Generation = RouteAnswer<'getGeneration'>;

const RUNNING_MS = 2_000;

export function GenerationPage() {
  const { id } = useParams({ from: '/shell/logs/$id' });
  const query = useQuery({
    ...apiQuery('getGeneration', { query: { id } }),
    refetchInterval: ({ state }) => (state.data?.status === 'running' ? RUNNING_MS : false),
  });
  return (
    <Page
      title="Request"
      description={
        <span className="flex items-center gap-1 font-mono text-xs">
          <span className="truncate">{id}</span>
          <CopyButton text={id} label="Copy generation id" />
        </span>
      }
      actions={
        <Link to="/logs" className={buttonClass()}>
          All requests
        </Link>
      }
    >
      <Loaded query={query}>{(generation) => <Details generation={generation} />}</Loaded>
    </Page>
  );
}

function Details({ generation }: { readonly generation: Generation }) {
  const { route } = generation;
  return (
    <>
      <Figures generation={generation} />
      {generation.fallback_reason === null ? null : (
        <Notice tone="warn" title="A platform key served this request">
          {generation.fallback_reason}
        </Notice>
      )}
      <Facts generation={generation} />
      <KeptBodiesCard key={generation.id} id={generation.id} />
      {route.attempts.map((attempt) => (
        <AttemptCard
          key={attempt.attempt}
          attempt={attempt}
          last={attempt.attempt === route.attempts.length}
          label={labelOf(generation, attempt.provider_key_id)}
        />
      ))}
      {route.attempts.length === 0 ? (
        <Notice tone="warn" title="No provider was asked">
          Nothing was sent and nothing was spent. The verdicts below say why.
        </Notice>
      ) : null}
      {route.plans.map((plan, index) => (
        <Card
          key={`${plan.model}-${index}`}
          flush
          title={route.plans.length === 1 ? 'Why this key' : `Why this key: ${plan.model}`}
          description="One verdict per key, as the router computed it for this request."
        >
          <PlanTable plan={plan} refusals={route.refusals} />
        </Card>
      ))}
    </>
  );
}

function labelOf({ route }: Generation, keyId: string): string {
  const verdicts = route.plans.flatMap((plan) => plan.verdicts);
  return verdicts.find((verdict) => verdict.provider_key_id === keyId)?.label || keyId;
}

function Figures({ generation }: { readonly generation: Generation }) {
  const { usage } = generation;
  const cost = usage?.cost ?? null;
  return (
    <div className="grid grid-cols-2 gap-3 md:grid-cols-4">
      <Figure
        label="Status"
        value={<StatusBadge status={generation.status} />}
        note={
          generation.error_code ??
          (generation.finish_reason === null ? '' : `finished: ${generation.finish_reason}`)
        }
      />
      <Figure
        label="Source"
        value={generation.source === null ? '–' : <SourceBadge source={generation.source} />}
        note={generation.provider ?? 'no provider'}
      />
      <Figure label="Cost" value={cost === null ? '–' : <Money usd={cost} />} note={costNote(usage)} />
      <Figure
        label="Tokens"
        value={usage === null ? '–' : countWords(usage.total_tokens)}
        note={
          usage === null
            ? ''
            : `${countWords(usage.prompt_tokens)} in, ${countWords(usage.completion_tokens)} out`
        }
      />
    </div>
  );
}

function costNote(usage: Generation['usage']): string {
  if (usage === null) return 'nothing was generated';
  if (usage.cost === null) return 'the model has no known price';
  return usage.estimated ? 'estimated: the provider gave no usage' : 'at list price';
}

function Facts({ generation }: { readonly generation: Generation }) {
  const rows: readonly (readonly [string, ReactNode])[] = [
    ['Time', <Time key="time" at={generation.created_at} style="second" />],
    ['Time taken', generation.latency_ms === null ? '–' : durationWords(generation.latency_ms)],
    ['Model asked for', generation.model_requested],
    ['Model that answered', generation.model || '–'],
    ['Format', `${generation.dialect}${generation.streamed ? ', streamed' : ''}`],
    [
      'Answered to the caller',
      generation.caller_status === null ? 'not yet' : String(generation.caller_status),
    ],
    ['Request id', generation.request_id],
    ["Provider's id", generation.upstream_id ?? '–'],
  ];
  return (
    <Card title="Request">
      <dl className="grid gap-x-8 gap-y-2 text-[0.8125rem] sm:grid-cols-2 xl:grid-cols-4">
        {rows.map(([name, value]) => (
          <div key={name} className="min-w-0">
            <dt className="text-xs text-muted">{name}</dt>
            <dd className="mt-0.5 wrap-anywhere">{value}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
