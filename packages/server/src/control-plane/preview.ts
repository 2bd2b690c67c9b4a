/** How a request would be routed now, without sending it: the same plan function, the same verdicts. */
import { type ApiKeyRecord } from '@arouter/core';
import { isApiKey } from './caller.ts';
import type { ControlPlaneDeps } from './deps.ts';
import { findApiKey } from './find-api-key.ts';
import type { Call, Handlers } from './handler.ts';
import { shownRoutePlan } from './route-plan-view.ts';

type Deps = Pick<ControlPlaneDeps, 'store' | 'snapshot' | 'previewRoute'>;

export function previewHandlers(deps: Deps): Handlers<'previewRouting'> {
  return {
    previewRouting: async (call) => {
      const { workspace, caller, body } = call;
      const plans = await deps.previewRoute({ workspace, apiKey: await restrictionsOf(deps, call), body });
      const viewer = caller.kind === 'operator' ? 'operator' : 'tenant';
      const [first, ...fallbacks] = plans.map((plan) => shownRoutePlan(plan, viewer));
      if (first === undefined) throw new Error('a preview without a plan');
      return { data: { ...first, fallbacks } };
    },
  };
}

/** An inference key previews as itself; others as the key they name, or without restrictions. */
async function restrictionsOf(deps: Deps, call: Call<'previewRouting'>): Promise<ApiKeyRecord | null> {
  if (call.query.api_key !== undefined) return findApiKey(deps, call, call.query.api_key);
  return isApiKey(call.caller) && call.caller.kind === 'inference' ? call.caller : null;
}
