import type { HealthScope, ProviderKeyId } from '@arouter/core';
import type { ControlPlaneDeps } from './deps.ts';

/** Ends every bench of the key: its own, and those with single models. */
export function resetHealth(deps: Pick<ControlPlaneDeps, 'health' | 'clock'>, key: ProviderKeyId): void {
  const scopes: HealthScope[] = [
    { kind: 'key', key },
    ...deps.health.modelsOf(key).map(({ model }) => ({ kind: 'key_model' as const, key, model })),
  ];
  deps.health.applyOutcome(scopes, { kind: 'reset', at: deps.clock.now() });
}
