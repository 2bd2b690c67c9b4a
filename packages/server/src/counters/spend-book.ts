/** What was spent and is held, by API key or provider key and period. An ended period is forgotten with the next one. */
import {
  nanoUsd,
  periodAt,
  type Demand,
  type Instant,
  type Period,
  type PeriodKind,
  type Reading,
  type SpendScope,
} from '@arouter/core';

export type Spend = { spentNano: number; heldNano: number; readonly endsAt: Instant | null };

export class SpendBook {
  /** By API key or provider key (their ids never meet), then by period. */
  readonly #spends = new Map<string, Map<string, Spend>>();
  readonly #periods = new Map<PeriodKind, Period>();

  at(scope: SpendScope, now: Instant): Spend {
    const period = this.#present(scope.period, now);
    const known = this.#spends.get(scope.id)?.get(period.id);
    if (known !== undefined) return known;
    this.#forgetEnded(scope.id, now);
    return this.in(scope, period);
  }

  in({ id }: SpendScope, period: Period): Spend {
    const ofScope = this.#spends.get(id) ?? new Map<string, Spend>();
    if (ofScope.size === 0) this.#spends.set(id, ofScope);
    const known = ofScope.get(period.id);
    if (known !== undefined) return known;
    const fresh = { spentNano: 0, heldNano: 0, endsAt: period.to };
    ofScope.set(period.id, fresh);
    return fresh;
  }

  #forgetEnded(id: string, now: Instant): void {
    const ofScope = this.#spends.get(id);
    for (const [period, spend] of ofScope ?? []) if (isOver(spend, now)) ofScope?.delete(period);
  }

  /** The period that contains now changes once a day; computing it for every request would cost more than the limit. */
  #present(kind: PeriodKind, now: Instant): Period {
    const known = this.#periods.get(kind);
    if (known !== undefined && known.from <= now && (known.to === null || now < known.to)) return known;
    const period = periodAt(kind, now);
    this.#periods.set(kind, period);
    return period;
  }
}

/** Strict: the hold must fit. Soft: refused only when nothing is left, so it may overshoot by what is in flight. */
export function readSpend(demand: Extract<Demand, { kind: 'spend' }>, spend: Spend): Reading {
  const used = spend.spentNano + spend.heldNano;
  const strict = demand.enforcement === 'strict';
  const fits = strict ? used + demand.holdNano <= demand.limitNano : used < demand.limitNano;
  if (fits) return FREE;
  return {
    kind: 'full',
    resetsAt: spend.endsAt,
    limitNano: demand.limitNano,
    spentNano: nanoUsd(Math.round(spend.spentNano)),
  };
}

export const FREE: Reading = { kind: 'free' };

function isOver(spend: Spend, now: Instant): boolean {
  return spend.endsAt !== null && spend.endsAt <= now && spend.heldNano === 0;
}
