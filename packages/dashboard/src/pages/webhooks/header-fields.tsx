/** Header fields of one's own, such as a token. Stored values are never shown: they stay, or all are entered anew. */
import { Button, IconButton } from '../../components/button.tsx';
import { TextField } from '../../components/field.tsx';
import type { HeaderRow } from './destination-draft.ts';

/** As many as the server takes. */
const ROWS_MAX = 20;

export function HeaderFields({
  rows,
  storedNames,
  onRows,
}: {
  /** Null: the stored ones stay. */
  readonly rows: readonly HeaderRow[] | null;
  readonly storedNames: readonly string[];
  readonly onRows: (rows: readonly HeaderRow[] | null) => void;
}) {
  const list = rows ?? [];
  const edit = (at: number, change: Partial<HeaderRow>): void =>
    onRows(list.map((row, index) => (index === at ? { ...row, ...change } : row)));
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1 text-[0.8125rem] font-medium">Headers</legend>
      {rows === null ? (
        <p className="text-[0.8125rem] text-muted wrap-anywhere">{storedNames.join(', ')} (as stored)</p>
      ) : null}
      {list.map((row, index) => (
        <div key={index} className="grid grid-cols-[minmax(0,1fr)_minmax(0,1.5fr)_auto] items-end gap-2">
          <TextField
            label="Header name"
            placeholder="Authorization"
            value={row.name}
            onValue={(name) => edit(index, { name })}
          />
          <TextField
            label="Value"
            type="password"
            autoComplete="off"
            value={row.value}
            onValue={(value) => edit(index, { value })}
          />
          <IconButton
            icon="trash"
            label={`Remove header ${row.name}`}
            className="mb-0.5"
            onClick={() => onRows(list.filter((_row, at) => at !== index))}
          />
        </div>
      ))}
      <div className="flex gap-2">
        <Button
          size="small"
          icon="plus"
          disabled={list.length >= ROWS_MAX}
          onClick={() => onRows([...list, { name: '', value: '' }])}
        >
          {rows === null ? 'Replace headers' : 'Add header'}
        </Button>
        {rows !== null && storedNames.length > 0 ? (
          <Button size="small" look="quiet" onClick={() => onRows(null)}>
            Keep the stored ones
          </Button>
        ) : null}
      </div>
    </fieldset>
  );
}
