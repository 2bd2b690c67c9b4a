/** The name of a model: typed freely, with those that the workspace's keys serve to choose from. */
import { Autocomplete } from '@base-ui/react/autocomplete';
import { useMemo } from 'react';
import { useServedModels } from '../api/served-models.ts';
import { Field, type FieldFrame } from './field.tsx';

const SHOWN_MAX = 50;
const AUTO = { value: 'auto', label: 'A good model that your keys serve' };

type Choice = { readonly value: string; readonly label: string };

export function ModelField({
  value,
  onValue,
  ...frame
}: FieldFrame & { readonly value: string; readonly onValue: (value: string) => void }) {
  const served = useServedModels();
  const choices = useMemo(
    () => [AUTO, ...served.map(({ id, name }): Choice => ({ value: id, label: name }))],
    [served],
  );
  return (
    <Field {...frame}>
      {(wiring) => (
        <Autocomplete.Root
          items={choices}
          value={value}
          onValueChange={onValue}
          itemToStringValue={(choice: Choice) => choice.value}
          filter={matches}
          limit={SHOWN_MAX}
          openOnInputClick
        >
          <Autocomplete.Input
            {...wiring}
            className="control"
            placeholder="author/model, or auto"
            spellCheck={false}
          />
          <Autocomplete.Portal>
            <Autocomplete.Positioner sideOffset={4} className="z-50 outline-none">
              <Autocomplete.Popup className="pops w-(--anchor-width) max-w-(--available-width) rounded-xl border border-line bg-raised shadow-raised">
                <Autocomplete.Empty className="px-3 py-2 text-[0.8125rem] text-muted empty:hidden">
                  No key serves a model of this name; it is asked for as it is written.
                </Autocomplete.Empty>
                <Autocomplete.List className="max-h-[min(20rem,var(--available-height))] overflow-y-auto p-1 outline-none data-empty:p-0">
                  {(choice: Choice) => (
                    <Autocomplete.Item
                      key={choice.value}
                      value={choice}
                      className="cursor-pointer rounded-lg px-2.5 py-1.5 outline-none select-none data-highlighted:bg-hover"
                    >
                      <span className="block truncate font-mono text-xs">{choice.value}</span>
                      <span className="block truncate text-xs text-muted">{choice.label}</span>
                    </Autocomplete.Item>
                  )}
                </Autocomplete.List>
              </Autocomplete.Popup>
            </Autocomplete.Positioner>
          </Autocomplete.Portal>
        </Autocomplete.Root>
      )}
    </Field>
  );
}

/** Every word that was typed stands in one of its names. */
function matches(choice: Choice, typed: string): boolean {
  const names = `${choice.value} ${choice.label}`.toLowerCase();
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => names.includes(word));
}
