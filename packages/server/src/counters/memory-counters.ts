/**
 * The Counters port in memory: exact on one machine, rebuilt from the ledger at start. Every call is atomic because
 * nothing in it waits. A reservation that is never settled (a crash) ends with the process.
 */
import {
  DispatchLog,
  HEALTHY,
  healthScopeId,
  nextHealth,
  periodAt,
  instant,
  nanoUsd,
  type Clock,
  type Counters,
  type Demand,
  type Health,
  type HealthScope,
  type HealthUpdate,
  type Instant,
  type ProviderKeyId,
  type Reading,
  type Reservation,
  type ReserveResult,
  type SettleAmounts,
  type SpendScope,
  type WorkspaceId,
} from '@arouter/core';

type Spend = { spentNano: number; heldNano: number; readonly endsAt: Instant | null };
type Credits = { balanceNano: number; heldNano: number };
type Full = Extract<Reading, { kind: 'full' }>;

export type MemoryCounters = Counters & {
  /** Sets what the ledger says was spent in the scope's present period; holds of running attempts stay. */
  primeSpend(scope: SpendScope, spentNano: number): void;
  isPrimed(scope: SpendScope): boolean;
  primeCredits(workspace: WorkspaceId, balanceNano: number): void;
  primeDispatch(owner: 'provider_key' | 'api_key', id: string, at: Instant): void;
  primeHealth(scope: HealthScope, health: Health): void;
  spentNano(scope: SpendScope): number;
  /** The models on which the key has a health of its own. */
  modelsOf(key: ProviderKeyId): readonly { readonly model: string; readonly health: Health }[];
  addCredits(workspace: WorkspaceId, amountNano: number): void;
};

const PROBE_LEASE_MS = 30_000;
/** Ended periods are forgotten when the table grows beyond this. */
const SPEND_ENTRIES_MAX = 50_000;

