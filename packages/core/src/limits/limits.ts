/** Limits as demands on shared counters: all demands of one attempt are granted together or refused together. */
import type { ApiKeyId, Instant, NanoUsd, ProviderKeyId, WorkspaceId } from '../values.ts';

export const RPM_WINDOW_MS = 60_000;
/**
 * From the reservation to the dispatch; an attempt whose ledger row takes longer to become durable is not sent. So that
 * the time in the ledger tells, after a crash, when at the latest a request was sent.
 */
export const DISPATCH_LAG_MS_MAX = 5000;
/** Exact windows keep one timestamp per dispatch in the window: at most 8 MB for a key that is used to this limit. */
export const RPM_LIMIT_MAX = 1_000_000;

/** `2026-11-23` (day), `2026-W48` (ISO week), `2026-11` (month) or `lifetime`, in UTC. */
export type PeriodId = string;
export type PeriodKind = 'day' | 'week' | 'month' | 'lifetime';

export type SpendScope =
  | { readonly owner: 'provider_key'; readonly id: ProviderKeyId; readonly period: 'day' | 'month' }
  | { readonly owner: 'api_key'; readonly id: ApiKeyId; readonly period: PeriodKind };

export type Demand =
  /** One dispatch in any 60 s window. */
  | {
      readonly kind: 'rpm';
      readonly owner: 'provider_key' | 'api_key';
      readonly id: string;
      readonly limit: number;
    }
  | { readonly kind: 'concurrency'; readonly id: ProviderKeyId; readonly limit: number }
  /** `strict` never exceeds: the hold is the upper bound. `soft` refuses only when already spent. */
  | {
      readonly kind: 'spend';
      readonly scope: SpendScope;
      readonly limitNano: NanoUsd;
      readonly holdNano: NanoUsd;
      readonly enforcement: 'strict' | 'soft';
    }
  | { readonly kind: 'credits'; readonly workspace: WorkspaceId; readonly holdNano: NanoUsd };

/** What stands in the way of a demand now, if anything. */
export type Reading =
  | { readonly kind: 'free' }
  | {
      readonly kind: 'full';
      readonly resetsAt: Instant | null;
      readonly limitNano?: NanoUsd;
      readonly spentNano?: NanoUsd;
    };

export type Reservation = { readonly id: number; readonly demands: readonly Demand[]; readonly at: Instant };
export type ReserveResult =
  | { readonly kind: 'reserved'; readonly reservation: Reservation }
  | { readonly kind: 'refused'; readonly by: Demand; readonly reading: Extract<Reading, { kind: 'full' }> };

/** What an attempt really used. */
export type SettleAmounts = {
  /** Booked to spend scopes, in the period of the reservation. */
  readonly spendNano: NanoUsd;
  /** Taken from credits. */
  readonly creditsNano: NanoUsd;
  /** False when provably nothing reached the provider: the RPM slot is given back. */
  readonly dispatched: boolean;
};
