/** Budget periods in UTC: a day, an ISO week (from Monday), a calendar month, or for ever. */
import { instant, type Instant } from '../values.ts';
import type { PeriodId, PeriodKind } from './limits.ts';

const DAY_MS = 86_400_000;
/** 1970-01-01 was a Thursday; this day number was the Monday before. */
const FIRST_MONDAY = -3;

export type Period = { readonly id: PeriodId; readonly from: Instant; readonly to: Instant | null };

/** The period that contains the moment. `to` is its end, exclusive; null for `lifetime`. */
export function periodAt(kind: PeriodKind, at: Instant): Period {
  const day = Math.floor(at / DAY_MS);
  switch (kind) {
    case 'day':
      return { id: isoDate(day), from: instant(day * DAY_MS), to: instant((day + 1) * DAY_MS) };
    case 'week': {
      const monday = day - mod(day - FIRST_MONDAY, 7);
      return {
        id: `${isoDate(monday)}/week`,
        from: instant(monday * DAY_MS),
        to: instant((monday + 7) * DAY_MS),
      };
    }
    case 'month': {
      const { year, month } = civil(day);
      const from = dayNumber(year, month, 1);
      const to = month === 12 ? dayNumber(year + 1, 1, 1) : dayNumber(year, month + 1, 1);
      return { id: isoDate(from).slice(0, 7), from: instant(from * DAY_MS), to: instant(to * DAY_MS) };
    }
    case 'lifetime':
      return { id: 'lifetime', from: instant(0), to: null };
  }
}

/** `2026-11-23T10:00:00.000Z`; the core has no Date. */
export function isoTime(at: Instant): string {
  const day = Math.floor(at / DAY_MS);
  const ms = at - day * DAY_MS;
  const clock = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, Math.floor(ms / 1000) % 60];
  return `${isoDate(day)}T${clock.map(two).join(':')}.${String(Math.floor(ms) % 1000).padStart(3, '0')}Z`;
}

function isoDate(day: number): string {
  const { year, month, date } = civil(day);
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(date)}`;
}

function two(part: number): string {
  return String(part).padStart(2, '0');
}

function mod(value: number, by: number): number {
  return ((value % by) + by) % by;
}

/** Day number since 1970 → calendar date; the proleptic Gregorian algorithm with eras of 400 years from 1 March. */
function civil(day: number): { readonly year: number; readonly month: number; readonly date: number } {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    date: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}

function dayNumber(year: number, month: number, date: number): number {
  const shiftedYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(shiftedYear / 400);
  const yearOfEra = shiftedYear - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + date - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
