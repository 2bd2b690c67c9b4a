import { expect, test } from 'vitest';
import type { ProviderId } from '../values.ts';
import { nextSpeed, type EndpointSpeed } from './endpoint-speed.ts';

const sample = (firstByteMs: number, totalMs: number, outputTokens = 100) => ({
  provider: 'a' as ProviderId,
  upstreamModel: 'm',
  firstByteMs,
  totalMs,
  outputTokens,
});

test('the first answer is the measure, and later ones move it', () => {
  const first = nextSpeed(null, sample(200, 1000));
  expect(first).toEqual({ firstByteMs: 200, outputTokensPerSecond: 100 });
  const second = nextSpeed(first, sample(1200, 1000));
  expect(second?.firstByteMs).toBeCloseTo(267);
});

test('after ten answers of another speed, half of the old one is left', () => {
  let speed: EndpointSpeed | null = nextSpeed(null, sample(1000, 1000));
  for (let count = 0; count < 10; count += 1) speed = nextSpeed(speed, sample(0, 1000));
  expect(speed?.firstByteMs).toBeGreaterThan(480);
  expect(speed?.firstByteMs).toBeLessThan(520);
});

test('an answer of a few words says nothing', () => {
  expect(nextSpeed(null, sample(200, 1000, 3))).toBeNull();
});
