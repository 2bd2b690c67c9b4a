/** What is known of the health of keys, and who has the one probe of a bench that has passed. */
import {
  HEALTHY,
  healthScopeId,
  nextHealth,
  type Clock,
  type Health,
  type HealthScope,
  type HealthUpdate,
  type Outcome,
  type ProviderKeyId,
} from '@arouter/core';

/** A probe whose attempt never ended is free again after this. */
const PROBE_LEASE_MS = 30_000;

/** Callers choose the names of models, so what is known of keys with models must not grow with what they ask. */
export const HEALTHS_MAX = 10_000;
/** How many are looked at to find one that can be forgotten. */
const LOOKED_AT_MAX = 64;

export class HealthBook {
  readonly #healths = new Map<string, Health>();
  /** Until when each is someone's, by the steady clock. */
  readonly #probes = new Map<string, number>();

  get(scope: HealthScope): Health | undefined {
    return this.#healths.size === 0 ? undefined : this.#healths.get(healthScopeId(scope));
  }

  set(scope: HealthScope, health: Health): void {
    const id = healthScopeId(scope);
    if (this.#healths.size >= HEALTHS_MAX && !this.#healths.has(id)) this.#forgetOne();
    this.#healths.set(id, health);
  }

  get size(): number {
    return this.#healths.size;
  }

  apply(scopes: readonly HealthScope[], outcome: Outcome): readonly HealthUpdate[] {
    const updates: HealthUpdate[] = [];
    for (const scope of outcome.kind === 'reset' ? this.#withModels(scopes) : scopes) {
      const id = healthScopeId(scope);
      const before = this.#healths.get(id) ?? HEALTHY;
      const after = nextHealth(before, scope.kind, outcome);
      this.#probes.delete(id);
      if (after === before) continue;
      this.set(scope, after);
      if (isWorthKeeping(before, after)) updates.push({ scope, health: after });
    }
    return updates;
  }

  takeProbes(scopes: readonly HealthScope[], clock: Pick<Clock, 'now' | 'monotonicMs'>): boolean {
    if (this.#healths.size === 0) return true;
    const now = clock.now();
    const steadyMs = clock.monotonicMs();
    const wanted: string[] = [];
    for (const scope of scopes) {
      const id = healthScopeId(scope);
      const health = this.#healths.get(id);
      if (health === undefined || health.state === 'healthy') continue;
      const benched = health.state === 'unhealthy' || health.until === null || health.until > now;
      if (benched || (this.#probes.get(id) ?? -Infinity) > steadyMs) return false;
      wanted.push(id);
    }
    for (const id of wanted) this.#probes.set(id, steadyMs + PROBE_LEASE_MS);
    return true;
  }

  releaseProbes(scopes: readonly HealthScope[]): void {
    if (this.#probes.size === 0) return;
    for (const scope of scopes) this.#probes.delete(healthScopeId(scope));
  }

  modelsOf(key: ProviderKeyId): readonly { readonly model: string; readonly health: Health }[] {
    const prefix = healthScopeId({ kind: 'key_model', key, model: '' });
    return [...this.#healths].flatMap(([id, health]) =>
      id.startsWith(prefix) ? [{ model: id.slice(prefix.length), health }] : [],
    );
  }

  /** Of the oldest, one that is healthy again; else the very oldest. A key's own health is never forgotten. */
  #forgetOne(): void {
    let oldest: string | undefined;
    let lookedAt = 0;
    for (const [id, { state }] of this.#healths) {
      if (id.startsWith(OWN_PREFIX)) continue;
      oldest ??= id;
      lookedAt += 1;
      if (state === 'healthy' || lookedAt === LOOKED_AT_MAX) {
        this.#healths.delete(state === 'healthy' ? id : oldest);
        return;
      }
    }
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

const OWN_PREFIX = healthScopeId({ kind: 'key', key: '' as ProviderKeyId });

/** The window of the last 30 s does not outlive the process; writing it for every answer would cost more than it is worth. */
function isWorthKeeping(before: Health, after: Health): boolean {
  return (
    before.state !== after.state ||
    before.until !== after.until ||
    before.because !== after.because ||
    before.level !== after.level ||
    before.consecutiveFailures !== after.consecutiveFailures ||
    before.lastFailureAt !== after.lastFailureAt ||
    before.lastError !== after.lastError
  );
}
