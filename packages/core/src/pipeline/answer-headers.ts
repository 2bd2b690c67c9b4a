/** The headers that explain an answer: which key served it, and why not another. */
import type { ProviderKeyRecord } from '../keys/provider-key.ts';
import type { WireHeaders, WireResponse } from '../wire/wire.ts';
import type { Target } from './prepare.ts';
import type { Refusal, Run } from './run.ts';

export function answerHeaders(run: Run, target: Target, contentType: string): WireHeaders {
  const reason = fallbackReason(run, target.key);
  return [
    ['content-type', contentType],
    ['x-request-id', run.header.requestId],
    ['x-generation-id', run.header.id],
    ['x-arouter-provider', target.key.provider],
    ['x-arouter-source', target.key.source],
    ['x-arouter-provider-key', target.key.id],
    ['x-arouter-attempts', String(run.failures.length + 1)],
    ...(reason === null ? [] : [['x-arouter-fallback-reason', reason] as const]),
  ];
}

/**
 * The provider's content type, as far as it may be sent from the gateway's own address: never one that a browser would
 * run, whatever the host behind a base URL says.
 */
export function passedContentType(response: WireResponse): string {
  const given = response.header('content-type') ?? 'application/json';
  return given === 'application/json' || PASSED_TYPES.test(given) ? given : 'application/octet-stream';
}
const PASSED_TYPES =
  /^(?:application\/(?:json|x-subrip|x-ndjson|jsonl|octet-stream|vnd\.amazon\.eventstream|pdf)|text\/(?:plain|event-stream|vtt|csv)|audio\/[\w.+-]{1,40}|video\/[\w.+-]{1,40}|image\/(?:png|jpeg|webp|gif))(?:\s*;\s*[\w=."+-]{1,80}){0,3}$/i;

/** Why own keys were passed over, when a platform key serves: `pk_1=rpm_exceeded, pk_2=rate_limited`. */
export function fallbackReason(run: Run, key: ProviderKeyRecord): string | null {
  if (key.source !== 'platform') return null;
  const reasons = new Map<string, string>();
  for (const plan of run.plans) {
    for (const verdict of plan.verdicts) {
      if (
        verdict.source === 'byok' &&
        verdict.kind === 'excluded' &&
        verdict.reason.code !== 'provider_not_serving_model'
      ) {
        reasons.set(verdict.key, verdict.reason.code);
      }
    }
  }
  for (const { key: refused, by } of run.refusals)
    if (refused.source === 'byok') reasons.set(refused.id, AS_EXCLUDED[by.kind]);
  for (const { key: failed, failure } of run.failures)
    if (failed.source === 'byok') reasons.set(failed.id, failure.class);
  if (reasons.size === 0) return 'no_own_key';
  const shown = [...reasons].slice(0, REASONS_SHOWN_MAX).map(([id, reason]) => `${id}=${reason}`);
  const more = reasons.size - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

/** A header must fit beside the others into the 16 KiB that most clients take; the generation has them all. */
const REASONS_SHOWN_MAX = 20;

/** A key that the counters refused is named like one that the plan left out for the same reason. */
const AS_EXCLUDED: Readonly<Record<Refusal['by']['kind'], string>> = {
  rpm: 'rpm_exceeded',
  concurrency: 'concurrency_exceeded',
  spend: 'budget_exceeded',
  credits: 'insufficient_credits',
  probe: 'cooling_down',
};
