/** A plan as it is beside a plan as it would be: order and share of each key, and why one would be left out. */
import { Badge, SourceBadge } from '../../components/badge.tsx';
import { shareWords } from '../../components/numbers.ts';
import { compare, type Comparison, type Verdict } from './what-if.ts';

const CELL = 'border-b border-line px-3 py-2 align-top first:pl-5 last:pr-5';

export function CompareTable({
  now,
  then,
}: {
  readonly now: readonly Verdict[];
  readonly then: readonly Verdict[];
}) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by keyboard
    <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Now and then">
      <table className="w-full text-left text-[0.8125rem]">
        <thead className="text-xs text-muted">
          <tr>
            {['Key', 'Source', 'Order now', 'then', 'First tries now', 'then', 'Why it is left out then'].map(
              (title, index) => (
                <th
                  key={index}
                  scope="col"
                  className="border-b border-line px-3 py-2 font-medium first:pl-5 last:pr-5"
                >
                  {title}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {compare(now, then).map((row) => (
            <Row key={row.id} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ row: { label, provider, source, now, after } }: { readonly row: Comparison }) {
  const changed = (name: 'rank' | 'share') =>
    (now?.[name] ?? null) === (after?.[name] ?? null) ? '' : 'font-semibold text-accent';
  const reason = after?.reason ?? null;
  return (
    <tr>
      <th scope="row" className={`${CELL} font-medium`}>
        <span className="block max-w-56 truncate">{label}</span>
        <span className="block text-xs font-normal text-muted">{provider}</span>
      </th>
      <td className={CELL}>
        <SourceBadge source={source} />
      </td>
      <td className={CELL}>{now?.rank ?? '–'}</td>
      <td className={`${CELL} ${changed('rank')}`}>{after?.rank ?? '–'}</td>
      <td className={CELL}>{shareWords(now?.share ?? null)}</td>
      <td className={`${CELL} ${changed('share')}`}>{shareWords(after?.share ?? null)}</td>
      <td className={`${CELL} min-w-48`}>
        {reason === null ? null : (
          <>
            <Badge tone="warn">{reason.code.replaceAll('_', ' ')}</Badge>{' '}
            <span className="text-muted wrap-anywhere">{reason.message}</span>
          </>
        )}
      </td>
    </tr>
  );
}
