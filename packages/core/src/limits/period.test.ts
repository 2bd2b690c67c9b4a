import fc from 'fast-check';
import { expect, test } from 'vitest';
import { instant } from '../values.ts';
import { isoTime, periodAt } from './period.ts';

const at = (iso: string) => instant(Date.parse(iso));

test('days, Mondays and months end where the calendar says, leap years included', () => {
  expect(periodAt('month', at('2028-02-29T23:59:59.999Z'))).toEqual({
    id: '2028-02',
    from: at('2028-02-01T00:00:00Z'),
    to: at('2028-03-01T00:00:00Z'),
  });
  expect(periodAt('month', at('2026-12-31T12:00:00Z')).to).toBe(at('2027-01-01T00:00:00Z'));
  expect(periodAt('day', at('2026-11-23T00:00:00Z')).id).toBe('2026-11-23');
  expect(periodAt('week', at('2026-11-29T23:59:59Z'))).toMatchObject({
    from: at('2026-11-23T00:00:00Z'),
    to: at('2026-11-30T00:00:00Z'),
  });
  expect(periodAt('lifetime', at('2026-11-29T23:59:59Z')).to).toBeNull();
});

test('agrees with the calendar of the platform for any moment', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('1970-01-02'), max: new Date('2200-01-01'), noInvalidDate: true }),
      (date) => {
        const moment = instant(date.getTime());
        expect(isoTime(moment)).toBe(date.toISOString());
        expect(periodAt('month', moment).from).toBe(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1));
        expect(periodAt('month', moment).to).toBe(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1));
        const week = periodAt('week', moment);
        expect(new Date(week.from).getUTCDay()).toBe(1);
        expect(week.from <= moment && moment < (week.to ?? 0)).toBe(true);
      },
    ),
  );
});
