/** Own keys with their weights, switches and limits, to be changed on trial: the effect is seen first, saved after. */
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { callApi } from '../../api/client.ts';
import { errorWords } from '../../api/error-words.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Notice } from '../../components/states.tsx';
import { notify, notifyError } from '../../components/toasts.tsx';
import { CompareTable } from './compare-table.tsx';
import {
  changesOf,
  NUMBER_FIELDS,
  shownNumber,
  type Change,
  type Drafts,
  type KeyDraft,
  type NumberField,
  type OwnKey,
  type Verdict,
} from './what-if.ts';

type Asked = { readonly model: string; readonly apiKey: string };

/** `keys`: those of the workspace that the plan judges. `onSaved`: they are otherwise now, ask again. */
export function WhatIfCard({
  keys,
  asked,
  now,
  onSaved,
}: {
  readonly keys: readonly OwnKey[];
  readonly asked: Asked;
  readonly now: readonly Verdict[];
  readonly onSaved: () => void;
}) {
  const [drafts, setDrafts] = useState<Drafts>({});
  const changes = changesOf(keys, drafts);
  const preview = useChangedPreview(asked, changes);
  const saving = useSaving(() => {
    setDrafts({});
    onSaved();
  });
  const mayManage = useMay('provider_keys.manage');
  return (
    <Card
      flush
      title="What if?"
      description="Change weights, switches and limits on trial. Nothing is stored until you save. A limit that a key does not have yet counts from now on."
      actions={
        changes.length === 0 ? undefined : (
          <>
            <Button size="small" onClick={() => setDrafts({})}>
              Take back
            </Button>
            {mayManage ? (
              <Button
                size="small"
                look="primary"
                busy={saving.busy}
                disabled={preview.isError}
                onClick={() => void saving.save(changes)}
              >
                Save these changes
              </Button>
            ) : null}
          </>
        )
      }
    >
      <KeyTable
        keys={keys}
        drafts={drafts}
        onDraft={(id, change) => setDrafts({ ...drafts, [id]: { ...drafts[id], ...change } })}
      />
      {changes.length === 0 ? null : preview.isError ? (
        <div className="p-4">
          <Notice tone="bad">{errorWords(preview.error).detail}</Notice>
        </div>
      ) : preview.data === undefined ? null : (
        <CompareTable now={now} then={preview.data.data.verdicts} />
      )}
    </Card>
  );
}

function useChangedPreview({ model, apiKey }: Asked, changes: readonly Change[]) {
  return useQuery({
    queryKey: ['previewRouting', model, apiKey, changes],
    queryFn: ({ signal }) =>
      callApi(
        'previewRouting',
        { body: { model, changes: [...changes] }, query: apiKey === '' ? {} : { api_key: apiKey } },
        signal,
      ),
    enabled: changes.length > 0,
    placeholderData: keepPreviousData,
    retry: false,
  });
}

/** One key after the other; where one is refused, those before it are saved and it is said why. */
function useSaving(onSaved: () => void) {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const save = async (changes: readonly Change[]): Promise<void> => {
    setBusy(true);
    try {
      for (const { provider_key_id: id, ...body } of changes)
        await callApi('updateByok', { params: { id }, body });
      notify(changes.length === 1 ? 'The key is changed' : `${changes.length} keys are changed`);
    } catch (error) {
      notifyError(error);
    } finally {
      await client.invalidateQueries({ queryKey: ['provider-keys', 'byok'] });
      setBusy(false);
      onSaved();
    }
  };
  return { busy, save };
}

const TITLES: Readonly<Record<NumberField, string>> = {
  weight: 'Weight',
  rpmLimit: 'RPM limit',
  dailyBudget: 'USD a day',
  monthlyBudget: 'USD a month',
};
const CELL = 'border-b border-line px-3 py-1.5 first:pl-5 last:pr-5';

function KeyTable({
  keys,
  drafts,
  onDraft,
}: {
  readonly keys: readonly OwnKey[];
  readonly drafts: Drafts;
  readonly onDraft: (id: string, change: KeyDraft) => void;
}) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by keyboard
    <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Keys on trial">
      <table className="w-full text-left text-[0.8125rem]">
        <thead className="text-xs text-muted">
          <tr>
            {['Key', 'On', 'Always use', ...NUMBER_FIELDS.map((field) => TITLES[field])].map((title) => (
              <th key={title} scope="col" className={`${CELL} font-medium`}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <KeyRow
              key={key.id}
              own={key}
              draft={drafts[key.id] ?? {}}
              onDraft={(change) => onDraft(key.id, change)}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function KeyRow({
  own,
  draft,
  onDraft,
}: {
  readonly own: OwnKey;
  readonly draft: KeyDraft;
  readonly onDraft: (change: KeyDraft) => void;
}) {
  const name = own.label || own.hint;
  return (
    <tr>
      <th scope="row" className={`${CELL} font-medium`}>
        <span className="block max-w-56 truncate">{name}</span>
      </th>
      <td className={CELL}>
        <input
          type="checkbox"
          role="switch"
          className="switch"
          aria-label={`${name}: on`}
          checked={draft.enabled ?? own.enabled}
          onChange={(event) => onDraft({ enabled: event.target.checked })}
        />
      </td>
      <td className={CELL}>
        <input
          type="checkbox"
          role="switch"
          className="switch"
          aria-label={`${name}: always use`}
          checked={draft.alwaysUse ?? own.always_use}
          onChange={(event) => onDraft({ alwaysUse: event.target.checked })}
        />
      </td>
      {NUMBER_FIELDS.map((field) => (
        <td key={field} className={CELL}>
          <input
            className="control w-24"
            inputMode="decimal"
            placeholder="none"
            aria-label={`${name}: ${TITLES[field]}`}
            value={shownNumber(own, draft, field)}
            onChange={(event) => onDraft({ [field]: event.target.value })}
          />
        </td>
      ))}
    </tr>
  );
}
