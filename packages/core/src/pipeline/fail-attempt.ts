/** An attempt that failed before anything reached the caller: settled, and judged whether another key could do better. */
import type { Failure, FailureClass } from '../errors/failure-class.ts';
import type { Ports } from '../ports.ts';
import type { Outbound } from './exchange.ts';
import type { FailedAttempt } from './run.ts';
import { NO_ANSWER, settleAttempt, type OpenAttempt } from './settle.ts';

export type AttemptResult = { readonly kind: 'answered'; readonly outbound: Outbound } | AttemptFailed;
export type AttemptFailed = {
  readonly kind: 'failed';
  readonly failed: FailedAttempt;
  readonly next: AfterFailure;
};
/** `same_key`: once more, with what has changed since; whoever says it sees to it that it is said once. */
type AfterFailure = 'same_key' | 'next_key' | 'next_model' | 'give_up';

type FailedWith = {
  readonly failure: Failure;
  readonly status: number | null;
  readonly passOn: FailedAttempt['passOn'];
};

/** Settles a failed attempt. Its ledger row waits until it is known whether the generation ends with it. */
export function fail(
  ports: Ports,
  open: OpenAttempt,
  { failure, status, passOn }: FailedWith,
): AttemptFailed {
  const { run, target } = open;
  run.pendingSettlement = settleAttempt(ports, open, {
    outcome: failure.class === 'client_gone' ? 'cancelled' : 'failed',
    failure,
    upstreamStatus: status,
    answer: NO_ANSWER,
    contentBytes: 0,
    firstByteMs: null,
    callerStatus: null,
  });
  return {
    kind: 'failed',
    failed: { key: target.key, manifest: target.manifest, failure, passOn },
    next: AFTER[failure.class],
  };
}

/** Could this request succeed on another key, with another of the caller's models, or nowhere? */
const AFTER: Readonly<Record<FailureClass, AfterFailure>> = {
  key_invalid: 'next_key',
  key_ambiguous: 'next_key',
  token_stale: 'same_key',
  billing: 'next_key',
  rate_limited: 'next_key',
  too_big_for_key: 'next_key',
  provider_busy: 'next_key',
  provider_error: 'next_key',
  model_unavailable: 'next_key',
  unreachable: 'next_key',
  timeout: 'next_key',
  egress_denied: 'next_key',
  invalid_answer: 'next_key',
  secret_unreadable: 'next_key',
  context_length: 'next_model',
  content_filter: 'give_up',
  bad_request: 'give_up',
  client_gone: 'give_up',
};
