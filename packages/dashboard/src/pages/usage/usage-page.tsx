/** Usage: what was asked and spent, own keys and platform apart, over time and per model; and what failed. */
import type { RouteAnswer } from '@arouter/contract';
import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { apiQuery } from '../../api/queries.ts';
import { buttonClass } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { SearchField, SelectField } from '../../components/field.tsx';
import { Page } from '../../components/page.tsx';
import { Below, Loaded, SkeletonRows } from '../../components/states.tsx';
import { KeyErrors } from './key-errors.tsx';
import { ModelTable } from './model-table.tsx';
import { UsageChart } from './usage-chart.tsx';
import { UsageFigures, UsageFiguresSkeleton } from './usage-figures.tsx';
import {
  granularitiesOf,
  granularityOf,
  GROUPS,
  MEASURES,
  RANGES,
  toPeriod,
  type UsageSearch,
} from './usage-search.ts';

const options = (words: Readonly<Record<string, string>>) =>
  Object.entries(words).map(([value, label]) => ({ value, label }));
const RANGE_OPTIONS = Object.entries(RANGES).map(([value, { words }]) => ({ value, label: `Last ${words}` }));

export function UsagePage() {
  const search = useSearch({ from: '/shell/usage' });
  const navigate = useNavigate({ from: '/usage' });
  const set = (name: keyof UsageSearch) => (value: string) =>
    void navigate({ search: { ...search, [name]: value } as UsageSearch, replace: true });
  const period = toPeriod(search, Date.now());
  const exportQuery = new URLSearchParams({ ...period, granularity: granularityOf(search) });
  return (
    <Page
      title="Usage"
      width="full"
      description="Requests and spend of your own keys and of platform keys, apart. Amounts of own keys are estimates at list price."
      actions={
        <>
          <SelectField
            label="Range"
            value={search.range ?? '7d'}
            onValue={set('range')}
            options={RANGE_OPTIONS}
          />
          <SelectField
            label="Granularity"
            value={granularityOf(search)}
            onValue={set('granularity')}
            options={granularitiesOf(search).map((value) => ({ value, label: value }))}
          />
          <a className={`${buttonClass()} self-end`} href={`/api/usage/export?${exportQuery}`} download>
            Export CSV
          </a>
        </>
      }
    >
      <Overview search={search} onGroup={set('group')} onMeasure={set('measure')} />
    </Page>
  );
}

function Overview({
  search,
  onGroup,
  onMeasure,
}: {
  readonly search: UsageSearch;
  readonly onGroup: (group: string) => void;
  readonly onMeasure: (measure: string) => void;
}) {
  const summary = useQuery({
    ...apiQuery('getUsageSummary', { query: { ...toPeriod(search, Date.now()), compare: 'previous' } }),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <Loaded query={summary} skeleton={<UsageFiguresSkeleton />}>
        {(sums) => <UsageFigures sums={sums} />}
      </Loaded>
      <Card
        title="Over time"
        actions={
          <>
            <SelectField
              label="Show"
              value={search.measure ?? 'requests'}
              onValue={onMeasure}
              options={options(MEASURES)}
            />
            <SelectField
              label="By"
              value={search.group ?? 'source'}
              onValue={onGroup}
              options={options(GROUPS)}
            />
          </>
        }
      >
        <UsageChart search={search} />
      </Card>
      <ModelsCard summary={summary} />
      <Below query={summary}>
        <ErrorsCard search={search} />
      </Below>
    </>
  );
}

function ModelsCard({ summary }: { readonly summary: UseQueryResult<RouteAnswer<'getUsageSummary'>> }) {
  const [text, setText] = useState('');
  return (
    <Card
      flush
      title="Models"
      description="Source says whose keys served the model: your own, the platform's, or a mix."
      actions={<SearchField label="Search models" value={text} onValue={setText} />}
    >
      <Loaded query={summary} skeleton={<Skeletons />}>
        {({ by_model: rows }) => <ModelTable rows={rows} search={text} />}
      </Loaded>
    </Card>
  );
}

function ErrorsCard({ search }: { readonly search: UsageSearch }) {
  const errors = useQuery({
    ...apiQuery('getUsageErrors', { query: toPeriod(search, Date.now()) }),
    placeholderData: keepPreviousData,
  });
  return (
    <Card flush title="Errors by key" description="Failed attempts, each key's own, and what kind they were.">
      <Loaded query={errors} skeleton={<Skeletons />}>
        {({ data }) => <KeyErrors keys={data} />}
      </Loaded>
    </Card>
  );
}

function Skeletons() {
  return (
    <div className="p-4">
      <SkeletonRows rows={4} />
    </div>
  );
}
