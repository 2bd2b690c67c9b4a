/** What would be if keys were otherwise: typed changes, the request that they become, and now beside then. */
import type { RouteAnswer, RouteRequest } from '@arouter/contract';

export type OwnKey = RouteAnswer<'listByok'>['data'][number];
export type Verdict = RouteAnswer<'previewRouting'>['data']['verdicts'][number];
export type Change = NonNullable<NonNullable<RouteRequest<'previewRouting'>['body']>['changes']>[number];

/** As it is typed; what is absent is as the key has it. */
export type KeyDraft = {
  readonly enabled?: boolean;
  readonly alwaysUse?: boolean;
  readonly weight?: string;
  readonly rpmLimit?: string;
  readonly dailyBudget?: string;
  readonly monthlyBudget?: string;
};
export type Drafts = Readonly<Record<string, KeyDraft>>;
export type NumberField = 'weight' | 'rpmLimit' | 'dailyBudget' | 'monthlyBudget';

const NAMES = {
  weight: 'weight',
  rpmLimit: 'rpm_limit',
  dailyBudget: 'daily_budget_usd',
  monthlyBudget: 'monthly_budget_usd',
} as const satisfies Readonly<Record<NumberField, keyof OwnKey>>;
export const NUMBER_FIELDS = Object.keys(NAMES) as readonly NumberField[];

export function shownNumber(key: OwnKey, draft: KeyDraft, field: NumberField): string {
  const stored = key[NAMES[field]];
  return draft[field] ?? (stored === null ? '' : String(stored));
}

/** Only what differs from the key as it is. What is no number goes to the server as it is not: it says so in words. */
export function changesOf(keys: readonly OwnKey[], drafts: Drafts): readonly Change[] {
  return keys.flatMap((key) => {
    const draft = drafts[key.id] ?? {};
    const numbers = NUMBER_FIELDS.flatMap((field) => {
      const typed = draft[field];
      if (typed === undefined) return [];
      const value = typed.trim() === '' ? null : Number(typed.replace(',', '.'));
      return value === key[NAMES[field]] ? [] : [[NAMES[field], value] as const];
    });
    const change = {
      ...Object.fromEntries(numbers),
      ...(draft.enabled === undefined || draft.enabled === key.enabled ? {} : { enabled: draft.enabled }),
      ...(draft.alwaysUse === undefined || draft.alwaysUse === key.always_use
        ? {}
        : { always_use: draft.alwaysUse }),
    };
    return Object.keys(change).length === 0 ? [] : [{ provider_key_id: key.id, ...change } as Change];
  });
}

export type Comparison = {
  readonly id: string;
  readonly label: string;
  readonly provider: string;
  readonly source: Verdict['source'];
  readonly now: Verdict | null;
  readonly after: Verdict | null;
};

/** In the order of then; a key that one of the two plans does not know stands at the end. */
export function compare(now: readonly Verdict[], then: readonly Verdict[]): readonly Comparison[] {
  const ids = [...new Set([...then, ...now].map(({ provider_key_id: id }) => id))];
  return ids.flatMap((id) => {
    const before = now.find((verdict) => verdict.provider_key_id === id) ?? null;
    const after = then.find((verdict) => verdict.provider_key_id === id) ?? null;
    const either = after ?? before;
    if (either === null) return [];
    const { label, provider, source } = either;
    return [{ id, label: label || id, provider, source, now: before, after }];
  });
}
