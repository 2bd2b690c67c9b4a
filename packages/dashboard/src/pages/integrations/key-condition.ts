/** How a provider key is, in words, and what is usually the matter. Pure: a key in, sentences out. */
import type { Tone } from '../../components/badge.tsx';
import type { ProviderKey } from './key-scope.ts';

export type KeyCondition = {
  readonly tone: Tone;
  readonly word: string;
  /** When it ends by itself. */
  readonly until: string | null;
};
export type CommonIssue = { readonly symptom: string; readonly cause: string; readonly fix: string };

/** The worst thing that is true of it. */
export function conditionOf(key: ProviderKey): KeyCondition {
  if (!key.enabled) return { tone: 'neutral', word: 'Disabled', until: null };
  switch (key.health.state) {
    case 'unreadable':
      return { tone: 'bad', word: 'Unreadable', until: null };
    case 'unhealthy':
      return { tone: 'bad', word: 'Unhealthy', until: null };
    case 'cooling_down':
      return { tone: 'warn', word: 'Cooling down', until: key.health.until };
    case 'healthy':
      return reachedBudget(key) === null
        ? { tone: 'good', word: 'Healthy', until: null }
        : { tone: 'warn', word: 'Budget reached', until: null };
  }
}

/** The budget that is used up; a key over it is passed over until the period ends (UTC). */
export function reachedBudget(key: ProviderKey): 'daily' | 'monthly' | null {
  if (key.monthly_budget_usd !== null && key.spent_month_usd >= key.monthly_budget_usd) return 'monthly';
  if (key.daily_budget_usd !== null && key.spent_today_usd >= key.daily_budget_usd) return 'daily';
  return null;
}

/** The four issues that most often bring people here, where this key shows their symptom. */
export function commonIssuesOf(key: ProviderKey, keysUrl: string): readonly CommonIssue[] {
  const { state, last_error: lastError } = key.health;
  const issues: CommonIssue[] = [];
  if (lastError?.class === 'key_invalid') {
    issues.push({
      symptom: 'invalid x-api-key',
      cause: 'The key is expired or revoked.',
      fix: `Generate a new key from your provider${keysUrl === '' ? '' : ` (${keysUrl})`}, then edit this key and enter it.`,
    });
  } else if (state === 'cooling_down' || state === 'unhealthy') {
    issues.push({
      symptom: 'Key shows unhealthy',
      cause: 'Too many errors triggered a cooldown.',
      fix: 'Wait for the cooldown to expire, or edit and re-enable the key.',
    });
  }
  if (lastError?.class === 'rate_limited') {
    issues.push({
      symptom: key.always_use ? 'Requests are refused while the key is rate-limited' : 'Fallback to platform',
      cause: 'The key is rate-limited by its provider.',
      fix: 'Increase the RPM limit at the provider and here, or add more keys.',
    });
  }
  if (mayBeMismatched(key)) {
    issues.push({
      symptom: 'Requests not using BYOK',
      cause: 'This key has not served a request yet: the provider or model asked for may not match it.',
      fix: `Check the key’s supported models${key.region === null ? '' : ' and region'}; the routing preview says for each model why a key is passed over.`,
    });
  }
  return issues;
}

/** Restricted, able to serve, and yet never asked. */
function mayBeMismatched(key: ProviderKey): boolean {
  return (
    key.enabled &&
    key.last_used_at === null &&
    key.health.state === 'healthy' &&
    (key.supported_models !== null || key.region !== null)
  );
}