export function createMemoryCounters(options: {
  readonly clock: Clock;
  /** Called with every changed health; the adapter makes it durable. */
  readonly onHealthChange: (updates: readonly HealthUpdate[]) => void;
}): MemoryCounters {
  const { clock } = options;
  const dispatches = new Map<string, DispatchLog>();
  const inFlight = new Map<ProviderKeyId, number>();
  const spends = new Map<string, Spend>();
  const credits = new Map<WorkspaceId, Credits>();
  const healths = new Map<string, Health>();
  const probes = new Map<string, Instant>();
  const open = new Map<number, readonly { readonly demand: Demand; readonly spend: Spend | null }[]>();
  let reservations = 0;

  function spendAt(scope: SpendScope, now: Instant): Spend {
    const period = periodAt(scope.period, now);
    const id = `${scope.owner} ${scope.id} ${scope.period} ${period.id}`;
    const known = spends.get(id);
    if (known !== undefined) return known;
    if (spends.size > SPEND_ENTRIES_MAX) forgetEnded(spends, now);
    const fresh = { spentNano: 0, heldNano: 0, endsAt: period.to };
    spends.set(id, fresh);
    return fresh;
  }

  function logOf(owner: string, id: string): DispatchLog {
    const key = `${owner} ${id}`;
    const known = dispatches.get(key);
    if (known !== undefined) return known;
    const fresh = new DispatchLog();
    dispatches.set(key, fresh);
    return fresh;
  }

  function creditsOf(workspace: WorkspaceId): Credits {
    const known = credits.get(workspace);
    if (known !== undefined) return known;
    const fresh = { balanceNano: 0, heldNano: 0 };
    credits.set(workspace, fresh);
    return fresh;
  }

  function read(demand: Demand, now: Instant): Reading {
    switch (demand.kind) {
      case 'rpm': {
        const freeAt = logOf(demand.owner, demand.id).freeAt(now, demand.limit);
        return freeAt <= now ? FREE : { kind: 'full', resetsAt: freeAt };
      }
      case 'concurrency':
        return (inFlight.get(demand.id) ?? 0) < demand.limit ? FREE : { kind: 'full', resetsAt: null };
      case 'spend':
        return readSpend(demand, spendAt(demand.scope, now));
      case 'credits': {
        const { balanceNano, heldNano } = creditsOf(demand.workspace);
        return balanceNano - heldNano >= demand.holdNano && balanceNano > 0 ? FREE : { kind: 'full', resetsAt: null };
      }
    }
  }

  function take(demand: Demand, now: Instant): Spend | null {
    switch (demand.kind) {
      case 'rpm':
        logOf(demand.owner, demand.id).take(now);
        return null;
      case 'concurrency':
        inFlight.set(demand.id, (inFlight.get(demand.id) ?? 0) + 1);
        return null;
      case 'spend': {
        const spend = spendAt(demand.scope, now);
        spend.heldNano += demand.holdNano;
        return spend;
      }
      case 'credits':
        creditsOf(demand.workspace).heldNano += demand.holdNano;
        return null;
    }
  }

  function settleDemand(demand: Demand, spend: Spend | null, at: Instant, amounts: SettleAmounts): void {
    switch (demand.kind) {
      case 'rpm':
        if (!amounts.dispatched) logOf(demand.owner, demand.id).giveBack(at);
        return;
      case 'concurrency':
        inFlight.set(demand.id, Math.max(0, (inFlight.get(demand.id) ?? 0) - 1));
        return;
      case 'spend':
        // Booked into the period of the reservation, whenever the settlement comes.
        if (spend !== null) {
          spend.heldNano -= demand.holdNano;
          spend.spentNano += amounts.spendNano;
        }
        return;
      case 'credits': {
        const account = creditsOf(demand.workspace);
        account.heldNano -= demand.holdNano;
        account.balanceNano -= amounts.creditsNano;
      }
    }
  }

  return {
    readings(demands) {
      const now = clock.now();
      return demands.map((demand) => read(demand, now));
    },

    async reserve(demands): Promise<ReserveResult> {
      const now = clock.now();
      for (const demand of demands) {
        const reading = read(demand, now);
        if (reading.kind === 'full') return { kind: 'refused', by: demand, reading };
      }
      reservations += 1;
      open.set(
        reservations,
        demands.map((demand) => ({ demand, spend: take(demand, now) })),
      );
      return { kind: 'reserved', reservation: { id: reservations, demands, at: now } };
    },

    async settle(reservation: Reservation, amounts: SettleAmounts): Promise<void> {
      const taken = open.get(reservation.id);
      if (taken === undefined) return;
      open.delete(reservation.id);
      for (const { demand, spend } of taken) settleDemand(demand, spend, reservation.at, amounts);
    },

    health(scope) {
      return healths.size === 0 ? undefined : healths.get(healthScopeId(scope));
    },

    async applyOutcome(scopes, outcome): Promise<readonly HealthUpdate[]> {
      const updates: HealthUpdate[] = [];
      for (const scope of outcome.kind === 'reset' ? withModels(scopes, healths) : scopes) {
        const id = healthScopeId(scope);
        const before = healths.get(id);
        probes.delete(id);
        const after = nextHealth(before ?? HEALTHY, scope.kind, outcome);
        if (after === (before ?? HEALTHY)) continue;
        healths.set(id, after);
        updates.push({ scope, health: after });
      }
      if (updates.length > 0) options.onHealthChange(updates);
      return updates;
    },

    takeProbes(scopes) {
      if (healths.size === 0) return true;
      const now = clock.now();
      const wanted: string[] = [];
      for (const scope of scopes) {
        const id = healthScopeId(scope);
        const health = healths.get(id);
        if (health === undefined || health.state === 'healthy') continue;
        const benched = health.state === 'unhealthy' || health.until === null || health.until > now;
        if (benched || (probes.get(id) ?? 0) > now) return false;
        wanted.push(id);
      }
      for (const id of wanted) probes.set(id, instant(now + PROBE_LEASE_MS));
      return true;
    },

    primeSpend(scope, spentNano) {
      spendAt(scope, clock.now()).spentNano = spentNano;
    },
    isPrimed(scope) {
      const period = periodAt(scope.period, clock.now());
      return spends.has(`${scope.owner} ${scope.id} ${scope.period} ${period.id}`);
    },
    primeCredits(workspace, balanceNano) {
      creditsOf(workspace).balanceNano = balanceNano;
    },
    primeDispatch(owner, id, at) {
      logOf(owner, id).take(at);
    },
    primeHealth(scope, health) {
      healths.set(healthScopeId(scope), health);
    },
    spentNano(scope) {
      return spendAt(scope, clock.now()).spentNano;
    },
    modelsOf(key) {
      const prefix = `m ${key} `;
      return [...healths].flatMap(([id, health]) => (id.startsWith(prefix) ? [{ model: id.slice(prefix.length), health }] : []));
    },
    addCredits(workspace, amountNano) {
      creditsOf(workspace).balanceNano += amountNano;
    },
  };
}

const FREE: Reading = { kind: 'free' };

/** Strict: the hold must fit. Soft: refused only when nothing is left, so it may overshoot by what is in flight. */
function readSpend(demand: Extract<Demand, { kind: 'spend' }>, spend: Spend): Reading {
  const used = spend.spentNano + spend.heldNano;
  const fits = demand.enforcement === 'strict' ? used + demand.holdNano <= demand.limitNano : used < demand.limitNano;
  if (fits) return FREE;
  const full: Full = {
    kind: 'full',
    resetsAt: spend.endsAt,
    limitNano: demand.limitNano,
    spentNano: nanoUsd(Math.round(spend.spentNano)),
  };
  return full;
}

function forgetEnded(spends: Map<string, Spend>, now: Instant): void {
  for (const [id, spend] of spends) if (spend.endsAt !== null && spend.endsAt <= now && spend.heldNano === 0) spends.delete(id);
}

/** A reset of a key resets what is known of it with every model. */
function withModels(scopes: readonly HealthScope[], healths: ReadonlyMap<string, Health>): readonly HealthScope[] {
  const all: HealthScope[] = [...scopes];
  for (const scope of scopes) {
    if (scope.kind !== 'key') continue;
    const prefix = `m ${scope.key} `;
    for (const id of healths.keys()) {
      if (id.startsWith(prefix)) all.push({ kind: 'key_model', key: scope.key, model: id.slice(prefix.length) });
    }
  }
  return all;
}
