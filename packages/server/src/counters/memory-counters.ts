/**
 * The Counters port in memory: exact on one machine, rebuilt from the ledger at start. Every call is atomic because
 * nothing in it waits. A reservation that is never settled (a crash) ends with the process.
 */
import {
  DispatchLog,
  laterBy,
  type ApiKeyId,
  type Clock,
  type Counters,
  type Demand,
  type Health,
  type HealthScope,
  type HealthUpdate,
  type Instant,
  type Outcome,
  type Period,
  type ProviderKeyId,
  type Reading,
  type Reservation,
  type ReserveResult,
  type SettleAmounts,
  type SpendScope,
  type WorkspaceId,
} from '@arouter/core';
import { HealthBook } from './health-book.ts';
import { FREE, readSpend, SpendBook, type Spend } from './spend-book.ts';

type Credits = { balanceNano: number; heldNano: number };
/** What one demand of a reservation took; a spend remembers its period's account, a dispatch its log and its moment. */
type Taken = {
  readonly demand: Demand;
  readonly spend: Spend | null;
  readonly log: DispatchLog | null;
  sentAtMs: number | null;
};

/** A reservation as these counters give it: it carries what it took, so that nothing is looked up at its end. */
class OpenReservation implements Reservation {
  readonly id: number;
  readonly demands: readonly Demand[];
  readonly at: Instant;
  /** Null once it is settled. */
  taken: readonly Taken[] | null;
  constructor(id: number, demands: readonly Demand[], at: Instant, taken: readonly Taken[]) {
    this.id = id;
    this.demands = demands;
    this.at = at;
    this.taken = taken;
  }
}

export type MemoryCountersOptions = {
  readonly clock: Clock;
  /** Called with every changed health; the adapter makes it durable. */
  readonly onHealthChange: (updates: readonly HealthUpdate[]) => void;
};

export class MemoryCounters implements Counters {
  readonly #clock: Clock;
  readonly #onHealthChange: MemoryCountersOptions['onHealthChange'];
  readonly #dispatches = new Map<string, DispatchLog>();
  readonly #inFlight = new Map<ProviderKeyId, number>();
  readonly #spends = new SpendBook();
  readonly #credits = new Map<WorkspaceId, Credits>();
  readonly #healths = new HealthBook();
  #counting: ReadonlySet<string> = new Set();
  #reservations = 0;

  constructor({ clock, onHealthChange }: MemoryCountersOptions) {
    this.#clock = clock;
    this.#onHealthChange = onHealthChange;
  }

