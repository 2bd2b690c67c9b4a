/** Comparisons: null when equal, else one line that says where the two part. */
import type { ShownGeneration } from './management-client.ts';
import type { RecordedChat } from './recorded-chats.ts';
import { listPriceNano } from './stated-usage.ts';
import type { StatedUsage } from './stated-usage.ts';

const CONTEXT_BEFORE = 60;
const CONTEXT_AFTER = 120;

/** As JSON; the order of members does not count. */
export function differenceOf(actual: unknown, wanted: unknown): string | null {
  const left = JSON.stringify(sorted(actual)) ?? '';
  const right = JSON.stringify(sorted(wanted)) ?? '';
  if (left === right) return null;
  let at = 0;
  while (at < left.length && left[at] === right[at]) at += 1;
  const around = (text: string): string => text.slice(Math.max(0, at - CONTEXT_BEFORE), at + CONTEXT_AFTER);
  return `${around(left)} instead of ${around(right)}`;
}

export function differenceOfUsage({ usage }: ShownGeneration, stated: StatedUsage | null): string | null {
  if (usage === null || stated === null)
    return `${JSON.stringify(usage)} instead of ${JSON.stringify(stated)}`;
  return differenceOf(
    {
      input: usage.prompt_tokens,
      cached: usage.prompt_tokens_details.cached_tokens,
      written: usage.prompt_tokens_details.cache_write_tokens,
      output: usage.completion_tokens,
      estimated: usage.estimated,
    },
    {
      input: stated.input,
      cached: stated.cached,
      written: stated.written5m + stated.written1h,
      output: stated.output,
      estimated: false,
    },
  );
}

export function differenceOfCost(
  chat: RecordedChat,
  { usage }: ShownGeneration,
  stated: StatedUsage | null,
): string | null {
  const cost = usage?.cost ?? null;
  const shown = cost === null ? null : toNano(cost);
  const wanted = stated === null ? null : listPriceNano(chat.provider, chat.request.model, stated);
  return shown === wanted ? null : `${shown} nano-USD instead of ${wanted}`;
}

/** As shown to people, USD; as counted, nano-USD. */
export function toNano(usd: number): bigint {
  return BigInt(Math.round(usd * 1e9));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, item]) => [name, sorted(item)]),
  );
}
