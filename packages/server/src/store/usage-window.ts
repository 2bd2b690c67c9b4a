/** A window of time as whole UTC days and the hours that are left at its ends: days are read from daily rollups. */

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** Milliseconds since 1970; `to` is excluded. */
export type Span = { readonly from: number; readonly to: number };
export type SplitWindow = { readonly days: Span | null; readonly hours: readonly Span[] };

/** The hours that begin in the window, its start rounded down, each in exactly one span. */
export function splitWindow({ from, to }: Span): SplitWindow {
  const firstHour = startOfHour(from);
  const endHour = Math.ceil(to / HOUR_MS) * HOUR_MS;
  const firstDay = Math.ceil(firstHour / DAY_MS) * DAY_MS;
  const endDay = startOfDay(endHour);
  if (firstDay >= endDay) return { days: null, hours: [{ from: firstHour, to: endHour }] };
  const ends = [
    { from: firstHour, to: firstDay },
    { from: endDay, to: endHour },
  ];
  return { days: { from: firstDay, to: endDay }, hours: ends.filter((span) => span.from < span.to) };
}

export function startOfHour(at: number): number {
  return at - (at % HOUR_MS);
}

export function startOfDay(at: number): number {
  return at - (at % DAY_MS);
}
