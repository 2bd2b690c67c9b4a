/** Routing preview: who would serve a request, in which order and with which share, and why the others would not. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { allApiKeysQuery, allProviderKeysQuery } from '../../api/all-keys.ts';
import { useApiMutation } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { SelectField } from '../../components/field.tsx';
import { ModelField } from '../../components/model-field.tsx';
import { Page } from '../../components/page.tsx';
import { PlanTable } from '../../components/plan-table.tsx';
import { EmptyState, ErrorState } from '../../components/states.tsx';
import { WhatIfCard } from './what-if-card.tsx';
import type { Verdict } from './what-if.ts';

const NO_KEY = { value: '', label: 'No API key: no restrictions' };

/** Those that the role may see. */
function useApiKeyOptions() {
  const { data = [] } = useQuery({ ...allApiKeysQuery, enabled: useMay('api_keys.read') });
  const regular = data.filter(({ key_type: kind, disabled }) => kind === 'regular' && !disabled);
  return [NO_KEY, ...regular.map(({ hash, name }) => ({ value: hash, label: name }))];
}

export function PreviewPage() {
  const search = useSearch({ from: '/shell/routing' });
  const navigate = useNavigate({ from: '/routing' });
  const [model, setModel] = useState(search.model ?? '');
  const [apiKey, setApiKey] = useState(search.apiKey ?? '');
  const apiKeys = useApiKeyOptions();
  const preview = useApiMutation('previewRouting');
  const ask = () => {
    const next = { model: model.trim(), ...(apiKey === '' ? {} : { apiKey }) };
    void navigate({ search: next, replace: true });
    preview.mutate({ body: { model: next.model }, query: apiKey === '' ? {} : { api_key: apiKey } });
  };
  const { mutate } = preview;
  // An address with a model in it is a question already.
  useEffect(() => {
    if (search.model !== undefined)
      mutate({
        body: { model: search.model },
        query: search.apiKey === undefined ? {} : { api_key: search.apiKey },
      });
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- only as the page opens; afterwards the button asks
  }, []);
  return (
    <Page
      title="Routing preview"
      description="Asks the router itself, as it stands now: the same rules, the same health, the same limits. Nothing is sent."
    >
      <Card>
        <form
          className="grid items-end gap-3 sm:grid-cols-[1fr_1fr_auto]"
          onSubmit={(event) => {
            event.preventDefault();
            if (model.trim() !== '') ask();
          }}
        >
          <ModelField label="Model" value={model} onValue={setModel} />
          <SelectField label="As which API key" value={apiKey} onValue={setApiKey} options={apiKeys} />
          <Button
            type="submit"
            look="primary"
            icon="route"
            busy={preview.isPending}
            disabled={model.trim() === ''}
          >
            Preview
          </Button>
        </form>
      </Card>
      <Outcome preview={preview} asked={{ model: model.trim(), apiKey }} onRetry={ask} />
    </Page>
  );
}

function Outcome({
  preview,
  asked,
  onRetry,
}: {
  readonly preview: ReturnType<typeof useApiMutation<'previewRouting'>>;
  readonly asked: { readonly model: string; readonly apiKey: string };
  readonly onRetry: () => void;
}) {
  if (preview.isError) {
    return (
      <Card>
        <ErrorState error={preview.error} onRetry={onRetry} />
      </Card>
    );
  }
  if (preview.data === undefined) {
    return (
      <Card>
        <EmptyState icon="route" title="Name a model">
          You see every key's verdict: its place in line and its share of first tries, or the reason why it is
          left out.
        </EmptyState>
      </Card>
    );
  }
  const { model, verdicts, fallbacks } = preview.data.data;
  return (
    <>
      <WhatIf asked={asked} verdicts={verdicts} onSaved={onRetry} />
      {[{ model, verdicts }, ...fallbacks].map((plan, index) => (
        <Card
          key={`${plan.model}-${index}`}
          flush
          title={plan.model}
          description={
            index === 0
              ? 'In the order in which keys would be tried.'
              : 'Where no key of the models before could answer.'
          }
        >
          <PlanTable plan={plan} />
        </Card>
      ))}
    </>
  );
}

/** Own keys alone can be tried otherwise: platform keys are the operator's. */
function WhatIf({
  asked,
  verdicts,
  onSaved,
}: {
  readonly asked: { readonly model: string; readonly apiKey: string };
  readonly verdicts: readonly Verdict[];
  readonly onSaved: () => void;
}) {
  const { data = [] } = useQuery(allProviderKeysQuery('byok'));
  const judged = new Set(
    verdicts.filter(({ reason }) => !FOREIGN.has(reason?.code ?? '')).map(({ provider_key_id: id }) => id),
  );
  const keys = data.filter(({ id }) => judged.has(id));
  if (keys.length === 0) return null;
  return <WhatIfCard keys={keys} asked={asked} now={verdicts} onSaved={onSaved} />;
}

/** No weight or limit makes a key of another provider serve the model. */
const FOREIGN: ReadonlySet<string> = new Set(['provider_not_serving_model']);
