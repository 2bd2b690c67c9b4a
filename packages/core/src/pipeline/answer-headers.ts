/** The headers that explain an answer: which key served it, and why not another. */
import type { ProviderKeyRecord } from '../keys/provider-key.ts';
import type { WireHeaders } from '../wire/wire.ts';
import type { Target } from './prepare.ts';
import type { Run } from './run.ts';

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
    if (refused.source === 'byok') reasons.set(refused.id, by.kind);
  for (const { key: failed, failure } of run.failures)
    if (failed.source === 'byok') reasons.set(failed.id, failure.class);
  if (reasons.size === 0) return 'no_own_key';
  return [...reasons].map(([id, reason]) => `${id}=${reason}`).join(', ');
}
