/** A route plan as a table: who would serve, in which order and with which share; and why the others would not. */
import type { RouteAnswer } from '@arouter/contract';
import { Badge, SourceBadge } from './badge.tsx';
import { InitialsLogo } from './initials-logo.tsx';
import { shareWords } from './numbers.ts';
import { Time } from './time.tsx';

type Generation = RouteAnswer<'getGeneration'>;
export type ShownPlan = Generation['route']['plans'][number];
type Verdict = ShownPlan['verdicts'][number];
type Refusal = Generation['route']['refusals'][number];

export function PlanTable({
  plan,
  refusals = [],
}: {
  readonly plan: ShownPlan;
  readonly refusals?: readonly Refusal[];
}) {
  const hasOwnKey = plan.verdicts.some(({ kind, source }) => kind === 'ranked' && source === 'byok');
  if (plan.verdicts.length === 0)
    return <p className="px-5 py-6 text-[0.8125rem] text-muted">There was no key to judge.</p>;
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by keyboard
    <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={`Verdicts for ${plan.model}`}>
      <table className="w-full text-left text-[0.8125rem]">
        <thead>
          <tr className="text-xs text-muted">
            {['Order', 'Key', 'Source', 'First tries', 'Verdict'].map((title) => (
              <th
                key={title}
                scope="col"
                className="border-b border-line px-3 py-2 font-medium first:pl-5 last:pr-5"
              >
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {plan.verdicts.map((verdict) => (
            <VerdictRow
              key={verdict.provider_key_id}
              verdict={verdict}
              followsOwnKeys={verdict.source === 'platform' && hasOwnKey}
              refusal={refusals.find(({ provider_key_id }) => provider_key_id === verdict.provider_key_id)}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function VerdictRow({
  verdict,
  followsOwnKeys,
  refusal,
}: {
  readonly verdict: Verdict;
  /** Its share is of the requests that own keys leave. */
  readonly followsOwnKeys: boolean;
  readonly refusal: Refusal | undefined;
}) {
  const ranked = verdict.kind === 'ranked';
  const cell = 'border-b border-line px-3 py-2.5 align-top first:pl-5 last:pr-5';
  return (
    <tr className={ranked ? '' : 'text-muted'}>
      <td className={`${cell} font-semibold`}>{verdict.rank ?? '–'}</td>
      <td className={cell}>
        <span className="flex items-center gap-2.5">
          <InitialsLogo name={verdict.provider} size="small" />
          <span className="min-w-0">
            <span className="block max-w-60 truncate font-medium text-ink">
              {verdict.label || verdict.provider_key_id}
            </span>
            <span className="block text-xs text-muted">{verdict.provider}</span>
          </span>
        </span>
      </td>
      <td className={cell}>
        <SourceBadge source={verdict.source} />
      </td>
      <td className={cell}>
        {ranked ? shareWords(verdict.share) : '–'}
        {ranked && followsOwnKeys && <span className="block text-xs text-muted">after own keys</span>}
      </td>
      <td className={`${cell} min-w-72`}>
        <Reason verdict={verdict} refusal={refusal} />
      </td>
    </tr>
  );
}

function Reason({ verdict, refusal }: { readonly verdict: Verdict; readonly refusal: Refusal | undefined }) {
  if (verdict.reason !== null) {
    return (
      <span className="grid gap-1">
        <span>
          <Badge tone="warn">{verdict.reason.code.replaceAll('_', ' ')}</Badge>
        </span>
        <span className="wrap-anywhere">{capitalised(verdict.reason.message)}</span>
      </span>
    );
  }
  return (
    <span className="grid gap-1">
      <span>
        May serve as <span className="font-mono text-xs">{verdict.upstream_model}</span>
      </span>
      {refusal === undefined ? null : (
        <span className="text-warn">
          Passed over when its turn came: {refusal.code.replaceAll('_', ' ')}
          {refusal.resets_at === null ? null : (
            <>
              , free again <Time at={refusal.resets_at} style="second" />
            </>
          )}
        </span>
      )}
    </span>
  );
}

function capitalised(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
