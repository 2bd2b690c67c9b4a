/** Ledger rows: one generation is one caller request; its attempts are opened before and settled after each dispatch. */
import type { CostLine } from '../pricing/price.ts';
import type { FailureClass } from '../errors/failure-class.ts';
import type { RoutePlan } from '../routing/route-plan.ts';
import type {
  ApiKeyId,
  DialectId,
  GenerationId,
  Instant,
  KeySource,
  ModelId,
  NanoUsd,
  ProviderId,
  ProviderKeyId,
  WorkspaceId,
} from '../values.ts';
import type { TokenUsage } from '../wire/token-usage.ts';

/** One caller request, as known before the first dispatch. */
export type GenerationHeader = {
  readonly id: GenerationId;
  readonly requestId: string;
  readonly workspaceId: WorkspaceId;
  readonly apiKeyId: ApiKeyId;
  readonly createdAt: Instant;
  /** The caller's dialect. */
  readonly dialect: DialectId;
  readonly modelRequested: string;
  readonly streamed: boolean;
};

export type AttemptOpened = {
  readonly generation: GenerationHeader;
  /** 1-based; unique with the generation's id. */
  readonly attemptNo: number;
  readonly openedAt: Instant;
  readonly providerKeyId: ProviderKeyId;
  readonly provider: ProviderId;
  readonly source: KeySource;
  readonly model: ModelId;
  readonly upstreamModel: string;
  /** What was set aside in budgets, credits and limits; the orphan rule books it for budgets after a crash. */
  readonly reservedNano: NanoUsd;
  readonly inputTokensEstimate: number;
  /** The list price of `inputTokensEstimate`; null when unpriced. Absent: the orphan rule books what was reserved. */
  readonly inputCostEstimateNano?: NanoUsd | null;
  readonly credits: 'charged' | 'unmetered';
  /** Every plan computed so far for this generation (one per candidate model), with its seed. */
  readonly plans: readonly RoutePlan[];
};

export type AttemptOutcome = 'succeeded' | 'failed' | 'cancelled' | 'interrupted';

/** A key that was ranked but refused by the counters when its turn came. */
export type CounterRefusal = {
  readonly providerKeyId: ProviderKeyId;
  readonly code: string;
  readonly resetsAt: Instant | null;
};

export type AttemptSettled = {
  readonly generation: GenerationHeader;
  readonly attemptNo: number;
  readonly providerKeyId: ProviderKeyId;
  readonly provider: ProviderId;
  readonly source: KeySource;
  readonly model: ModelId;
  readonly openedAt: Instant;
  readonly settledAt: Instant;
  readonly outcome: AttemptOutcome;
  /** Null when the attempt succeeded. */
  readonly failure: AttemptFailure | null;
  /** The provider's HTTP status; null when none arrived. */
  readonly upstreamStatus: number | null;
  /** The provider's own id of the answer (`chatcmpl-…`, `msg_…`). */
  readonly upstreamId: string | null;
  readonly finishReason: string | null;
  readonly usage: TokenUsage | null;
  /** List price of the attempt; null when the model is unpriced. */
  readonly costNano: NanoUsd | null;
  readonly costLines: readonly CostLine[];
  /** Taken from the workspace's credits (0 for BYOK without a fee, and for unmetered workspaces). */
  readonly chargedNano: NanoUsd;
  readonly latencyMs: number;
  readonly firstByteMs: number | null;
  /** True on the attempt that ends the generation. */
  readonly final: boolean;
  /** The status the caller got; set on the final attempt. */
  readonly callerStatus: number | null;
  readonly errorCode: string | null;
  readonly refusals: readonly CounterRefusal[];
  /** Why own keys were passed over, when a platform key served. */
  readonly fallbackReason: string | null;
};

export type AttemptFailure = {
  readonly class: FailureClass;
  /** The provider's words, redacted and cut. */
  readonly message: string;
  readonly providerCode: string | null;
};

/** A request that was understood and refused before any provider was called. */
export type GenerationRefused = {
  readonly generation: GenerationHeader;
  readonly plans: readonly RoutePlan[];
  readonly refusals: readonly CounterRefusal[];
  readonly callerStatus: number;
  readonly errorCode: string;
};
