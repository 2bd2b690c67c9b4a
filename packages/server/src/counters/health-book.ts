/** What is known of the health of keys, and who has the one probe of a bench that has passed. */
import {
  HEALTHY,
  healthScopeId,
  instant,
  nextHealth,
  type Health,
  type HealthScope,
  type HealthUpdate,
  type Instant,
  type Outcome,
  type ProviderKeyId,
} from '@arouter/core';

/** A probe whose attempt never ended is free again after this. */
const PROBE_LEASE_MS = 30_000;

export class HealthBook {
  readonly #healths = new Map<string, Health>();
  readonly #probes = new Map<string, Instant>();

  get(scope: HealthScope): Health | undefined {
    return this.#healths.size === 0 ? undefined : this.#healths.get(healthScopeId(scope));
  }

  set(scope: HealthScope, health: Health): void {
    this.#healths.set(healthScopeId(scope), health);
  }

  apply(scopes: readonly HealthScope[], outcome: Outcome): readonly HealthUpdate[] {
    const updates: HealthUpdate[] = [];
    for (const scope of outcome.kind === 'reset' ? this.#withModels(scopes) : scopes) {
      const id = healthScopeId(scope);
      const before = this.#healths.get(id) ?? HEALTHY;
      const after = nextHealth(before, scope.kind, outcome);
      this.#probes.delete(id);
      if (after === before) continue;
      this.#healths.set(id, after);
      updates.push({ scope, health: after });
    }
    return updates;
  }

  takeProbes(scopes: readonly HealthScope[], now: Instant): boolean {
    if (this.#healths.size === 0) return true;
    const wanted: string[] = [];
    for (const scope of scopes) {
      const id = healthScopeId(scope);
      const health = this.#healths.get(id);
      if (health === undefined || health.state === 'healthy') continue;
      const benched = health.state === 'unhealthy' || health.until === null || health.until > now;
      if (benched || (this.#probes.get(id) ?? 0) > now) return false;
      wanted.push(id);
    }
    for (const id of wanted) this.#probes.set(id, instant(now + PROBE_LEASE_MS));
    return true;
  }

  modelsOf(key: ProviderKeyId): readonly { readonly model: string; readonly health: Health }[] {
    const prefix = healthScopeId({ kind: 'key_model', key, model: '' });
    return [...this.#healths].flatMap(([id, health]) =>
      id.startsWith(prefix) ? [{ model: id.slice(prefix.length), health }] : [],
    );
  }

  /** A reset of a key resets what is known of it with every model. */
  #withModels(scopes: readonly HealthScope[]): readonly HealthScope[] {
    const models = scopes.flatMap((scope) =>
      scope.kind === 'key'
        ? this.modelsOf(scope.key).map(({ model }) => ({ kind: 'key_model' as const, key: scope.key, model }))
        : [],
    );
    return [...scopes, ...models];
  }
}
