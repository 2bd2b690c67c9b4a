/** Turns codes into sentences. It decides nothing: the explanation is the plan. */
import { isoTime } from '../limits/period.ts';
import { nanoToUsd } from '../values.ts';
import type { Operation } from '../wire/dialect.ts';
import type { Exclusion, RoutePlan, Verdict } from './route-plan.ts';

/** One sentence per key, in the plan's order. */
export function explainPlan(plan: RoutePlan): readonly string[] {
  return plan.verdicts.map((verdict) => explainVerdict(verdict));
}

/** The amounts are the operator's own. */
const OPERATORS_BUDGET = 'its budget is used up. The operator can raise it.';

/** What, which and what now, for one key. Names a platform key without its label, which is the operator's. */
export function explainVerdict(verdict: Verdict): string {
  const name =
    verdict.source === 'platform'
      ? `Platform key for ${verdict.provider}`
      : `Key "${verdict.label || verdict.key}"`;
  if (verdict.kind === 'excluded') {
    const isOperators = verdict.source === 'platform' && verdict.reason.code === 'budget_exceeded';
    return `${name} was left out: ${isOperators ? OPERATORS_BUDGET : explainExclusion(verdict.reason)}`;
  }
  const share = `${Math.round(verdict.share * 1000) / 10} % of first tries`;
  return `${name} is number ${verdict.rank} in line (weight ${verdict.weight}, ${share}).`;
}

export function explainExclusion(reason: Exclusion): string {
  switch (reason.code) {
    case 'key_disabled':
      return 'it is disabled. Enable it to use it.';
    case 'secret_unreadable':
      return 'its stored secret cannot be decrypted. Enter the secret again.';
    case 'provider_not_serving_model':
      return 'its provider does not serve this model.';
    case 'operation_not_served':
      return reason.operation === 'raw'
        ? "only the workspace's own keys serve paths that are passed on unread, and what refers to things stored at the provider: the operator's account is everybody's. Add a key of your own."
        : `its provider does not offer ${OPERATION_WORDS[reason.operation]} for this model.`;
    case 'provider_not_allowed':
      return 'the API key may not use its provider. Change the allowed providers of the API key.';
    case 'model_not_allowed':
      return 'the API key may not use this model. Change the allowed models of the API key.';
    case 'provider_excluded_by_request':
      return 'the request leaves its provider out (provider.only, ignore, or order without fallbacks).';
    case 'model_not_supported_by_key':
      return "this model is not in the key's supported models.";
    case 'model_not_served_at_key':
      return 'its place (its deployments, its region) does not serve this model. Add a deployment to the key, or use another.';
    case 'region_mismatch':
      return `the request requires region ${reason.wanted}, and the key serves another.`;
    case 'parameter_not_supported':
      return `the request requires every parameter to be heeded, and its provider would not heed "${reason.parameter}" here.`;
    case 'not_free':
      return 'the request asks for a free model (":free"), and this one has a price, or none that is known.';
    case 'price_above_max':
      return `its ${reason.dimension} price is above the provider.max_price of the request, or not known.`;
    case 'fallback_denied':
      return `key ${reason.by} says "always use this key", so no platform key may serve this model.`;
    case 'cooling_down':
      return reason.until === null
        ? 'its provider refused the credential. Edit the key, re-enable it, or test it successfully.'
        : `it is cooling down until ${isoTime(reason.until)} after ${words(reason.because)}${placeOf(reason.scope)}.`;
    case 'budget_exceeded':
      return `its ${reason.period === 'day' ? 'daily' : 'monthly'} budget of ${usd(reason.limitNano)} is used up (${usd(reason.spentNano)}). It resets at ${isoTime(reason.resetsAt)}.`;
    case 'rpm_exceeded':
      return `its limit of ${reason.limit} requests per minute is reached. A slot frees at ${isoTime(reason.resetsAt)}.`;
    case 'concurrency_exceeded':
      return `its limit of ${reason.limit} concurrent requests is reached.`;
    case 'price_unknown':
      return 'the model has no known price, and a limit, budget or credit applies. Set a price for the model, or lift the limit.';
  }
}

/** What a caller asked for, in words. */
const OPERATION_WORDS: Readonly<Record<Operation, string>> = {
  chat: 'chat',
  count_tokens: 'counting of tokens',
  embeddings: 'embeddings',
  rerank: 'reranking',
  speech: 'speech',
  transcription: 'transcription',
  translation: 'translation of sound',
  images: 'images',
  raw: 'this path',
};

function placeOf(scope: 'key' | 'key_model' | 'provider_model'): string {
  switch (scope) {
    case 'key':
      return '';
    case 'key_model':
      return ' with this model';
    case 'provider_model':
      return ' of this model at its provider';
  }
}

function words(code: string): string {
  return code.replaceAll('_', ' ');
}

function usd(nano: Parameters<typeof nanoToUsd>[0]): string {
  return `${nanoToUsd(nano)} USD`;
}
