import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createMetrics } from './create-metrics.ts';

const valueOf = (text: string, reading: string): number =>
  Number(new RegExp(`^arouter_nodejs_eventloop_lag_${reading} (\\S+)$`, 'm').exec(text)?.[1]);

test('an idle loop has no delay, a blocked one has its own, and a scrape begins anew', async () => {
  const metrics = createMetrics();
  await wait(700);
  const idle = (await metrics.scrape()).text;
  expect(valueOf(idle, 'looks')).toBeGreaterThan(0);
  expect(valueOf(idle, 'p50_seconds')).toBeLessThan(0.15);

  // The first look after a scrape has nothing to compare with.
  await wait(300);
  const until = performance.now() + 900;
  while (performance.now() < until);
  await wait(500);
  expect(valueOf((await metrics.scrape()).text, 'max_seconds')).toBeGreaterThan(0.5);
  expect(valueOf((await metrics.scrape()).text, 'looks')).toBe(0);
});
