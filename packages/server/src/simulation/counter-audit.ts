/**
 * The Counters port, watched: every grant is checked against the ledger's own rows and against what is held, by a second
 * account that shares nothing with the first; and after every settlement both hold the same. Rules: INV-3 (budgets), INV-4
 * (credits), INV-11 (no reservation is lost).
 */
import {
  DISPATCH_LAG_MS_MAX,
  healthScopeId,
  instant,
  nanoUsd,
  periodAt,
  RPM_WINDOW_MS,
  type Counters,
  type Demand,
  type HealthScope,
  type Instant,
  type Reservation,
} from '@arouter/core';
import type { LedgerQueries } from './ledger-queries.ts';
import { spentInCounters } from './spent-in-counters.ts';

/** 30 min for the whole of a request, and two for what follows. */
const RESERVATION_MS_MAX = 1_920_000;
const PROBE_LEASE_MS = 30_000;

export type AuditOptions = {
  readonly counters: Counters;
  readonly ledger: LedgerQueries;
  /** The gateway's own time of day, by which periods are told. */
  readonly now: () => Instant;
  readonly steadyMs: () => number;
  readonly byokCounts: (apiKey: string) => boolean;
  readonly violated: (rule: string, detail: string) => void;
};

type Held = { readonly reservation: Reservation; readonly sinceMs: number; readonly sent: boolean };

export class CounterAudit implements Counters {
  readonly #options: AuditOptions;
  readonly #held = new Map<number, Held>();
  readonly #probes = new Map<string, number>();
  /** When requests were sent that count against a limit per minute, by its id; each with its reservation. */
  readonly #sent = new Map<string, readonly { readonly reservation: number; readonly atMs: number }[]>();
  readonly #startedMs: number;

  constructor(options: AuditOptions) {
    this.#options = options;
    this.#startedMs = options.steadyMs();
  }

  readings: Counters['readings'] = (demands) => this.#options.counters.readings(demands);
  health: Counters['health'] = (scope) => this.#options.counters.health(scope);
  dispatching: Counters['dispatching'] = (reservation) => {
    const atMs = this.#options.steadyMs();
    const held = this.#held.get(reservation.id);
    if (held !== undefined) this.#held.set(reservation.id, { ...held, sent: true });
    for (const demand of reservation.demands)
      if (demand.kind === 'rpm')
        this.#sent.set(demand.id, [...this.#sentOf(demand.id), { reservation: reservation.id, atMs }]);
    this.#options.counters.dispatching(reservation);
  };

