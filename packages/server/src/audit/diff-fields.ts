/** Two views of the same thing, before and after a change → the fields that differ. Views hold no secrets, so neither does this. */
import type { FieldChange } from '../store/audit-ports.ts';

export type View = Readonly<Record<string, unknown>>;

/** They change by themselves, or say nothing but that something changed. */
const VOLATILE = new Set([
  'updated_at',
  'last_used_at',
  'last_seen_at',
  'spent_today_usd',
  'spent_month_usd',
  'health',
  'limit_remaining',
  'hash',
]);
const USAGE = /^(?:byok_)?usage(?:_|$)/;
/** Longer texts are cut: the log is for reading. */
const TEXT_CHARACTERS_MAX = 1000;

/** `before` null: it was made; `after` null: it is gone. */
export function diffFields(before: View | null, after: View | null): readonly FieldChange[] {
  const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return fields
    .filter((field) => !VOLATILE.has(field) && !USAGE.test(field))
    .map((field) => ({ field, before: shown(before?.[field]), after: shown(after?.[field]) }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after));
}

function shown(value: unknown): unknown {
  if (value === undefined) return null;
  return typeof value === 'string' && value.length > TEXT_CHARACTERS_MAX
    ? `${value.slice(0, TEXT_CHARACTERS_MAX)}…`
    : value;
}
