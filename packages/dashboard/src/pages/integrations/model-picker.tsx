/** Which models a key serves: all, or those that are named. A name may be a glob (`gpt-5*`). */
import { useState } from 'react';
import { Button, IconButton } from '../../components/button.tsx';
import { SwitchField, TextField } from '../../components/field.tsx';
import type { Provider } from './key-draft.ts';

const NAME = /^[\x21-\x7e]{1,128}$/;

export function ModelPicker({
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
        <div className="grid gap-2 rounded-xl bg-sunken p-3">
          <AddName names={names} error={error} onAdd={(added) => onChosen([...names, ...added])} />
          <Names names={names} onRemove={remove} />
        </div>
      ) : null}
    </div>
  );
}

function AddName({
  names,
  error,
  onAdd,
}: {
  readonly names: readonly string[];
  readonly error: string | undefined;
  readonly onAdd: (names: readonly string[]) => void;
}) {
  const [text, setText] = useState('');
  const add = (): void => {
    const given = text.split(/[\s,]+/).filter((name) => NAME.test(name) && !names.includes(name));
    if (given.length > 0) onAdd(given);
    setText('');
  };
  return (
    <div className="flex items-end gap-2">
      <div className="flex-1">
        <TextField
          label="Supported models"
          placeholder="gpt-5*, o4-mini"
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
      <Button onClick={add}>Add</Button>
    </div>
  );
}

function Names({
  names,
  onRemove,
}: {
  readonly names: readonly string[];
  readonly onRemove: (name: string) => void;
}) {
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
