/** The line of filters above the log. */
import { useQuery } from '@tanstack/react-query';
import { apiQuery } from '../../api/queries.ts';
import { Button } from '../../components/button.tsx';
import { SelectField, TextField } from '../../components/field.tsx';
import { SOURCES, STATUSES, type LogFilters, type RangeName } from './log-filters.ts';
import { statusWord } from './status-badge.tsx';

type Option = { readonly value: string; readonly label: string };

const RANGE_WORDS: Readonly<Record<RangeName, string>> = {
  '1h': 'Last hour',
  '24h': 'Last 24 hours',
  '7d': 'Last 7 days',
  '30d': 'Last 30 days',
};
const ANY: Option = { value: '', label: 'Any' };
const RANGE_OPTIONS = Object.entries(RANGE_WORDS).map(([value, label]): Option => ({ value, label }));
const STATUS_OPTIONS = STATUSES.map((value): Option => ({ value, label: statusWord(value) }));
const SOURCE_OPTIONS = SOURCES.map((value): Option => ({
  value,
  label: value === 'byok' ? 'BYOK' : 'Platform',
}));

export function LogFilterBar({
  filters,
  onChange,
}: {
  readonly filters: LogFilters;
  readonly onChange: (filters: LogFilters) => void;
}) {
  const { keys, apiKeys } = useKeyOptions();
  const field = (name: keyof LogFilters) => ({
    value: String(filters[name] ?? ''),
    onValue: (value: string) => {
      const { [name]: _old, ...rest } = filters;
      onChange(value === '' ? rest : ({ ...rest, [name]: value } as LogFilters));
    },
  });
  return (
    <div className="grid grid-cols-2 items-end gap-3 sm:grid-cols-3 lg:grid-cols-4 xl:grid-cols-8">
      <SelectField label="Time" options={[ANY, ...RANGE_OPTIONS]} {...field('range')} />
      <SelectField label="Status" options={[ANY, ...STATUS_OPTIONS]} {...field('status')} />
      <SelectField label="Source" options={[ANY, ...SOURCE_OPTIONS]} {...field('source')} />
      <TextField label="Model" placeholder="author/model" {...field('model')} />
      <TextField label="Provider" placeholder="Its id" {...field('provider')} />
      <SelectField label="Provider key" options={[ANY, ...keys]} {...field('key')} />
      <SelectField label="API key" options={[ANY, ...apiKeys]} {...field('apiKey')} />
      <Button onClick={() => onChange({})}>Clear</Button>
    </div>
  );
}

function useKeyOptions(): { readonly keys: readonly Option[]; readonly apiKeys: readonly Option[] } {
  const keys = useQuery(apiQuery('listByok', {}));
  const apiKeys = useQuery(apiQuery('listApiKeys', { query: { include_disabled: 'true', page_size: 100 } }));
  return {
    keys: (keys.data?.data ?? []).map(({ id, label, hint }) => ({ value: id, label: label || hint })),
    apiKeys: (apiKeys.data?.data ?? []).map(({ hash, name }) => ({ value: hash, label: name })),
  };
}
