/**
 * The keys, one line each: which, how it is, what it did, what it spent. On a narrow screen a line becomes a small card. Many
 * are searched, narrowed to those that need somebody, and drawn some at a time, so that what is below them stays in reach.
 */
import { useState } from 'react';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { SearchField, SelectField } from '../../components/field.tsx';
import { InitialsLogo } from '../../components/initials-logo.tsx';
import { Money } from '../../components/money.tsx';
import { countWords } from '../../components/numbers.ts';
import { Sparkline, UsedBar } from '../../components/sparkline.tsx';
import { Countdown, Time } from '../../components/time.tsx';
import { conditionOf } from './key-condition.ts';
import type { Provider } from './key-draft.ts';
import { KeyMenu } from './key-menu.tsx';
import { useSparklines, type DaySparkline, type KeyScope, type ProviderKey } from './key-scope.ts';
import { TestButton } from './test-key.tsx';
import { useKeysSearch } from './use-keys-search.ts';

const NO_HOURS: readonly number[] = Array.from({ length: 24 }, () => 0);
/** So many are seen at a glance. */
const SEARCHED_FROM = 9;
const DRAWN_AT_FIRST = 25;
const DRAWN_FURTHER = 100;
const SHOW_ALL = 'all';
const SHOW_ATTENTION = 'attention';

export function KeyList({
  scope,
  keys,
  providers,
  mayManage,
}: {
  readonly scope: KeyScope;
  readonly keys: readonly ProviderKey[];
  readonly providers: readonly Provider[];
  readonly mayManage: boolean;
}) {
  const days = useSparklines(scope);
  const nameOf = (id: string): string => providers.find((provider) => provider.id === id)?.name ?? id;
  const [sought, setSought] = useState('');
  const [show, setShow] = useState(SHOW_ALL);
  const [drawn, setDrawn] = useState(DRAWN_AT_FIRST);
  const sorted = keys
    .filter((key) => show === SHOW_ALL || needsAttention(key))
    .filter((key) => holds([key.label, key.hint, key.provider, nameOf(key.provider)], sought))
    .toSorted((a, b) => nameOf(a.provider).localeCompare(nameOf(b.provider)) || b.weight - a.weight);
  const left = sorted.length - drawn;
  return (
    <Card flush>
      {keys.length < SEARCHED_FROM ? null : (
        <div className="flex flex-wrap items-end gap-3 border-b border-line p-3 sm:px-5">
          <SearchField
            label="Search keys"
            value={sought}
            onValue={setSought}
            className="min-w-0 flex-1 basis-56 sm:max-w-sm"
          />
          <SelectField label="Show" value={show} onValue={setShow} options={showOptions(keys)} />
        </div>
      )}
      {sorted.length === 0 ? <NothingFound sought={sought} /> : null}
      <ul className="divide-y divide-line">
        {sorted.slice(0, drawn).map((key) => (
          <KeyLine
            key={key.id}
            scope={scope}
            providerKey={key}
            providerName={nameOf(key.provider)}
            day={days.get(key.id)}
            mayManage={mayManage}
          />
        ))}
      </ul>
      {left <= 0 ? null : (
        <footer className="flex flex-wrap items-center justify-center gap-3 border-t border-line p-3 text-xs text-muted">
          {`${countWords(drawn)} of ${countWords(sorted.length)} keys`}
          <Button size="small" onClick={() => setDrawn(drawn + DRAWN_FURTHER)}>
            {`Show ${countWords(Math.min(left, DRAWN_FURTHER))} more`}
          </Button>
        </footer>
      )}
    </Card>
  );
}

/** Somebody has to do something, or to wait: what is off is off by choice. */
function needsAttention(key: ProviderKey): boolean {
  const { tone } = conditionOf(key);
  return tone === 'bad' || tone === 'warn';
}

function showOptions(keys: readonly ProviderKey[]) {
  return [
    { value: SHOW_ALL, label: `All ${countWords(keys.length)} keys` },
    {
      value: SHOW_ATTENTION,
      label: `Not serving (${countWords(keys.filter(needsAttention).length)})`,
    },
  ];
}

function holds(texts: readonly string[], sought: string): boolean {
  const words = sought.trim().toLowerCase();
  return texts.some((text) => text.toLowerCase().includes(words));
}

function NothingFound({ sought }: { readonly sought: string }) {
  return (
    <p role="status" className="px-5 py-8 text-center text-[0.8125rem] text-muted wrap-anywhere">
      {sought.trim() === ''
        ? 'Every key that is switched on can serve.'
        : `No key has “${sought.trim()}” in its label, its last characters or its provider.`}
    </p>
  );
}

