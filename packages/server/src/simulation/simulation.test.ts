/** The simulation in the suite: enough seeds to catch what a change breaks, and proof that it would catch it. */
import { expect, test } from 'vitest';
import { departureFromWeights, type Draws } from './first-choices.ts';
import { simulate, type Seen } from './simulate.ts';

const EVENTS = 300;
const SEEDS = Number(process.env['SIMULATION_SEEDS'] ?? 2000);
const PARTS = 4;

/** Of each life. */
const draws: (readonly Draws[])[] = [];
const seen: Seen = { calls: 0, complete: 0, dispatches: 0, failovers: 0, platform: 0, starts: 0, left: 0 };

test.each(Array.from({ length: PARTS }, (_, part) => part))(
  'whatever the order of events, the invariants hold after each of them (part %i)',
  { timeout: 600_000 },
  async (part) => {
    for (let nth = 0; nth < SEEDS / PARTS; nth += 1) {
      const seed = 1 + part * (SEEDS / PARTS) + nth;
      const report = await simulate({ seed, events: EVENTS, log: null });
      const story = `${report.violation}\nreplay: SEED=${seed} npm run sim\n${report.lastEvents.join('\n')}`;
      expect(report.violation, story).toBeNull();
      draws.push(report.draws);
      for (const [what, count] of Object.entries(report.seen)) seen[what as keyof Seen] += count;
    }
  },
);

test('the simulated lives are eventful: answers, failovers, platform keys, deaths, and callers who leave', () => {
  for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(SEEDS / 10);
});

test('over all lives, keys that may serve the same request are drawn by their weights (χ², one in a million)', () => {
  const { draws: counted, chiSquare, chiSquareMax } = departureFromWeights(draws);
  expect(counted).toBeGreaterThan(SEEDS);
  expect(chiSquare).toBeLessThan(chiSquareMax);
});

test('the same seed is the same life, event by event', async () => {
  const lives = await Promise.all(
    [7, 7].map(async (seed) => {
      const lines: string[] = [];
      await simulate({ seed, events: EVENTS, log: (line) => void lines.push(line) });
      return lines;
    }),
  );
  expect(lives[0]).toEqual(lives[1]);
  expect(lives[0]?.length).toBeGreaterThan(EVENTS);
});