  readings(demands: readonly Demand[]): readonly Reading[] {
    const now = this.#clock.now();
    return demands.map((demand) => this.#read(demand, now));
  }

  reserve(demands: readonly Demand[]): ReserveResult {
    const now = this.#clock.now();
    for (const demand of demands) {
      const reading = this.#read(demand, now);
      if (reading.kind === 'full') return { kind: 'refused', by: demand, reading };
    }
    const id = (this.#reservations += 1);
    const taken = demands.map((demand) => this.#take(demand, now));
    return { kind: 'reserved', reservation: new OpenReservation(id, demands, now, taken) };
  }

  dispatching(reservation: Reservation): void {
    if (!(reservation instanceof OpenReservation)) return;
    const now = this.#clock.monotonicMs();
    for (const part of reservation.taken ?? []) {
      if (part.log === null || part.sentAtMs !== null) continue;
      part.log.send(now);
      part.sentAtMs = now;
    }
  }

  settle(reservation: Reservation, amounts: SettleAmounts): void {
    if (!(reservation instanceof OpenReservation) || reservation.taken === null) return;
    const { taken } = reservation;
    reservation.taken = null;
    for (const part of taken) this.#settle(part, amounts);
  }

  health(scope: HealthScope): Health | undefined {
    return this.#healths.get(scope);
  }

  applyOutcome(scopes: readonly HealthScope[], outcome: Outcome): readonly HealthUpdate[] {
    const updates = this.#healths.apply(scopes, outcome);
    if (updates.length > 0) this.#onHealthChange(updates);
    return updates;
  }

  takeProbes(scopes: readonly HealthScope[]): boolean {
    return this.#healths.takeProbes(scopes, this.#clock);
  }

  releaseProbes(scopes: readonly HealthScope[]): void {
    this.#healths.releaseProbes(scopes);
  }

  /** Sets what the ledger says was spent in the period; holds of running attempts stay. */
  primeSpend(scope: SpendScope, period: Period, spentNano: number): void {
    this.#spends.in(scope, period).spentNano = spentNano;
  }

  /** True while the limit of this name has been in force without a break, so that nothing was spent beside it. */
  isCounting(limit: string): boolean {
    return this.#counting.has(limit);
  }

  /** All limits in force from now on, by name. */
  countOnly(limits: ReadonlySet<string>): void {
    this.#counting = limits;
  }

  primeCredits(workspace: WorkspaceId, balanceNano: number): void {
    this.#creditsOf(workspace).balanceNano = balanceNano;
  }

  addCredits(workspace: WorkspaceId, amountNano: number): void {
    this.#creditsOf(workspace).balanceNano += amountNano;
  }

  /** A dispatch of an earlier run, oldest first; one that a clock since set back puts into the future counts from now. */
  primeDispatch(id: ProviderKeyId | ApiKeyId, at: Instant): void {
    const ageMs = Math.max(0, this.#clock.now() - at);
    this.#logOf(id).record(this.#clock.monotonicMs() - ageMs);
  }

  primeHealth(scope: HealthScope, health: Health): void {
    this.#healths.set(scope, health);
  }

  /** The models on which the key has a health of its own. */
  modelsOf(key: ProviderKeyId): readonly { readonly model: string; readonly health: Health }[] {
    return this.#healths.modelsOf(key);
  }

  #read(demand: Demand, now: Instant): Reading {
    switch (demand.kind) {
      case 'rpm': {
        const steadyNow = this.#clock.monotonicMs();
        const waitMs = this.#logOf(demand.id).freeAt(steadyNow, demand.limit) - steadyNow;
        return waitMs <= 0 ? FREE : { kind: 'full', resetsAt: laterBy(now, Math.ceil(waitMs)) };
      }
      case 'concurrency':
        return (this.#inFlight.get(demand.id) ?? 0) < demand.limit ? FREE : { kind: 'full', resetsAt: null };
      case 'spend':
        return readSpend(demand, this.#spends.at(demand.scope, now));
      case 'credits': {
        const { balanceNano, heldNano } = this.#creditsOf(demand.workspace);
        const fits = balanceNano > 0 && balanceNano - heldNano >= demand.holdNano;
        return fits ? FREE : { kind: 'full', resetsAt: null };
      }
    }
  }

  #take(demand: Demand, now: Instant): Taken {
    switch (demand.kind) {
      case 'rpm': {
        const log = this.#logOf(demand.id);
        log.promise();
        return { demand, spend: null, log, sentAtMs: null };
      }
      case 'concurrency':
        this.#inFlight.set(demand.id, (this.#inFlight.get(demand.id) ?? 0) + 1);
        break;
      case 'spend': {
        const spend = this.#spends.at(demand.scope, now);
        spend.heldNano += demand.holdNano;
        return { demand, spend, log: null, sentAtMs: null };
      }
      case 'credits':
        this.#creditsOf(demand.workspace).heldNano += demand.holdNano;
    }
    return { demand, spend: null, log: null, sentAtMs: null };
  }

  #settle({ demand, spend, log, sentAtMs }: Taken, amounts: SettleAmounts): void {
    switch (demand.kind) {
      case 'rpm':
        if (sentAtMs === null || !amounts.dispatched) log?.giveBack(sentAtMs);
        return;
      case 'concurrency':
        this.#inFlight.set(demand.id, Math.max(0, (this.#inFlight.get(demand.id) ?? 0) - 1));
        return;
      case 'spend':
        // Booked into the period of the reservation, whenever the settlement comes.
        if (spend !== null) {
          spend.heldNano -= demand.holdNano;
          spend.spentNano += amounts.spendNano;
        }
        return;
      case 'credits': {
        const account = this.#creditsOf(demand.workspace);
        account.heldNano -= demand.holdNano;
        account.balanceNano -= amounts.creditsNano;
      }
    }
  }

  #logOf(id: string): DispatchLog {
    const known = this.#dispatches.get(id);
    if (known !== undefined) return known;
    const fresh = new DispatchLog();
    this.#dispatches.set(id, fresh);
    return fresh;
  }

  #creditsOf(workspace: WorkspaceId): Credits {
    const known = this.#credits.get(workspace);
    if (known !== undefined) return known;
    const fresh = { balanceNano: 0, heldNano: 0 };
    this.#credits.set(workspace, fresh);
    return fresh;
  }
}