function KeyLine({
  scope,
  providerKey,
  providerName,
  day,
  mayManage,
}: {
  readonly scope: KeyScope;
  readonly providerKey: ProviderKey;
  readonly providerName: string;
  readonly day: DaySparkline | undefined;
  readonly mayManage: boolean;
}) {
  const [, open] = useKeysSearch();
  return (
    <li className="grid items-center gap-x-5 gap-y-3 px-4 py-3 hover:bg-hover max-lg:grid-cols-2 sm:px-5 lg:grid-cols-[minmax(11rem,1.4fr)_minmax(10rem,1.2fr)_minmax(7rem,0.8fr)_minmax(7rem,0.9fr)_6rem_auto]">
      <div className="flex min-w-0 items-center gap-3 max-lg:col-span-2">
        <InitialsLogo name={providerName} />
        <div className="min-w-0">
          <button
            type="button"
            className="block max-w-full truncate text-left text-[0.8125rem] font-medium hover:underline"
            title={providerKey.label}
            onClick={() => open({ key: providerKey.id })}
          >
            {providerKey.label}
          </button>
          <p className="truncate text-xs text-muted">
            {providerName} · <span className="font-mono">{providerKey.hint}</span>
          </p>
        </div>
      </div>
      <div className="min-w-0 max-lg:col-span-2">
        <Condition providerKey={providerKey} />
      </div>
      <Day day={day} />
      <Spend providerKey={providerKey} />
      <p className="text-xs text-muted">
        <span className="block text-faint">Last used</span>
        {providerKey.last_used_at === null ? (
          'never'
        ) : (
          <Time at={providerKey.last_used_at} style="relative" />
        )}
      </p>
      {mayManage ? (
        <div className="flex items-center gap-1.5 max-lg:col-span-2 lg:justify-end">
          <TestButton scope={scope} providerKey={providerKey} />
          <KeyMenu scope={scope} providerKey={providerKey} />
        </div>
      ) : (
        <Button size="small" onClick={() => open({ key: providerKey.id })}>
          Details
        </Button>
      )}
    </li>
  );
}

/** The last 24 hours at a glance; the numbers are in words beside the columns. */
export function Day({ day }: { readonly day: DaySparkline | undefined }) {
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  const requests = sum(day?.requests ?? []);
  const errors = sum(day?.errors ?? []);
  const words = `${countWords(requests)} ${requests === 1 ? 'request' : 'requests'}${errors === 0 ? '' : `, ${countWords(errors)} failed`}`;
  return (
    <div className="grid min-w-0 gap-1 text-xs max-lg:col-span-2">
      <p className="flex justify-between gap-2 text-faint">
        <span className="whitespace-nowrap">24 h</span>
        <span className={`truncate ${errors > 0 ? 'text-bad' : 'text-muted'}`}>{words}</span>
      </p>
      <Sparkline
        requests={day?.requests ?? NO_HOURS}
        errors={day?.errors ?? NO_HOURS}
        label={`In the last 24 hours: ${words}`}
      />
    </div>
  );
}

/** The state in a word, until when, and the first words of what went wrong. */
export function Condition({ providerKey }: { readonly providerKey: ProviderKey }) {
  const { tone, word, until } = conditionOf(providerKey);
  const { last_error: lastError } = providerKey.health;
  return (
    <div className="min-w-0">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <Badge tone={tone} dot>
          {word}
          {until === null ? null : <Countdown until={until} over="ending" />}
        </Badge>
        {providerKey.always_use ? <Badge>Always use</Badge> : null}
      </div>
      {lastError === null || tone === 'good' || tone === 'neutral' ? null : (
        <p className="mt-1 truncate text-xs text-muted" title={lastError.message}>
          {lastError.message}
        </p>
      )}
    </div>
  );
}

function Spend({ providerKey }: { readonly providerKey: ProviderKey }) {
  const { monthly_budget_usd: monthly, daily_budget_usd: daily } = providerKey;
  const useDaily = monthly === null && daily !== null;
  const spent = useDaily ? providerKey.spent_today_usd : providerKey.spent_month_usd;
  const budget = useDaily ? daily : monthly;
  return (
    <div className="grid gap-1 text-xs">
      <p className="text-muted">
        <span className="block text-faint">{useDaily ? 'Spent today' : 'Spent this month'}</span>
        <Money usd={spent} className="text-ink" />
        {budget === null ? null : (
          <>
            {' of '}
            <Money usd={budget} />
          </>
        )}
      </p>
      {budget === null ? null : (
        <UsedBar
          used={spent}
          limit={budget}
          label={`${Math.round((spent / budget) * 100)} % of the budget`}
        />
      )}
    </div>
  );
}
