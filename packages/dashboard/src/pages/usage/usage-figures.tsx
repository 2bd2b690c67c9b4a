/** The figures at the head of the usage page, each with its change against the period before. */
import type { RouteAnswer } from '@arouter/contract';
import type { ReactNode } from 'react';
import { Figure, FiguresSkeleton } from '../../components/card.tsx';
import { Money } from '../../components/money.tsx';
import { compactWords, shareWords } from '../../components/numbers.ts';

type Sums = RouteAnswer<'getUsageSummary'>;

const COLUMNS = 'grid-cols-2 md:grid-cols-3 2xl:grid-cols-6';

export function UsageFiguresSkeleton() {
  return <FiguresSkeleton count={6} columns={COLUMNS} />;
}

export function UsageFigures({ sums }: { readonly sums: Sums }) {
  const before = sums.previous;
  const rows: readonly (readonly [label: string, value: ReactNode, note: string])[] = [
    ['BYOK requests', compactWords(sums.byok_requests), change(sums.byok_requests, before?.byok_requests)],
    [
      'Estimated BYOK spend',
      <Money key="byok" usd={sums.estimated_byok_spend_usd} />,
      change(sums.estimated_byok_spend_usd, before?.estimated_byok_spend_usd),
    ],
    [
      'Platform spend',
      <Money key="platform" usd={sums.platform_spend_usd} />,
      change(sums.platform_spend_usd, before?.platform_spend_usd),
    ],
    [
      'Platform requests',
      compactWords(sums.platform_requests),
      change(sums.platform_requests, before?.platform_requests),
    ],
    ['Tokens', compactWords(sums.total_tokens), change(sums.total_tokens, before?.total_tokens)],
    ['BYOK error rate', shareWords(sums.byok_error_rate), rateBefore(before?.byok_error_rate)],
  ];
  return (
    <div className={`grid gap-3 ${COLUMNS}`}>
      {rows.map(([label, value, note]) => (
        <Figure key={label} label={label} value={value} note={note} />
      ))}
    </div>
  );
}

/** From nothing to something is no percentage. */
function change(now: number, before: number | undefined): string {
  if (before === undefined) return '';
  if (before === 0) return now === 0 ? 'as before' : 'none before';
  const percent = ((now - before) / before) * 100;
  if (Math.abs(percent) < 0.05) return 'as before';
  const size = Math.abs(percent);
  return `${percent > 0 ? '+' : '−'}${size < 10 ? size.toFixed(1) : Math.round(size)} % against the period before`;
}

function rateBefore(rate: number | null | undefined): string {
  return rate === undefined
    ? ''
    : rate === null
      ? 'no attempt before'
      : `${shareWords(rate)} the period before`;
}
