/** API keys: what applications send. Made here, shown once, limited, disabled, deleted. */
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { allApiKeysQuery } from '../../api/all-keys.ts';
import { apiQuery, useApiMutation } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { columnsOf, DataTable } from '../../components/data-table.tsx';
import { SearchField } from '../../components/field.tsx';
import { Money } from '../../components/money.tsx';
import { Page } from '../../components/page.tsx';
import { UsedBar } from '../../components/sparkline.tsx';
import { EmptyState, Loaded, SkeletonRows } from '../../components/states.tsx';
import { Time } from '../../components/time.tsx';
import type { ApiKey } from './api-key.ts';
import { ApiKeyActions } from './api-key-actions.tsx';
import { ApiKeyDialog } from './api-key-dialog.tsx';
import { NewKeyDialog } from './new-key-dialog.tsx';

const RESET_WORDS = { daily: 'a day', weekly: 'a week', monthly: 'a month' } as const;

const columns = columnsOf<ApiKey>((column) => [
  column.accessor('name', {
    header: 'Name',
    cell: ({ row, getValue }) => (
      <span className="block min-w-40">
        <span className="block font-medium wrap-anywhere">{getValue()}</span>
        <span className="block font-mono text-xs text-muted">{row.original.label}</span>
      </span>
    ),
  }),
  column.accessor('disabled', { header: 'State', cell: ({ row }) => <StateBadge apiKey={row.original} /> }),
  column.accessor((row) => row.usage + row.byok_usage, {
    id: 'spend',
    header: 'Spend',
    meta: { align: 'right' },
    cell: ({ row }) => <Spend apiKey={row.original} />,
  }),
  column.accessor('limit', {
    header: 'Limit',
    meta: { width: 'w-52', wideOnly: true },
    cell: ({ row }) => <Limit apiKey={row.original} />,
  }),
  column.accessor((row) => (row.allowed_models ?? []).join(' '), {
    id: 'allowed',
    header: 'May use',
    meta: { wideOnly: true },
    cell: ({ row }) => <Allowed apiKey={row.original} />,
  }),
  column.accessor('created_at', {
    header: 'Made',
    meta: { wideOnly: true },
    cell: ({ row }) => <Made apiKey={row.original} />,
  }),
  column.display({
    id: 'actions',
    header: '',
    meta: { align: 'right', width: 'w-12' },
    cell: ({ row }) => <ApiKeyActions apiKey={row.original} />,
  }),
]);

export function ApiKeysPage() {
  const seesAll = useMay('api_keys.all');
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<string | null>(null);
  const keys = useQuery(allApiKeysQuery);
  const add = useMay('api_keys.manage') ? (
    <Button look="primary" icon="plus" onClick={() => setMaking(true)}>
      Create API key
    </Button>
  ) : null;
  return (
    <Page
      title="API keys"
      description={
        seesAll
          ? 'Your applications send one of these to ARouter. Provider keys stay here.'
          : 'Your applications send one of these to ARouter. You see those that you made; owners and admins see all.'
      }
      actions={add}
    >
      <Card flush>
        <Loaded
          query={keys}
          skeleton={
            <div className="p-4">
              <SkeletonRows rows={5} />
            </div>
          }
        >
          {(all) => <KeyList keys={all} add={add} />}
        </Loaded>
      </Card>
      {making ? (
        <CreateKey
          onClose={() => setMaking(false)}
          onMade={(key) => {
            setMaking(false);
            setMade(key);
          }}
        />
      ) : null}
      {made === null ? null : <NewKeyDialog apiKey={made} onClose={() => setMade(null)} />}
    </Page>
  );
}

