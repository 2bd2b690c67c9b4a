/** The routing decision as a value: exactly one verdict per key. It is stored, shown, previewed and returned in errors. */
import type { FailureClass } from '../errors/failure-class.ts';
import type { TokenPrice } from '../pricing/price.ts';
import type { Operation } from '../wire/dialect.ts';
import type { Instant, KeySource, ModelId, NanoUsd, ProviderId, ProviderKeyId } from '../values.ts';

/** One model as one provider serves it. */
export type Endpoint = {
  readonly provider: ProviderId;
  /** The name the provider knows. */
  readonly upstreamModel: string;
  /** Other spellings of the model, without provider, that lists of allowed models may use. Absent: none. */
  readonly alsoNamed?: readonly string[];
  readonly price: TokenPrice | undefined;
  readonly contextTokens: number | null;
  readonly outputTokensMax: number | null;
  readonly inputModalities: readonly string[];
  /** Request fields (OpenAI chat's names) that the model is known not to heed; absent: none is known. */
  readonly unsupportedParameters?: readonly string[];
};
/** What a requested name stands for. */
export type ModelCandidate = {
  readonly id: ModelId;
  readonly endpoints: readonly Endpoint[];
  /** What the caller wrote after the name's colon, where it is one of ours. */
  readonly variant?: ModelVariant;
};
/** `:nitro` the fastest first, `:floor` the cheapest first, `:free` only what costs nothing; contract.md §7.2. */
export type ModelVariant = 'nitro' | 'floor' | 'free';

/** Why a key does not serve, most permanent reason first; the first that applies is the key's verdict. */
export type Exclusion =
  | { readonly code: 'key_disabled' }
  | { readonly code: 'secret_unreadable' }
  | { readonly code: 'provider_not_serving_model' }
  | { readonly code: 'operation_not_served'; readonly operation: Operation }
  | { readonly code: 'provider_not_allowed' }
  | { readonly code: 'model_not_allowed' }
  | { readonly code: 'provider_excluded_by_request' }
  | { readonly code: 'model_not_supported_by_key' }
  | { readonly code: 'model_not_served_at_key' }
  | { readonly code: 'region_mismatch'; readonly wanted: string }
  | { readonly code: 'parameter_not_supported'; readonly parameter: string }
  | { readonly code: 'not_free' }
  | { readonly code: 'price_above_max'; readonly dimension: PriceDimension }
  | { readonly code: 'fallback_denied'; readonly by: ProviderKeyId }
  | {
      readonly code: 'cooling_down';
      readonly until: Instant | null;
      readonly because: FailureClass;
      readonly scope: 'key' | 'key_model' | 'provider_model';
    }
  | {
      readonly code: 'budget_exceeded';
      readonly period: 'day' | 'month';
      readonly resetsAt: Instant;
      readonly limitNano: NanoUsd;
      readonly spentNano: NanoUsd;
    }
  | { readonly code: 'rpm_exceeded'; readonly resetsAt: Instant; readonly limit: number }
  | { readonly code: 'concurrency_exceeded'; readonly limit: number }
  | { readonly code: 'price_unknown' };

export type RankedVerdict = {
  readonly kind: 'ranked';
  readonly key: ProviderKeyId;
  readonly label: string;
  readonly source: KeySource;
  readonly provider: ProviderId;
  /** The name the provider knows. */
  readonly upstreamModel: string;
  /** 1-based order of trial. */
  readonly rank: number;
  readonly weight: number;
  /** The chance of being tried first within its tier, 0–1. */
  readonly share: number;
};
export type ExcludedVerdict = {
  readonly kind: 'excluded';
  readonly key: ProviderKeyId;
  readonly label: string;
  readonly source: KeySource;
  readonly provider: ProviderId;
  readonly reason: Exclusion;
};
export type Verdict = RankedVerdict | ExcludedVerdict;

export type RoutePlan = {
  readonly model: ModelId;
  /** Ranked first, by rank; then the excluded, in key order. */
  readonly verdicts: readonly Verdict[];
  readonly seed: number;
};

/** The `provider` object of a request; `contract.md` §7.5. */
export type ProviderPreferences = {
  readonly order: readonly ProviderId[];
  readonly only: readonly ProviderId[] | null;
  readonly ignore: readonly ProviderId[];
  readonly allowFallbacks: boolean;
  readonly sort: SortBy | null;
  /** What the caller is ready to pay; null: any price. */
  readonly maxPrice: MaxPrice | null;
  /** Fields of the request that must be heeded (`require_parameters`), by OpenAI chat's names; empty: best effort. */
  readonly requiredParameters: readonly string[];
  readonly region: string | null;
  readonly requireRegion: boolean;
};
/** `throughput` and `latency` as measured here; see EndpointSpeed. */
export type SortBy = 'price' | 'throughput' | 'latency';
export type PriceDimension = 'prompt' | 'completion' | 'request';
/** Nano-USD per million tokens; `request` nano-USD per request. */
export type MaxPrice = Readonly<Partial<Record<PriceDimension, number>>>;
