/** Which events a destination is told of, and of whose requests: all, or those that are ticked. */
import { useQuery } from '@tanstack/react-query';
import { allApiKeysQuery } from '../../api/all-keys.ts';
import { apiQuery } from '../../api/queries.ts';
import { SwitchField } from '../../components/field.tsx';
import type { EventType } from './destination-draft.ts';

type ChoiceProps<Value extends string> = {
  /** Null: all. */
  readonly chosen: readonly Value[] | null;
  readonly error: string | undefined;
  readonly onChosen: (chosen: readonly Value[] | null) => void;
};

export function EventChoice(props: ChoiceProps<EventType>) {
  const { data } = useQuery(apiQuery('listWebhookEventTypes', {}));
  const options = (data?.data ?? [])
    .filter(({ type }) => type !== 'test')
    .map(({ type, description }) => ({ value: type, label: type, help: description }));
  return <Choice all="All events" options={options} {...props} />;
}

export function ApiKeyChoice(props: ChoiceProps<string>) {
  const { data } = useQuery(allApiKeysQuery);
  const options = (data ?? [])
    .filter(({ key_type: kind }) => kind === 'regular')
    .map(({ id, name, label }) => ({ value: id, label: name, help: label }));
  return <Choice all="Requests of all API keys" options={options} {...props} />;
}

type Option<Value extends string> = { readonly value: Value; readonly label: string; readonly help: string };

function Choice<Value extends string>({
  all,
  options,
  chosen,
  error,
  onChosen,
}: ChoiceProps<Value> & { readonly all: string; readonly options: readonly Option<Value>[] }) {
  const toggle = (value: Value): void => {
    const list = chosen ?? [];
    onChosen(list.includes(value) ? list.filter((each) => each !== value) : [...list, value]);
  };
  return (
    <div className="grid gap-2">
      <SwitchField label={all} checked={chosen === null} onChecked={(on) => onChosen(on ? null : [])} />
      {chosen === null ? null : (
        <ul className="grid max-h-64 gap-1.5 overflow-y-auto rounded-xl bg-sunken p-3">
          {options.map(({ value, label, help }) => (
            <li key={value}>
              <label className="flex items-start gap-2.5 text-[0.8125rem]">
                <input
                  type="checkbox"
                  className="mt-0.5 size-4 shrink-0 accent-(--color-accent)"
                  checked={chosen.includes(value)}
                  onChange={() => toggle(value)}
                />
                <span className="min-w-0 wrap-anywhere">
                  {label} <span className="text-xs text-muted">{help}</span>
                </span>
              </label>
            </li>
          ))}
        </ul>
      )}
      {error === undefined ? null : (
        <p role="alert" className="text-[0.8125rem] text-bad">
          {error}
        </p>
      )}
    </div>
  );
}
