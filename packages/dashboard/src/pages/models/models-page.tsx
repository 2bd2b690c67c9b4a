/** Models: the catalogue with every provider's price, and who of the workspace's keys serves each model. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { apiQuery } from '../../api/queries.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { SearchField, SelectField } from '../../components/field.tsx';
import { countWords } from '../../components/numbers.ts';
import { Page } from '../../components/page.tsx';
import { EmptyState, Loaded, SkeletonRows } from '../../components/states.tsx';
import { ModelDetails } from './model-details.tsx';
import { ModelsTable } from './models-table.tsx';
import {
  ABILITIES,
  findModels,
  providersOf,
  SERVERS,
  type CatalogueModel,
  type ModelsSearch,
} from './models-search.ts';

const ANY = { value: '', label: 'Any' };
const options = (words: Readonly<Record<string, string>>) => [
  ANY,
  ...Object.entries(words).map(([value, label]) => ({ value, label })),
];
const SERVER_OPTIONS = options(SERVERS);
const ABILITY_OPTIONS = options(ABILITIES);

export function ModelsPage() {
  const catalogue = useQuery(apiQuery('getCatalogue', {}));
  return (
    <Page
      title="Models"
      width="full"
      description="Every model that is known, what each provider asks for it, and which of your keys serves it. Prices are USD per million tokens, to the last digit."
    >
      <Loaded
        query={catalogue}
        skeleton={
          <Card>
            <SkeletonRows rows={14} />
          </Card>
        }
      >
        {({ data }) => <Catalogue models={data} />}
      </Loaded>
    </Page>
  );
}

function Catalogue({ models }: { readonly models: readonly CatalogueModel[] }) {
  const search = useSearch({ from: '/shell/models' });
  const navigate = useNavigate({ from: '/models' });
  const change = (next: ModelsSearch) => void navigate({ search: next, replace: true });
  const found = useMemo(() => findModels(models, search), [models, search]);
  const open = models.find(({ id }) => id === search.model);
  return (
    <>
      <Filters models={models} search={search} onChange={change} />
      <Card
        flush
        title={
          <span aria-live="polite">
            {countWords(found.length)} {found.length === 1 ? 'model' : 'models'}
          </span>
        }
      >
        {found.length === 0 ? (
          <EmptyState
            icon="search"
            title="No model matches"
            action={<Button onClick={() => change({})}>Show all models</Button>}
          >
            Any other name can be asked for too: it is passed on where a provider accepts it, and has no
            price.
          </EmptyState>
        ) : (
          <ModelsTable models={found} onOpen={({ id }) => change({ ...search, model: id })} />
        )}
      </Card>
      {open === undefined ? null : <ModelDetails model={open} onClose={() => change(without(search))} />}
    </>
  );
}

function without({ model: _closed, ...search }: ModelsSearch): ModelsSearch {
  return search;
}

function Filters({
  models,
  search,
  onChange,
}: {
  readonly models: readonly CatalogueModel[];
  readonly search: ModelsSearch;
  readonly onChange: (search: ModelsSearch) => void;
}) {
  const providers = useMemo(() => [ANY, ...providersOf(models)], [models]);
  const field = (name: 'q' | 'provider' | 'served' | 'can') => ({
    value: search[name] ?? '',
    onValue: (value: string) => {
      const { [name]: _old, ...rest } = search;
      onChange(value === '' ? rest : ({ ...rest, [name]: value } as ModelsSearch));
    },
  });
  return (
    <div className="grid grid-cols-2 items-end gap-3 md:grid-cols-[minmax(14rem,2fr)_1fr_1fr_1fr]">
      <SearchField className="max-md:col-span-2" label="Search models" {...field('q')} />
      <SelectField label="Provider" options={providers} {...field('provider')} />
      <SelectField label="Served by" options={SERVER_OPTIONS} {...field('served')} />
      <SelectField label="Can" options={ABILITY_OPTIONS} {...field('can')} />
    </div>
  );
}
