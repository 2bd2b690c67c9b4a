/** How a request would be routed now, without sending it: the same plan function, the same verdicts. */
import { type ApiKeyRecord } from '@arouter/core';
import { isApiKey } from './caller.ts';
import type { ControlPlaneDeps } from './deps.ts';
import type { KeyDraft } from '../preview/hypothetical-keys.ts';
import { findApiKey } from './find-api-key.ts';
import { findProvider } from './find-provider.ts';
import type { Call, Handlers } from './handler.ts';
import { shownRoutePlan } from './route-plan-view.ts';

type Deps = Pick<ControlPlaneDeps, 'store' | 'snapshot' | 'previewRoute' | 'providers'>;

export function previewHandlers(deps: Deps): Handlers<'previewRouting'> {
  return {
    previewRouting: async (call) => {
      const { workspace, caller } = call;
      const { changes = [], draft, ...body } = call.body;
      const hypothesis = { changes, draft: draft === undefined ? null : draftOf(deps, draft) };
      const apiKey = await restrictionsOf(deps, call);
      const plans = await deps.previewRoute({ workspace, apiKey, body, hypothesis });
      const viewer = caller.kind === 'operator' ? 'operator' : 'tenant';
      const [first, ...fallbacks] = plans.map((plan) => shownRoutePlan(plan, viewer));
      if (first === undefined) throw new Error('a preview without a plan');
      return { data: { ...first, fallbacks } };
    },
  };
}

function draftOf(deps: Deps, draft: NonNullable<Call<'previewRouting'>['body']['draft']>): KeyDraft {
  return { ...draft, provider: findProvider(deps.providers, draft.provider, 'draft').id };
}

/** An inference key previews as itself; others as the key they name, or without restrictions. */
async function restrictionsOf(deps: Deps, call: Call<'previewRouting'>): Promise<ApiKeyRecord | null> {
  if (call.query.api_key !== undefined) return findApiKey(deps, call, call.query.api_key);
  return isApiKey(call.caller) && call.caller.kind === 'inference' ? call.caller : null;
}
