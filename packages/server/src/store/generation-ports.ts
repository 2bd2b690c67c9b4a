/** What the ledger says of generations: one caller request with its attempts, found by id or listed by filters. */
import type {
  ApiKeyId,
  AttemptFailure,
  AttemptOutcome,
  CostLine,
  CounterRefusal,
  GenerationHeader,
  GenerationId,
  Instant,
  KeySource,
  ModelId,
  NanoUsd,
  ProviderId,
  ProviderKeyId,
  RoutePlan,
  TokenUsage,
  WorkspaceId,
} from '@arouter/core';

export type AttemptView = {
  readonly attemptNo: number;
  readonly providerKeyId: ProviderKeyId;
  readonly provider: ProviderId;
  readonly source: KeySource;
  readonly model: ModelId;
  readonly upstreamModel: string;
  readonly openedAt: Instant;
  /** Null while it is under way. */
  readonly settledAt: Instant | null;
  readonly outcome: AttemptOutcome | null;
  readonly failure: AttemptFailure | null;
  readonly upstreamStatus: number | null;
  readonly upstreamId: string | null;
  readonly finishReason: string | null;
  readonly usage: TokenUsage | null;
  readonly costNano: NanoUsd | null;
  readonly costLines: readonly CostLine[];
  readonly chargedNano: NanoUsd;
  readonly reservedNano: NanoUsd;
  readonly latencyMs: number | null;
  readonly firstByteMs: number | null;
  readonly fallbackReason: string | null;
};
export type GenerationView = {
  readonly header: GenerationHeader;
  readonly status: 'running' | 'succeeded' | 'failed' | 'cancelled' | 'interrupted' | 'refused';
  readonly callerStatus: number | null;
  readonly errorCode: string | null;
  readonly plans: readonly RoutePlan[];
  readonly refusals: readonly CounterRefusal[];
  readonly attempts: readonly AttemptView[];
};
export type GenerationFilter = {
  readonly from?: Instant;
  readonly to?: Instant;
  readonly model?: string;
  readonly provider?: ProviderId;
  readonly providerKeyId?: ProviderKeyId;
  readonly apiKeyId?: ApiKeyId;
  readonly source?: KeySource;
  readonly status?: GenerationView['status'];
  readonly modelRequested?: string;
  readonly dialect?: string;
  readonly streamed?: boolean;
  readonly requestId?: string;
  readonly errorCode?: string;
  readonly callerStatus?: number;
  readonly finishReason?: string;
  readonly fallbackReason?: string;
  readonly upstreamId?: string;
  readonly costNanoMin?: NanoUsd;
  readonly latencyMsMin?: number;
  readonly attemptsMin?: number;
  /** Input and output of the last attempt; what has no usage has fewer than any. */
  readonly tokensMin?: number;
};
export type GenerationPage = {
  readonly rows: readonly GenerationView[];
  readonly nextCursor: string | null;
  /** When the question ended before its page was full and before the ledger's beginning: how far back it looked. */
  readonly searchedBackTo: Instant | null;
};
export interface GenerationStore {
  /** By our id, or by the provider's own id of an answer. */
  get(workspace: WorkspaceId, id: GenerationId | string): Promise<GenerationView | undefined>;
  /** Newest first. One question looks at a bounded number of rows, so a page may be short though more follows. */
  list(
    workspace: WorkspaceId,
    filter: GenerationFilter,
    page: { readonly cursor: string | null; readonly limit: number },
  ): Promise<GenerationPage>;
}
