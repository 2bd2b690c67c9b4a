/** Rule INV-14: a bench outlives the process. What is known of keys at rest is known again after a start from the same database. */
import { healthScopeId, healthScopes, type Health } from '@arouter/core';
import { simulatedProviders } from './tenants.ts';
import type { World } from './world.ts';

export type Healths = ReadonlyMap<string, string>;

/** By scope: what of its health a start must find again. */
export function healthsNow({ process, keys }: World): Healths {
  const scopes = [...keys.values()].flatMap(({ key }) =>
    (simulatedProviders.get(key.provider)?.models ?? []).flatMap(({ id }) => healthScopes(key, id)),
  );
  return new Map(scopes.map((scope) => [healthScopeId(scope), describe(process?.counters.health(scope))]));
}

/** Nothing is asked where a full disk kept a health from being saved: no request waits for that. */
export function checkHealthsKept(world: World, before: Healths): void {
  if (world.violation !== null || world.weather.lostHealth) return;
  for (const [scope, health] of healthsNow(world))
    if (health !== before.get(scope))
      world.violated(
        'INV-14',
        `${scope} was ${before.get(scope)} before the start and is ${health} after it`,
      );
}

function describe(health: Health | undefined): string {
  if (health === undefined || health.state === 'healthy') return 'healthy';
  return `${health.state} until ${health.until} because of ${health.because}`;
}
