/** One key, whole: how it is and why, what to do about it, its options, its spend. */
import type { ReactNode } from 'react';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { LinkedText } from '../../components/linked-text.tsx';
import { Money } from '../../components/money.tsx';
import { Notice } from '../../components/states.tsx';
import { UsedBar } from '../../components/sparkline.tsx';
import { Countdown, Time } from '../../components/time.tsx';
import { commonIssuesOf } from './key-condition.ts';
import type { Provider } from './key-draft.ts';
import { Condition, Day } from './key-list.tsx';
import { useDeletion, useSwitches } from './key-menu.tsx';
import { useKeyActions, useSparklines, type KeyScope, type ProviderKey } from './key-scope.ts';
import { ShareBars } from './share-bars.tsx';
import { TestOutcome, TestProgress } from './test-key.tsx';
import { useKeysSearch } from './use-keys-search.ts';
import { ErrorLine } from './error-line.tsx';

export type KeyDetailsProps = {
  readonly scope: KeyScope;
  readonly providerKey: ProviderKey;
  readonly provider: Provider | undefined;
  /** All keys of the same provider, this one included. */
  readonly sisters: readonly ProviderKey[];
  readonly mayManage: boolean;
};

export function KeyDetails({ scope, providerKey, provider, sisters, mayManage }: KeyDetailsProps) {
  const [, open] = useKeysSearch();
  const { test } = useKeyActions(scope);
  const day = useSparklines(scope).get(providerKey.id);
  const name = provider?.name ?? providerKey.provider;
  return (
    <Dialog
      open
      onOpenChange={(isOpen) => (isOpen ? undefined : open({}))}
      width="large"
      title={providerKey.label}
      description={
        <>
          {name} · <span className="font-mono">{providerKey.hint}</span>
        </>
      }
      footer={mayManage ? <Footer scope={scope} providerKey={providerKey} test={test} /> : undefined}
    >
      <div className="grid gap-5">
        <Condition providerKey={providerKey} />
        {test.isPending ? <TestProgress provider={name} /> : null}
        {test.isError ? <ErrorLine error={test.error} /> : null}
        {test.isSuccess ? <TestOutcome result={test.data.data} /> : null}
        <LastError providerKey={providerKey} providerName={name} />
        <CommonIssues providerKey={providerKey} keysUrl={provider?.keys_url ?? ''} />
        <Part title="Last 24 hours">
          <Day day={day} />
        </Part>
        <Budgets providerKey={providerKey} />
        <Options providerKey={providerKey} />
        {sisters.length > 1 ? (
          <Part title={`Share among the ${name} keys`}>
            <ShareBars
              scope={scope}
              provider={providerKey.provider}
              weight={providerKey.weight}
              keyId={providerKey.id}
              label={providerKey.label}
              count={sisters.length}
            />
          </Part>
        ) : null}
      </div>
    </Dialog>
  );
}

function Footer({
  scope,
  providerKey,
  test,
}: {
  readonly scope: KeyScope;
  readonly providerKey: ProviderKey;
  readonly test: ReturnType<typeof useKeyActions>['test'];
}) {
  const [, open] = useKeysSearch();
  const deletion = useDeletion(scope, providerKey);
  const switches = useSwitches(scope, providerKey);
  const benched = providerKey.health.state !== 'healthy' || !providerKey.enabled;
  return (
    <>
      <Button
        look="quiet"
        icon="trash"
        className="mr-auto text-bad"
        busy={deletion.busy}
        onClick={deletion.remove}
      >
        Delete
      </Button>
      {providerKey.enabled ? (
        <Button busy={switches.busy} onClick={switches.disable}>
          Disable
        </Button>
      ) : null}
      {benched ? (
        <Button busy={switches.busy} onClick={switches.reenable}>
          Re-enable
        </Button>
      ) : null}
      <Button onClick={() => open({ edit: providerKey.id })}>Edit</Button>
      <Button look="primary" busy={test.isPending} onClick={() => test.mutate(providerKey.id)}>
        Test Key
      </Button>
    </>
  );
}