  reserve(demands: readonly Demand[]): ReturnType<Counters['reserve']> {
    const result = this.#options.counters.reserve(demands);
    if (result.kind === 'reserved') {
      for (const demand of demands) this.#check(demand, result.reservation.at);
      this.#held.set(result.reservation.id, {
        reservation: result.reservation,
        sinceMs: this.#options.steadyMs(),
        sent: false,
      });
    }
    return result;
  }

  settle(...settled: Parameters<Counters['settle']>): void {
    const [{ id, demands }, { dispatched }] = settled;
    this.#held.delete(id);
    for (const demand of demands)
      if (demand.kind === 'rpm' && !dispatched)
        this.#sent.set(
          demand.id,
          this.#sentOf(demand.id).filter(({ reservation }) => reservation !== id),
        );
    this.#options.counters.settle(...settled);
    // As the port promises, a second time changes nothing.
    this.#options.counters.settle(...settled);
    for (const demand of demands) this.#checkHeld(demand);
  }

  applyOutcome(...applied: Parameters<Counters['applyOutcome']>): ReturnType<Counters['applyOutcome']> {
    for (const scope of applied[0]) this.#probes.delete(healthScopeId(scope));
    return this.#options.counters.applyOutcome(...applied);
  }

  takeProbes(scopes: readonly HealthScope[]): boolean {
    const { counters, now, steadyMs, violated } = this.#options;
    const taken = counters.takeProbes(scopes);
    if (!taken) return false;
    for (const scope of scopes) {
      const health = counters.health(scope);
      if (health === undefined || health.state === 'healthy') continue;
      const id = healthScopeId(scope);
      if (health.state === 'unhealthy' || (health.until ?? 0) > now())
        violated('INV-14', `${id} is benched until ${health.until} and was used`);
      if (steadyMs() - (this.#probes.get(id) ?? -Infinity) < PROBE_LEASE_MS)
        violated('INV-14', `${id} has two probes at once`);
      this.#probes.set(id, steadyMs());
    }
    return true;
  }

  releaseProbes(scopes: readonly HealthScope[]): void {
    for (const scope of scopes) this.#probes.delete(healthScopeId(scope));
    this.#options.counters.releaseProbes(scopes);
  }

  /** After every event. */
  checkAges(): void {
    for (const { reservation, sinceMs } of this.#held.values()) {
      if (this.#options.steadyMs() - sinceMs > RESERVATION_MS_MAX)
        this.#options.violated('INV-11', `reservation ${reservation.id} is still held`);
      // In the order in which they were taken: the first is the oldest.
      return;
    }
  }

  get reservationsHeld(): number {
    return this.#held.size;
  }

  /** The scopes whose probe someone has. */
  get probesHeld(): readonly string[] {
    return [...this.#probes.keys()];
  }

  /** The new grant is not among the held ones yet. */
  #check(demand: Demand, at: Instant): void {
    const { violated } = this.#options;
    switch (demand.kind) {
      case 'rpm':
        return;
      case 'concurrency': {
        const inFlight = this.#demandsHeld().filter(
          ({ kind, id }) => kind === 'concurrency' && id === demand.id,
        );
        if (inFlight.length >= demand.limit)
          violated('max_concurrency', `${demand.id}: ${inFlight.length + 1}`);
        return;
      }
      case 'credits': {
        const held = sum(this.#demandsHeld(), (other) =>
          other.kind === 'credits' && other.workspace === demand.workspace ? other.holdNano : 0,
        );
        if (held + demand.holdNano > this.#options.ledger.balance(demand))
          violated('INV-4', `${demand.workspace}: ${held} + ${demand.holdNano} held against less`);
        return;
      }
      case 'spend':
        this.#checkSpend(demand, at);
    }
  }

  #checkSpend(demand: Extract<Demand, { kind: 'spend' }>, at: Instant): void {
    const { ledger, byokCounts, violated } = this.#options;
    const { scope, limitNano, holdNano, enforcement } = demand;
    const period = periodAt(scope.period, at);
    const held = this.#heldOf(demand, period.id);
    const to = period.to ?? instant(Number.MAX_SAFE_INTEGER);
    const used = held + ledger.spent(scope, byokCounts(scope.id), { from: period.from, to });
    const allowed = enforcement === 'strict' ? used + holdNano <= limitNano : used < limitNano;
    if (!allowed)
      violated(
        'INV-3',
        `${enforcement} ${scope.owner} ${scope.id} ${period.id}: ${used} + ${holdNano} > ${limitNano}`,
      );
  }

  #heldOf(demand: Extract<Demand, { kind: 'spend' }>, period: string): number {
    return sum([...this.#held.values()], ({ reservation }) =>
      periodAt(demand.scope.period, reservation.at).id === period
        ? sum(reservation.demands, (other) => holdOf(other, demand))
        : 0,
    );
  }

  /** After each settlement the counters hold what the running attempts hold: neither less nor more. */
  #checkHeld(demand: Demand): void {
    const { counters, now, violated } = this.#options;
    const isFree = (asked: Demand): boolean => counters.readings([asked])[0]?.kind === 'free';
    if (demand.kind === 'concurrency') {
      const limit = sum(this.#demandsHeld(), ({ kind, id }) =>
        Number(kind === demand.kind && id === demand.id),
      );
      if (isFree({ ...demand, limit }) || !isFree({ ...demand, limit: limit + 1 }))
        violated('INV-11', `${demand.id}: the counters do not hold ${limit} places`);
    }
    if (demand.kind === 'rpm' && this.#knowsWholeWindow()) {
      const sent = this.#sentOf(demand.id);
      const promised = [...this.#held.values()].filter(
        (held) =>
          !held.sent &&
          held.reservation.demands.some((other) => other.kind === 'rpm' && other.id === demand.id),
      );
      const limit = sent.length + promised.length;
      if (!isFree({ ...demand, limit: limit + 1 }) || (limit > 0 && isFree({ ...demand, limit })))
        violated('INV-5', `${demand.id}: the counters do not count ${limit} requests in this minute`);
    }
    if (demand.kind !== 'spend') return;
    const held = this.#heldOf(demand, periodAt(demand.scope.period, now()).id);
    const used = spentInCounters(counters, demand.scope) + held;
    const fits = (limit: number): boolean =>
      isFree({ ...demand, enforcement: 'strict', holdNano: nanoUsd(0), limitNano: nanoUsd(limit) });
    if (!fits(used) || (used > 0 && fits(used - 1)))
      violated('INV-11', `${demand.scope.id} ${demand.scope.period}: the counters do not hold ${held}`);
  }

  /** A start counts what was sent before it, and no one tells the audit. */
  #knowsWholeWindow(): boolean {
    return this.#options.steadyMs() - this.#startedMs > RPM_WINDOW_MS + DISPATCH_LAG_MS_MAX;
  }

  #sentOf(id: string): readonly { readonly reservation: number; readonly atMs: number }[] {
    const oldest = this.#options.steadyMs() - RPM_WINDOW_MS;
    return (this.#sent.get(id) ?? []).filter(({ atMs }) => atMs > oldest);
  }

  #demandsHeld(): readonly (Demand & { readonly id?: string })[] {
    return [...this.#held.values()].flatMap(({ reservation }) => reservation.demands);
  }
}

function holdOf(held: Demand, asked: Extract<Demand, { kind: 'spend' }>): number {
  return held.kind === 'spend' &&
    held.scope.owner === asked.scope.owner &&
    held.scope.id === asked.scope.id &&
    held.scope.period === asked.scope.period
    ? held.holdNano
    : 0;
}

function sum<Item>(items: readonly Item[], amountOf: (item: Item) => number): number {
  return items.reduce((total, item) => total + amountOf(item), 0);
}
