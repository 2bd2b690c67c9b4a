/** One try on one key: how it went, how long it took, and its cost line by line. */
import type { RouteAnswer } from '@arouter/contract';
import { Badge, SourceBadge } from '../../components/badge.tsx';
import { Card } from '../../components/card.tsx';
import { Money, moneyWords } from '../../components/money.tsx';
import { countWords, durationWords } from '../../components/numbers.ts';
import { Time } from '../../components/time.tsx';

type Attempt = RouteAnswer<'getGeneration'>['route']['attempts'][number];

export function AttemptCard({
  attempt,
  last,
  label,
}: {
  readonly attempt: Attempt;
  readonly last: boolean;
  readonly label: string;
}) {
  return (
    <Card
      title={
        <span className="flex flex-wrap items-center gap-2">
          Attempt {attempt.attempt}: {label}
          <SourceBadge source={attempt.source} />
          <OutcomeBadge attempt={attempt} />
        </span>
      }
      description={
        <>
          {attempt.provider} · {attempt.upstream_model} · <Time at={attempt.started_at} style="second" />
        </>
      }
    >
      <div className="grid gap-4 text-[0.8125rem]">
        <p className="flex flex-wrap gap-x-6 gap-y-1 text-muted">
          <span>Provider answered {attempt.status ?? 'nothing'}</span>
          {attempt.first_byte_ms === null ? null : (
            <span>first byte after {durationWords(attempt.first_byte_ms)}</span>
          )}
          {attempt.latency_ms === null ? null : <span>{durationWords(attempt.latency_ms)} in all</span>}
          {attempt.upstream_id === null ? null : (
            <span className="font-mono text-xs">{attempt.upstream_id}</span>
          )}
        </p>
        {attempt.failure === null ? null : (
          <div className="rounded-lg bg-bad-soft px-3 py-2">
            <p className="font-medium text-bad">
              {attempt.failure.class.replaceAll('_', ' ')}
              {attempt.failure.provider_code === null ? '' : ` (${attempt.failure.provider_code})`}
              {last ? '' : ': the next key was tried'}
            </p>
            <p className="mt-0.5 wrap-anywhere">{attempt.failure.message}</p>
          </div>
        )}
        <CostTable attempt={attempt} />
      </div>
    </Card>
  );
}

function OutcomeBadge({ attempt: { outcome } }: { readonly attempt: Attempt }) {
  switch (outcome) {
    case null:
      return <Badge tone="accent">under way</Badge>;
    case 'succeeded':
      return <Badge tone="good">succeeded</Badge>;
    case 'failed':
      return <Badge tone="bad">failed</Badge>;
    case 'cancelled':
      return <Badge>caller left</Badge>;
    case 'interrupted':
      return <Badge tone="warn">broken off</Badge>;
  }
}

/** Quantity × price = amount, so that the sum can be checked by hand. */
function CostTable({ attempt }: { readonly attempt: Attempt }) {
  if (attempt.cost_lines.length === 0) return null;
  const cell = 'border-t border-line py-1.5 pr-4 last:pr-0';
  return (
    <div className="overflow-x-auto">
      <table className="w-full max-w-2xl text-left">
        <thead>
          <tr className="text-xs text-muted">
            <th scope="col" className="py-1.5 pr-4 font-medium">
              What
            </th>
            <th scope="col" className="py-1.5 pr-4 text-right font-medium">
              Quantity
            </th>
            <th scope="col" className="py-1.5 pr-4 text-right font-medium">
              Per million
            </th>
            <th scope="col" className="py-1.5 text-right font-medium">
              Amount
            </th>
          </tr>
        </thead>
        <tbody>
          {attempt.cost_lines.map((line) => (
            <tr key={line.what}>
              <td className={cell}>{line.what.replaceAll('_', ' ')}</td>
              <td className={`${cell} text-right`}>{countWords(line.quantity)}</td>
              <td className={`${cell} text-right`}>
                {line.usd_per_million === null ? 'unknown' : <Money usd={line.usd_per_million} />}
              </td>
              <td className={`${cell} text-right`}>
                {line.usd === null ? 'unknown' : <Money usd={line.usd} />}
              </td>
            </tr>
          ))}
          <tr className="font-semibold">
            <td className={cell} colSpan={3}>
              {attempt.source === 'byok'
                ? 'Estimated, at list price; paid to your provider'
                : 'At list price'}
              {chargeNote(attempt)}
            </td>
            <td className={`${cell} text-right`}>
              {attempt.cost_usd === null ? '–' : <Money usd={attempt.cost_usd} />}
            </td>
          </tr>
        </tbody>
      </table>
    </div>
  );
}

function chargeNote({ charged_usd: charged, charge_capped: capped }: Attempt): string {
  if (charged === 0) return '';
  if (!capped) return ', taken from credits';
  return `. The provider reported more than the request could cost: only the ${moneyWords(charged)} held for it were taken from credits`;
}
