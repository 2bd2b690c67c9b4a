/** The plan read a snapshot; the reservation is the truth. All of a key's limits and its probe, or nothing. */
import type { Demand, Reservation } from '../limits/limits.ts';
import type { Ports } from '../ports.ts';
import { laterBy, nanoUsd } from '../values.ts';
import type { Target } from './prepare.ts';
import type { Refusal, Run } from './run.ts';

export type Reserved =
  | { readonly kind: 'reserved'; readonly reservation: Reservation | null }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** A half-open scope whose probe someone else has is healthy or benched again within about this time. */
const PROBE_WAIT_MS = 1000;

export function reserve(
  ports: Pick<Ports, 'counters' | 'clock'>,
  run: Pick<Run, 'failures'>,
  target: Target,
): Reserved {
  const { key } = target;
  const demands = demandsNow(run, target);
  let reservation: Reservation | null = null;
  if (demands.length > 0) {
    const result = ports.counters.reserve(demands);
    if (result.kind === 'refused')
      return { kind: 'refused', refusal: { key, by: result.by, reading: result.reading } };
    reservation = result.reservation;
  }
  if (ports.counters.takeProbes(target.scopes)) return { kind: 'reserved', reservation };
  giveBack(ports, reservation);
  const resetsAt = laterBy(ports.clock.now(), PROBE_WAIT_MS);
  return { kind: 'refused', refusal: { key, by: { kind: 'probe' }, reading: { kind: 'full', resetsAt } } };
}

/** What was reserved for an attempt that was not made, its probe included. */
export function release(
  ports: Pick<Ports, 'counters'>,
  { scopes }: Target,
  reservation: Reservation | null,
): void {
  ports.counters.releaseProbes(scopes);
  giveBack(ports, reservation);
}

/** A caller's requests per minute are requests: one that failed over is not counted a second time. */
function demandsNow({ failures }: Pick<Run, 'failures'>, { demands }: Target): readonly Demand[] {
  const isCounted = failures.some(({ failure }) => failure.reach !== 'unsent');
  return isCounted
    ? demands.filter((demand) => demand.kind !== 'rpm' || demand.owner !== 'api_key')
    : demands;
}

function giveBack(ports: Pick<Ports, 'counters'>, reservation: Reservation | null): void {
  if (reservation === null) return;
  ports.counters.settle(reservation, {
    spendNano: nanoUsd(0),
    creditsNano: nanoUsd(0),
    dispatched: false,
  });
}
