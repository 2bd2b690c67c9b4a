/** One request's own record while it is under way: what was planned, refused and tried so far. */
import type { Failure } from '../errors/failure-class.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import type { ApiKeyRecord, WorkspaceRecord } from '../keys/api-key.ts';
import type { AttemptSettled, CounterRefusal, GenerationHeader } from '../keys/generation.ts';
import type { ProviderKeyRecord } from '../keys/provider-key.ts';
import type { Demand, Reading } from '../limits/limits.ts';
import type { RoutePlan } from '../routing/route-plan.ts';
import type { ProviderManifest } from '../wire/provider-manifest.ts';
import type { Inbound } from './exchange.ts';
import type { ParsedRequest } from './parse-request.ts';

/** At most this many dispatches for one request, whatever the plan still offers. */
export const ATTEMPTS_MAX = 3;

/** Lets shutdown wait for the tails of streams. */
export type Track = (tail: Promise<unknown>) => void;

export type Run = {
  readonly track: Track;
  readonly inbound: Inbound;
  readonly header: GenerationHeader;
  readonly apiKey: ApiKeyRecord;
  readonly workspace: WorkspaceRecord;
  readonly request: ParsedRequest;
  readonly startedMs: number;
  readonly plans: RoutePlan[];
  readonly refusals: Refusal[];
  readonly failures: FailedAttempt[];
  /** Why a key's provider could not be asked: its format cannot say what the caller wrote. */
  inexpressible: GatewayError | null;
  /** The last failed attempt's ledger row, held until it is known whether it was the last. */
  pendingSettlement: AttemptSettled | null;
};

/** A key whose turn came and which the counters refused. */
export type Refusal = {
  readonly key: ProviderKeyRecord;
  readonly by: Demand | { readonly kind: 'probe' };
  readonly reading: Extract<Reading, { kind: 'full' }>;
};

export type FailedAttempt = {
  readonly key: ProviderKeyRecord;
  readonly manifest: ProviderManifest;
  readonly failure: Failure;
  /** The provider's own error body, where it may be passed on as it is (same dialect, no secret in it). */
  readonly passOn: {
    readonly status: number;
    readonly body: Uint8Array;
    readonly contentType: string;
  } | null;
};

export function toCounterRefusal({ key, by, reading }: Refusal): CounterRefusal {
  const code =
    by.kind === 'spend' || by.kind === 'rpm'
      ? `${by.kind === 'spend' ? by.scope.owner : by.owner}_${by.kind}`
      : by.kind;
  return { providerKeyId: key.id, code, resetsAt: reading.resetsAt };
}
