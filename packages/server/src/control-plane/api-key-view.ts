/** An API key as the contract shows it. Its stored hash of the secret stays behind. */
import type { RouteAnswer } from '@arouter/contract';
import type { ApiKeyKind, ApiKeyRecord } from '@arouter/core';
import type { ApiKeySpend } from './api-key-spend.ts';
import { shownTime, shownTimeOrNull, shownUsd, shownUsdOrNull } from './handler.ts';

export type { ApiKeySpend };
type ShownApiKey = RouteAnswer<'getApiKey'>['data'];

export function shownApiKey(key: ApiKeyRecord, spend: ApiKeySpend): ShownApiKey {
  return {
    hash: key.hash,
    id: key.id,
    name: key.name,
    label: key.hint,
    key_type: shownKeyType(key.kind),
    disabled: key.disabled,
    ...shownLimits(key, spend),
    allowed_providers: key.allowedProviders === null ? null : [...key.allowedProviders],
    allowed_models: key.allowedModels === null ? null : [...key.allowedModels],
    rpm_limit: key.rpmLimit,
    ...shownUsage(spend),
    created_at: shownTime(key.createdAt),
    creator_user_id: key.createdBy,
    updated_at: shownTimeOrNull(key.updatedAt),
    expires_at: shownTimeOrNull(key.expiresAt),
  };
}

export function shownKeyType(kind: ApiKeyKind): 'regular' | 'management' | 'operator' {
  return kind === 'inference' ? 'regular' : kind;
}

/** What remains is never shown below zero: a soft limit may be overshot by what was in flight. */
export function shownLimits(
  key: ApiKeyRecord,
  spend: ApiKeySpend,
): Pick<ShownApiKey, 'limit' | 'limit_remaining' | 'limit_reset' | 'include_byok_in_limit'> {
  const { byokNano, platformNano } =
    spend[key.limitReset === null ? 'lifetime' : RESET_WINDOWS[key.limitReset]];
  const counted = platformNano + (key.includeByokInLimit ? byokNano : 0);
  return {
    limit: shownUsdOrNull(key.limitNano),
    limit_remaining: key.limitNano === null ? null : shownUsd(Math.max(0, key.limitNano - counted)),
    limit_reset: key.limitReset,
    include_byok_in_limit: key.includeByokInLimit,
  };
}
const RESET_WINDOWS = { daily: 'day', weekly: 'week', monthly: 'month' } as const;

export function shownUsage(spend: ApiKeySpend) {
  return {
    usage: shownUsd(spend.lifetime.platformNano),
    usage_daily: shownUsd(spend.day.platformNano),
    usage_weekly: shownUsd(spend.week.platformNano),
    usage_monthly: shownUsd(spend.month.platformNano),
    byok_usage: shownUsd(spend.lifetime.byokNano),
    byok_usage_daily: shownUsd(spend.day.byokNano),
    byok_usage_weekly: shownUsd(spend.week.byokNano),
    byok_usage_monthly: shownUsd(spend.month.byokNano),
  };
}