function LastError({
  providerKey,
  providerName,
}: {
  readonly providerKey: ProviderKey;
  readonly providerName: string;
}) {
  const { last_error: lastError, models } = providerKey.health;
  if (lastError === null) return null;
  return (
    <Part title="Last error">
      <figure className="rounded-xl border border-line bg-sunken px-3.5 py-3 text-[0.8125rem]">
        <blockquote className="font-mono text-xs leading-5 wrap-anywhere">{lastError.message}</blockquote>
        <figcaption className="mt-1.5 text-xs text-muted">
          {providerName}
          {lastError.status === null ? '' : ` · HTTP ${lastError.status}`} ·{' '}
          {lastError.class.replaceAll('_', ' ')} · <Time at={lastError.at} style="relative" />
        </figcaption>
      </figure>
      <p className="text-[0.8125rem]">
        <span className="font-medium">What to do: </span>
        <LinkedText text={lastError.advice} />
      </p>
      {models.length === 0 ? null : (
        <ul className="grid gap-1 text-xs text-muted">
          {models.map(({ model, until }) => (
            <li key={model}>
              <span className="font-mono">{model}</span>:{' '}
              {until === null ? (
                'set aside'
              ) : (
                <>
                  set aside for <Countdown until={until} over="a moment" />
                </>
              )}
            </li>
          ))}
        </ul>
      )}
    </Part>
  );
}

function CommonIssues({
  providerKey,
  keysUrl,
}: {
  readonly providerKey: ProviderKey;
  readonly keysUrl: string;
}) {
  const issues = commonIssuesOf(providerKey, keysUrl);
  if (issues.length === 0) return null;
  return (
    <Part title="This looks like a common issue">
      {issues.map((issue) => (
        <Notice key={issue.symptom} tone="warn" title={issue.symptom}>
          <p>{issue.cause}</p>
          <p className="mt-1">
            <span className="font-medium">Fix: </span>
            <LinkedText text={issue.fix} />
          </p>
        </Notice>
      ))}
    </Part>
  );
}

function Budgets({ providerKey }: { readonly providerKey: ProviderKey }) {
  const rows = [
    ['Today (UTC)', providerKey.spent_today_usd, providerKey.daily_budget_usd],
    ['This month (UTC)', providerKey.spent_month_usd, providerKey.monthly_budget_usd],
  ] as const;
  return (
    <Part title="Spend">
      <div className="grid gap-3 sm:grid-cols-2">
        {rows.map(([period, spent, budget]) => (
          <div key={period} className="grid gap-1.5">
            <p className="flex justify-between gap-2 text-[0.8125rem]">
              <span className="text-muted">{period}</span>
              <span>
                <Money usd={spent} />{' '}
                {budget === null ? (
                  <span className="text-faint">no budget</span>
                ) : (
                  <>
                    of <Money usd={budget} />
                  </>
                )}
              </span>
            </p>
            {budget === null ? null : (
              <UsedBar
                used={spent}
                limit={budget}
                label={`${period}: ${Math.round((spent / budget) * 100)} % of the budget`}
              />
            )}
          </div>
        ))}
      </div>
    </Part>
  );
}

function Options({ providerKey: key }: { readonly providerKey: ProviderKey }) {
  const rows: readonly (readonly [string, ReactNode])[] = [
    [
      'When it cannot serve',
      key.always_use ? 'Never fall back to platform keys' : 'Fall back to platform keys',
    ],
    ['Weight', key.weight],
    ['RPM limit', key.rpm_limit ?? 'Unlimited'],
    ['Concurrent requests', key.max_concurrency ?? 'Unlimited'],
    ['Base URL', key.base_url ?? 'Provider default'],
    ['Region', key.region ?? 'Any'],
    ['Supported models', key.supported_models === null ? 'All models' : key.supported_models.join(', ')],
    ['Budgets', key.hard_budget ? 'Never exceeded' : 'May be exceeded by what is in flight'],
    ['Last used', key.last_used_at === null ? 'Never' : <Time key="used" at={key.last_used_at} />],
    ['Added', <Time key="added" at={key.created_at} />],
  ];
  return (
    <Part title="Options">
      <dl className="grid gap-x-6 gap-y-1.5 text-[0.8125rem] sm:grid-cols-2">
        {rows.map(([name, value]) => (
          <div key={name} className="flex justify-between gap-4 border-b border-line pb-1.5">
            <dt className="text-muted">{name}</dt>
            <dd className="min-w-0 text-right wrap-anywhere">{value}</dd>
          </div>
        ))}
      </dl>
    </Part>
  );
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="grid gap-2">
      <h3 className="text-xs font-semibold tracking-wide text-faint uppercase">{title}</h3>
      {children}
    </section>
  );
}
