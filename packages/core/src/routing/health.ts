/** Health of a key, a key with a model, or a provider's model: a pure reducer's state. */
import type { FailureClass } from '../errors/failure-class.ts';
import type { Instant, ProviderKeyId } from '../values.ts';

export type HealthScope =
  | { readonly kind: 'key'; readonly key: ProviderKeyId }
  | { readonly kind: 'key_model'; readonly key: ProviderKeyId; readonly model: string }
  /** One model at one destination, fed by every key that goes there. */
  | { readonly kind: 'provider_model'; readonly destination: string; readonly model: string };

export type Health = {
  /** `unhealthy`: until edited, re-enabled or a re-test succeeds. */
  readonly state: 'healthy' | 'cooling_down' | 'unhealthy';
  readonly until: Instant | null;
  readonly because: FailureClass | null;
  /** Exponent of the next wait. */
  readonly level: number;
  readonly consecutiveFailures: number;
  /** Outcomes of the last 30 s, for the failure-rate rule; bounded. */
  readonly window: readonly { readonly at: Instant; readonly ok: boolean }[];
  readonly lastFailureAt: Instant | null;
  /** Different keys among the consecutive failures; only the shared scope counts them. At most two are kept. */
  readonly failingKeys: readonly string[];
  readonly lastError: LastError | null;
};
export type LastError = {
  readonly status: number | null;
  readonly class: FailureClass;
  readonly message: string;
  readonly at: Instant;
};

/** What an attempt (or a key test, or a person) says about health. */
export type Outcome =
  | { readonly kind: 'success'; readonly at: Instant }
  | {
      readonly kind: 'failure';
      readonly at: Instant;
      readonly startedAt: Instant;
      readonly key: ProviderKeyId;
      readonly class: FailureClass;
      readonly status: number | null;
      readonly message: string;
      readonly retryAfterMs: number | null;
      /** 0–1, drawn by the caller: the reducer has no chance of its own. */
      readonly jitter: number;
    }
  | { readonly kind: 'reset'; readonly at: Instant };
export type HealthUpdate = { readonly scope: HealthScope; readonly health: Health };
