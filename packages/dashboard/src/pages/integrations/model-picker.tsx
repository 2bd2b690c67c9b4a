/** Which models a key serves: all, or those that are named or matched. What a list matches is shown while it is made. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { apiQuery } from '../../api/queries.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { SwitchField, TextField } from '../../components/field.tsx';
import type { Provider } from './key-draft.ts';
import { matchedModels, type ListedModel } from './matched-models.ts';

const NAME = /^[\x21-\x7e]{1,128}$/;
const SHOWN_MAX = 100;
const NONE: readonly ListedModel[] = [];

export function ModelPicker({
  provider,
  chosen,
  error,
  onChosen,
}: {
  readonly provider: Provider;
  readonly chosen: readonly string[] | null;
  readonly error: string | undefined;
  readonly onChosen: (chosen: readonly string[] | null) => void;
}) {
  const [restricted, setRestricted] = useState(chosen !== null);
  const names = chosen ?? [];
  const remove = (name: string): void => {
    const left = names.filter((each) => each !== name);
    onChosen(left.length === 0 ? null : left);
  };
  return (
    <div className="grid gap-3">
      <SwitchField
        label="Restrict this key to specific models"
        help="Off: it serves every model of its provider."
        checked={restricted}
        onChecked={(on) => {
          setRestricted(on);
          if (!on) onChosen(null);
        }}
      />
      {restricted ? (
        <div className="grid gap-3 rounded-xl bg-sunken p-3">
          <Names names={names} onRemove={remove} />
          <Choice
            provider={provider}
            names={names}
            error={error}
            onAdd={(added) => onChosen([...names, ...added])}
            onRemove={remove}
          />
        </div>
      ) : null}
    </div>
  );
}

function Choice({
  provider,
  names,
  error,
  onAdd,
  onRemove,
}: {
  readonly provider: Provider;
  readonly names: readonly string[];
  readonly error: string | undefined;
  readonly onAdd: (names: readonly string[]) => void;
  readonly onRemove: (name: string) => void;
}) {
  const [text, setText] = useState('');
  const query = useQuery(apiQuery('listProviderModels', { params: { id: provider.id } }));
  const models = query.data?.data ?? NONE;
  const add = (): void => {
    const given = text.split(/[\s,]+/).filter((name) => NAME.test(name) && !names.includes(name));
    if (given.length > 0) onAdd(given);
    setText('');
  };
  const sought = text.trim().toLowerCase();
  const found = sought.includes('*')
    ? matchedModels([text.trim()], models, provider.id)
    : models.filter(({ id, name }) => `${id} ${name}`.toLowerCase().includes(sought));
  return (
    <>
      <div className="flex items-end gap-2">
        <div className="flex-1">
          <TextField
            label="Supported models"
            placeholder="Search, or a pattern such as gpt-5*"
            value={text}
            error={error}
            onValue={setText}
            onKeyDown={(event) => {
              if (event.key !== 'Enter') return;
              event.preventDefault();
              add();
            }}
          />
        </div>
        <Button disabled={sought === ''} onClick={add}>
          Add
        </Button>
      </div>
      <ModelList models={found} names={names} onAdd={onAdd} onRemove={onRemove} />
      <Preview
        matched={matchedModels(names, models, provider.id)}
        listed={models.length}
        restricted={names.length > 0}
      />
    </>
  );
}

/** Exact names are ticked here; a pattern is added as a whole. */
function ModelList({
  models,
  names,
  onAdd,
  onRemove,
}: {
  readonly models: readonly ListedModel[];
  readonly names: readonly string[];
  readonly onAdd: (names: readonly string[]) => void;
  readonly onRemove: (name: string) => void;
}) {
  if (models.length === 0) return null;
  return (
    <ul className="max-h-44 overflow-y-auto rounded-lg border border-line bg-card py-1">
      {models.slice(0, SHOWN_MAX).map(({ id, name }) => (
        <li key={id}>
          <label className="flex cursor-pointer items-center gap-2.5 px-3 py-1 text-xs hover:bg-hover">
            <input
              type="checkbox"
              className="accent-accent"
              checked={names.includes(id)}
              onChange={(event) => (event.target.checked ? onAdd([id]) : onRemove(id))}
            />
            <span className="min-w-0 flex-1 truncate font-mono">{id}</span>
            <span className="truncate text-faint">{name === id ? '' : name}</span>
          </label>
        </li>
      ))}
      {models.length > SHOWN_MAX ? (
        <li className="px-3 py-1 text-xs text-muted">
          … and {models.length - SHOWN_MAX} more: type to narrow them down.
        </li>
      ) : null}
    </ul>
  );
}

function Preview({
  matched,
  listed,
  restricted,
}: {
  readonly matched: readonly ListedModel[];
  readonly listed: number;
  readonly restricted: boolean;
}) {
  if (!restricted || listed === 0) return null;
  const words =
    matched.length === 0
      ? 'Matches none of the listed models: check the spelling. Names that are not listed are passed on as they are.'
      : `Serves ${matched.length} of ${listed} listed models: ${matched
          .slice(0, 8)
          .map(({ id }) => id)
          .join(', ')}${matched.length > 8 ? ', …' : ''}`;
  return (
    <p
      aria-live="polite"
      className={`text-xs wrap-anywhere ${matched.length === 0 ? 'text-warn' : 'text-muted'}`}
    >
      {words}
    </p>
  );
}

function Names({
  names,
  onRemove,
}: {
  readonly names: readonly string[];
  readonly onRemove: (name: string) => void;
}) {
  if (names.length === 0) return null;
  return (
    <ul className="flex flex-wrap gap-1.5">
      {names.map((name) => (
        <li
          key={name}
          className="flex items-center gap-1 rounded-lg border border-line bg-card pl-2.5 font-mono text-xs"
        >
          {name}
          <IconButton
            icon="close"
            label={`Remove ${name}`}
            className="size-7"
            onClick={() => onRemove(name)}
          />
        </li>
      ))}
    </ul>
  );
}
