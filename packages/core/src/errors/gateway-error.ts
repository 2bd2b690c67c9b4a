import type { Instant } from '../values.ts';
import { ERROR_CODES, type ErrorCode } from './codes.ts';

/** Requests in any 60 s, and when the next one fits. */
export type RateLimit = { readonly limit: number; readonly resetsAt: Instant };

/**
 * An answer that the caller must get instead of what they asked for: the caller's mistake, or a state that they can
 * change. The message says what, which and what now; it holds no secret and quotes no body. Bugs are not GatewayErrors.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  /** Shown in `error.metadata`. */
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  /** Rounded up to whole seconds in `Retry-After`. */
  readonly retryAfterMs: number | null;
  /** The limit of requests per minute that was reached, for `x-ratelimit-*`. */
  readonly rateLimit: RateLimit | null;
  /** The provider's own status where it is passed on (its 400 stays a 400), else the code's. */
  readonly status: number;

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      readonly cause?: unknown;
      readonly metadata?: Readonly<Record<string, unknown>>;
      readonly retryAfterMs?: number | null;
      readonly rateLimit?: RateLimit | null;
      readonly status?: number;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.metadata = options.metadata;
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.rateLimit = options.rateLimit ?? null;
    this.status = options.status ?? ERROR_CODES[code].status;
  }
}
