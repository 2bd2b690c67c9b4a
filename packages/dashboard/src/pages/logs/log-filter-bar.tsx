/** The line of filters above the log. */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState, type ComponentProps } from 'react';
import { allApiKeysQuery, allProviderKeysQuery } from '../../api/all-keys.ts';
import { useMay } from '../../api/session.ts';
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
  const seesApiKeys = useMay('api_keys.read');
  const { keys, apiKeys } = useKeyOptions(seesApiKeys);
  const field = (name: keyof LogFilters) => ({
    value: String(filters[name] ?? ''),
    onValue: (value: string) => {
      const { [name]: _old, ...rest } = filters;
      onChange(value === '' ? rest : ({ ...rest, [name]: value } as LogFilters));
    },
  });
  return (
    <div className="grid gap-3">
      <div className="grid grid-cols-2 items-end gap-3 sm:grid-cols-3 lg:grid-cols-4 xl:grid-cols-8">
        <SelectField label="Time" options={[ANY, ...RANGE_OPTIONS]} {...field('range')} />
        <SelectField label="Status" options={[ANY, ...STATUS_OPTIONS]} {...field('status')} />
        <SelectField label="Source" options={[ANY, ...SOURCE_OPTIONS]} {...field('source')} />
        <TextField label="Model" placeholder="author/model" {...field('model')} />
        <TextField label="Provider" placeholder="Its id" {...field('provider')} />
        <SelectField label="Provider key" options={[ANY, ...keys]} {...field('key')} />
        {seesApiKeys ? (
          <SelectField label="API key" options={[ANY, ...apiKeys]} {...field('apiKey')} />
        ) : null}
        <Button onClick={() => onChange({})}>Clear</Button>
      </div>
      <MoreFilters field={field} open={MORE.some((name) => filters[name] !== undefined)} />
    </div>
  );
}

const MORE = [
  'asked',
  'format',
  'streamed',
  'error',
  'http',
  'finish',
  'fallback',
  'cost',
  'took',
  'attempts',
  'tokens',
  'request',
  'upstream',
] as const satisfies readonly (keyof LogFilters)[];
const STREAMED_OPTIONS = [ANY, { value: 'true', label: 'Yes' }, { value: 'false', label: 'No' }];

/** Everything else that a request is known by. */
function MoreFilters({
  field,
  open,
}: {
  readonly field: (name: keyof LogFilters) => {
    readonly value: string;
    readonly onValue: (value: string) => void;
  };
  /** As the page opens. */
  readonly open: boolean;
}) {
  const [shown, setShown] = useState(open);
  return (
    <details open={shown} onToggle={(event) => setShown(event.currentTarget.open)}>
      <summary className="w-fit cursor-pointer text-[0.8125rem] text-muted">More filters</summary>
      <div className="mt-3 grid grid-cols-2 items-end gap-3 sm:grid-cols-3 lg:grid-cols-4 xl:grid-cols-6">
        <TextField label="Name asked for" {...field('asked')} />
        <TextField label="Format" placeholder="openai-chat" {...field('format')} />
        <SelectField label="Streamed" options={STREAMED_OPTIONS} {...field('streamed')} />
        <TextField label="Error code" placeholder="rate_limit_exceeded" {...field('error')} />
        <TypedField label="HTTP answer" placeholder="429" {...field('http')} />
        <TextField label="Finish reason" placeholder="length" {...field('finish')} />
        <TextField label="Fallback reason" placeholder="cooling_down" {...field('fallback')} />
        <TypedField label="Cost at least" unit="USD" {...field('cost')} />
        <TypedField label="Took at least" unit="ms" {...field('took')} />
        <TypedField label="Attempts at least" placeholder="2" {...field('attempts')} />
        <TypedField label="Tokens at least" {...field('tokens')} />
        <TextField label="Request id" {...field('request')} />
        <TextField label="Provider's id" {...field('upstream')} />
      </div>
    </details>
  );
}

/** Half a number is none: it is kept as it is typed, and asked for once it is one. */
function TypedField({
  value,
  onValue,
  ...rest
}: Omit<ComponentProps<typeof TextField>, 'value' | 'onValue'> & {
  readonly value: string;
  readonly onValue: (value: string) => void;
}) {
  const [typed, setTyped] = useState(value);
  useEffect(() => {
    setTyped((before) =>
      value === '' || Number(before.replace(',', '.')) !== Number(value) ? value : before,
    );
  }, [value]);
  return (
    <TextField
      {...rest}
      inputMode="decimal"
      value={typed}
      onValue={(text) => {
        setTyped(text);
        onValue(Number.isFinite(Number(text.replace(',', '.'))) ? text.replace(',', '.') : '');
      }}
    />
  );
}

function useKeyOptions(seesApiKeys: boolean): {
  readonly keys: readonly Option[];
  readonly apiKeys: readonly Option[];
} {
  const keys = useQuery(allProviderKeysQuery('byok'));
  const apiKeys = useQuery({ ...allApiKeysQuery, enabled: seesApiKeys });
  return {
    keys: (keys.data ?? []).map(({ id, label, hint }) => ({ value: id, label: label || hint })),
    apiKeys: (apiKeys.data ?? []).map(({ hash, name }) => ({ value: hash, label: name })),
  };
}