function KeyList({ keys, add }: { readonly keys: readonly ApiKey[]; readonly add: ReactNode }) {
  const [search, setSearch] = useState('');
  if (keys.length === 0) {
    return (
      <EmptyState icon="key" title="No API key yet" action={add}>
        An application needs one to call ARouter.
      </EmptyState>
    );
  }
  return (
    <>
      <div className="max-w-sm p-3">
        <SearchField label="Search API keys" value={search} onValue={setSearch} />
      </div>
      <DataTable label="API keys" columns={columns} rows={keys} rowId={({ hash }) => hash} search={search} />
    </>
  );
}

function CreateKey({
  onClose,
  onMade,
}: {
  readonly onClose: () => void;
  readonly onMade: (key: string) => void;
}) {
  const create = useApiMutation('createApiKey', { stale: ['listApiKeys'] });
  return (
    <ApiKeyDialog
      title="Create API key"
      action="Create"
      busy={create.isPending}
      error={create.error}
      onSubmit={(body) => create.mutate({ body }, { onSuccess: ({ key }) => onMade(key) })}
      onClose={onClose}
    />
  );
}

function StateBadge({ apiKey }: { readonly apiKey: ApiKey }) {
  const expired = apiKey.expires_at !== null && Date.parse(apiKey.expires_at) <= Date.now();
  return (
    <span className="flex flex-wrap items-center gap-1.5">
      {apiKey.disabled ? (
        <Badge tone="neutral">Disabled</Badge>
      ) : expired ? (
        <Badge tone="bad">Expired</Badge>
      ) : (
        <Badge tone="good">Active</Badge>
      )}
      {apiKey.key_type === 'regular' ? null : <Badge tone="accent">{apiKey.key_type}</Badge>}
      {apiKey.expires_at === null || expired ? null : (
        <span className="text-xs text-muted">
          until <Time at={apiKey.expires_at} style="date" />
        </span>
      )}
    </span>
  );
}

/** By whom is told to those who see the keys of more people than one. */
function Made({ apiKey }: { readonly apiKey: ApiKey }) {
  const tellsWho = useMay('api_keys.all') && apiKey.creator_user_id !== null;
  const members = useQuery({ ...apiQuery('listMembers', {}), enabled: tellsWho });
  const maker = members.data?.data.find(({ user_id: id }) => id === apiKey.creator_user_id);
  return (
    <span className="block">
      <Time at={apiKey.created_at} style="date" />
      {tellsWho && members.data !== undefined ? (
        <span className="block max-w-40 truncate text-xs text-muted">
          by {maker?.name ?? 'someone who has left'}
        </span>
      ) : null}
    </span>
  );
}

function Spend({ apiKey }: { readonly apiKey: ApiKey }) {
  return (
    <span className="inline-grid justify-items-end">
      <Money usd={apiKey.usage + apiKey.byok_usage} />
      <span className="text-xs whitespace-nowrap text-muted">
        <Money usd={apiKey.byok_usage} /> BYOK
      </span>
    </span>
  );
}

function Limit({ apiKey }: { readonly apiKey: ApiKey }) {
  const { limit, limit_remaining: left, limit_reset: reset } = apiKey;
  if (limit === null) return <span className="text-faint">none</span>;
  const used = Math.max(0, limit - (left ?? limit));
  return (
    <span className="grid gap-1">
      <span>
        <Money usd={used} /> of <Money usd={limit} />
        {reset === null ? '' : ` ${RESET_WORDS[reset]}`}
      </span>
      <UsedBar used={used} limit={limit} label="Limit used" />
    </span>
  );
}

function Allowed({ apiKey }: { readonly apiKey: ApiKey }) {
  const parts = [
    apiKey.allowed_providers === null ? '' : apiKey.allowed_providers.join(', '),
    apiKey.allowed_models === null ? '' : apiKey.allowed_models.join(', '),
    apiKey.rpm_limit === null ? '' : `${apiKey.rpm_limit} requests a minute`,
  ].filter(Boolean);
  return parts.length === 0 ? (
    <span className="text-faint">everything</span>
  ) : (
    <span className="block max-w-72 truncate" title={parts.join(' · ')}>
      {parts.join(' · ')}
    </span>
  );
}
