/** The routing decision as people see it. The operator's labels and amounts are not shown to tenants. */
import type { RouteAnswer } from '@arouter/contract';
import { explainExclusion, isoTime, type Exclusion, type RoutePlan, type Verdict } from '@arouter/core';
import { shownUsd } from './handler.ts';

type ShownPlan = RouteAnswer<'previewRouting'>['data']['fallbacks'][number];
type ShownVerdict = ShownPlan['verdicts'][number];
export type Viewer = 'operator' | 'tenant';

export function shownRoutePlan(plan: RoutePlan, viewer: Viewer): ShownPlan {
  return { model: plan.model, verdicts: plan.verdicts.map((verdict) => shownVerdict(verdict, viewer)) };
}

function shownVerdict(verdict: Verdict, viewer: Viewer): ShownVerdict {
  const hidden = verdict.source === 'platform' && viewer === 'tenant';
  const common = {
    provider_key_id: verdict.key,
    label: hidden ? 'Platform' : verdict.label,
    source: verdict.source,
    provider: verdict.provider,
    kind: verdict.kind,
  };
  if (verdict.kind === 'ranked') {
    const { rank, share, upstreamModel } = verdict;
    return { ...common, rank, share, upstream_model: upstreamModel, reason: null };
  }
  return {
    ...common,
    rank: null,
    share: null,
    upstream_model: null,
    reason: shownReason(verdict.reason, hidden),
  };
}

function shownReason(reason: Exclusion, hidden: boolean): ShownVerdict['reason'] {
  if (hidden && reason.code === 'budget_exceeded') {
    return {
      code: reason.code,
      message: 'its budget is used up. The operator can raise it.',
      resets_at: isoTime(reason.resetsAt),
    };
  }
  return { code: reason.code, message: explainExclusion(reason), ...details(reason) };
}

function details(reason: Exclusion): Record<string, unknown> {
  switch (reason.code) {
    case 'region_mismatch':
      return { wanted: reason.wanted };
    case 'fallback_denied':
      return { by: reason.by };
    case 'cooling_down':
      return {
        until: reason.until === null ? null : isoTime(reason.until),
        because: reason.because,
        scope: reason.scope,
      };
    case 'budget_exceeded':
      return {
        period: reason.period,
        resets_at: isoTime(reason.resetsAt),
        limit_usd: shownUsd(reason.limitNano),
        spent_usd: shownUsd(reason.spentNano),
      };
    case 'rpm_exceeded':
      return { limit: reason.limit, resets_at: isoTime(reason.resetsAt) };
    case 'concurrency_exceeded':
      return { limit: reason.limit };
    default:
      return {};
  }
}
