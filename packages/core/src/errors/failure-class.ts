/** Whose fault a failed attempt was. Everything that follows (health, failover, the caller's error) reads only this. */

export const FAILURE_CLASSES = [
  'key_invalid',
  'key_ambiguous',
  'token_stale',
  'billing',
  'rate_limited',
  'too_big_for_key',
  'provider_busy',
  'provider_error',
  'model_unavailable',
  'context_length',
  'content_filter',
  'bad_request',
  'client_gone',
  'unreachable',
  'timeout',
  'egress_denied',
  'invalid_answer',
  'secret_unreadable',
] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

/** What a provider's error answer says, before it is judged. Produced by a dialect; holds no secret once redacted. */
export type FailureSignals = {
  readonly status: number;
  /** `error.type`, lower case, '' when absent. */
  readonly type: string;
  /** `error.code` (or status/reason in Google's shape), '' when absent. */
  readonly code: string;
  readonly message: string;
  /** How long the provider asked to wait, from headers or body; already clamped. */
  readonly retryAfterMs: number | null;
  /** True when `retryAfterMs` was stated by the provider for this failure. */
  readonly providerRequestId: string | null;
};

/** A row of the classification table: the first row whose every given field matches wins. */
export type FailureRule = {
  readonly status?: number | readonly number[];
  readonly type?: RegExp;
  readonly code?: RegExp;
  readonly message?: RegExp;
  /** True: only when the provider stated a time to wait; false: only when it did not. */
  readonly retryAfter?: boolean;
  readonly class: FailureClass;
};

/** A failure as the pipeline knows it. */
export type Failure = {
  readonly class: FailureClass;
  readonly status: number | null;
  readonly providerCode: string | null;
  /** The provider's words, redacted and cut; ours where no answer arrived. */
  readonly message: string;
  readonly retryAfterMs: number | null;
  /** `unsent`: provably nothing reached the provider. `uncertain`: it may have charged. */
  readonly reach: 'unsent' | 'uncertain' | 'refused' | 'partial';
};
