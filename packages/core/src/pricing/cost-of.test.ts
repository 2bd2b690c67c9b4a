import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeUsage } from '../testing/make-keys.ts';
import { costOf, costUpperBound, knownCostOf, unitLines } from './cost-of.ts';

const usd = (perMillion: number): number => Math.round(perMillion * 1e9);

test('cached tokens are priced once: 262,960 in (257,955 cached) and 1,744 out cost 0.184918 USD', () => {
  const usage = makeUsage({ inputTokens: 262_960, cachedInputTokens: 257_955, outputTokens: 1744 });
  const { totalNano } = costOf(usage, { input: usd(1.25), cachedInput: usd(0.625), output: usd(10) });
  // 5,005 × 1.25 + 257,955 × 0.625 + 1,744 × 10 USD per million.
  expect(totalNano).toBe(184_918_125);
});

test('a long context is priced whole at its tier', () => {
  const price = {
    input: usd(1),
    output: usd(2),
    tiers: [{ aboveInputTokens: 200_000, input: usd(2), output: usd(4) }],
  };
  expect(costOf(makeUsage({ inputTokens: 200_000, outputTokens: 1 }), price).totalNano).toBe(200_002_000);
  expect(costOf(makeUsage({ inputTokens: 200_001, outputTokens: 1 }), price).totalNano).toBe(400_006_000);
});

test('one rounding per request, half a nano-dollar up', () => {
  // 12.5 nano-USD a token: three tokens are 37.5.
  expect(costOf(makeUsage({ outputTokens: 3 }), { input: 0, output: 12_500_000 }).totalNano).toBe(38);
});

test('the upper bound is never below the cost of what it bounds', () => {
  const rate = fc.integer({ min: 0, max: 1e11 });
  const price = fc.record(
    {
      input: rate,
      output: rate,
      cachedInput: rate,
      cacheWrite5m: rate,
      cacheWrite1h: rate,
      audioInput: rate,
      audioOutput: rate,
      request: fc.integer({ min: 0, max: 1e9 }),
      tiers: fc.array(
        fc.record({
          aboveInputTokens: fc.integer({ min: 1, max: 1e6 }),
          input: rate,
          output: rate,
          cacheWrite5m: rate,
        }),
        { maxLength: 2 },
      ),
    },
    { requiredKeys: ['input', 'output'] },
  );
  const tokens = fc.integer({ min: 0, max: 1_000_000 });
  fc.assert(
    fc.property(price, tokens, tokens, fc.integer({ min: 0, max: 100 }), (given, input, output, part) => {
      // Cache reads are cheaper than plain input wherever they exist; a table that says otherwise is not bounded.
      const { cachedInput: _cheaper, ...rates } = given;
      const write = Math.floor((input * part) / 100);
      const usage = makeUsage({ inputTokens: input, cacheWrite5mTokens: write, outputTokens: output });
      expect(costUpperBound(input, output, rates)).toBeGreaterThanOrEqual(costOf(usage, rates).totalNano);
    }),
  );
});

test('the lines add up to the total', () => {
  const usage = makeUsage({
    inputTokens: 1000,
    cachedInputTokens: 300,
    cacheWrite1hTokens: 100,
    audioInputTokens: 50,
    outputTokens: 70,
    audioOutputTokens: 7,
  });
  const { totalNano, lines } = costOf(usage, {
    input: usd(3),
    output: usd(15),
    cachedInput: usd(0.3),
    cacheWrite1h: usd(6),
    audioInput: usd(32),
    audioOutput: usd(64),
  });
  const sum = lines.reduce((total, line) => total + (line.quantity * (line.nanoPerMillion ?? 0)) / 1e6, 0);
  expect(totalNano).toBe(Math.round(sum));
  expect(lines.map(({ what, quantity }) => [what, quantity])).toEqual([
    ['input', 550],
    ['cached_input', 300],
    ['cache_write_1h', 100],
    ['audio_input', 50],
    ['output', 63],
    ['audio_output', 7],
  ]);
});

test('what is not tokens is priced by its own unit, and bounded by it', () => {
  const usage = makeUsage({ inputTokens: 0, outputTokens: 0, units: { seconds: 90.5 } });
  // 0.006 USD a minute is 100,000 nano-USD a second.
  const price = { input: 0, output: 0, second: 100_000 * 1e6 };
  expect(knownCostOf(usage, price)?.totalNano).toBe(9_050_000);
  expect(costUpperBound(0, 0, price, { seconds: 91 })).toBeGreaterThanOrEqual(9_050_000);
});

test('a unit without a price makes the cost unknown, never 0, and is told all the same', () => {
  const usage = makeUsage({ inputTokens: 0, outputTokens: 0, units: { images: 2 } });
  expect(knownCostOf(usage, { input: 1, output: 1 })).toBeNull();
  expect(knownCostOf(usage, undefined)).toBeNull();
  expect(unitLines(usage.units, undefined)).toEqual([{ what: 'images', quantity: 2, nanoPerMillion: null }]);
});

test('where tokens are billed, the images made of them are not billed again', () => {
  const usage = makeUsage({ inputTokens: 10, outputTokens: 1000, units: { images: 1 } });
  expect(knownCostOf(usage, { input: usd(5), output: usd(30) })?.totalNano).toBe(30_050_000);
});
