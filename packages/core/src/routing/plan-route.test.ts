import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeKey, makeModel, NO_PREFERENCES } from '../testing/make-keys.ts';
import { instant, nanoUsd, type ProviderId } from '../values.ts';
import { explainPlan } from './explain-plan.ts';
import { FREE_READINGS, type KeyReadings } from './key-readings.ts';
import type { KeyFacts, PlanInput } from './plan-input.ts';
import { planRoute } from './plan-route.ts';
import type { RankedVerdict, RoutePlan } from './route-plan.ts';

const NOW = instant(1_800_000_000_000);

function input(keys: readonly KeyFacts[], fields: Partial<PlanInput> = {}): PlanInput {
  return {
    now: NOW,
    model: makeModel('alpha'),
    keys,
    preferences: NO_PREFERENCES,
    apiKey: { allowedModels: null, allowedProviders: null },
    seed: 1,
    ...fields,
  };
}

function facts(key: Parameters<typeof makeKey>[0], readings: Partial<KeyReadings> = {}): KeyFacts {
  return { key: makeKey(key), readings: { ...FREE_READINGS, ...readings } };
}

function ranked(plan: RoutePlan): readonly RankedVerdict[] {
  return plan.verdicts.filter((verdict) => verdict.kind === 'ranked');
}

const anyReadings: fc.Arbitrary<KeyReadings> = fc.record({
  missingOperation: fc.constantFrom(null, 'embeddings' as const),
  servedAtKey: fc.boolean(),
  secretReadable: fc.boolean(),
  bench: fc.option(
    fc.record({
      scope: fc.constantFrom('key' as const, 'key_model' as const, 'provider_model' as const),
      until: fc.option(fc.constant(instant(NOW + 1000))),
      because: fc.constant('rate_limited' as const),
    }),
  ),
  dayBudget: fc.option(fc.constant({ resetsAt: NOW, limitNano: nanoUsd(1), spentNano: nanoUsd(1) })),
  monthBudget: fc.constant(null),
  rpmFreeAt: fc.option(fc.constant(instant(NOW + 500))),
  concurrencyFull: fc.boolean(),
  metered: fc.boolean(),
  missingParameter: fc.constantFrom(null, 'seed'),
  speed: fc.constant(null),
});

const anyFacts = fc
  .uniqueArray(
    fc.record({
      id: fc.integer({ min: 1, max: 99 }).map((n) => `pk_${n}`),
      source: fc.constantFrom('byok' as const, 'platform' as const),
      provider: fc.constantFrom('alpha', 'beta', 'gamma').map((id) => id as ProviderId),
      alwaysUse: fc.boolean(),
      weight: fc.integer({ min: 1, max: 1000 }),
      enabled: fc.boolean(),
      supportedModels: fc.option(fc.constantFrom(['model-1'], ['other'], ['*'], ['alpha/*'])),
      region: fc.option(fc.constantFrom('eu', 'us')),
      readings: fc.oneof(
        { weight: 3, arbitrary: fc.constant(FREE_READINGS) },
        { weight: 1, arbitrary: anyReadings },
      ),
    }),
    { selector: (key) => key.id, maxLength: 12 },
  )
  .map((keys) => keys.map(({ readings, ...key }) => ({ key: makeKey(key), readings })));

const anyInput = fc
  .record({
    keys: anyFacts,
    seed: fc.integer(),
    providers: fc.constantFrom(['alpha'], ['alpha', 'beta'], ['gamma', 'beta', 'alpha']),
    order: fc.subarray(['alpha', 'beta', 'gamma'].map((id) => id as ProviderId)),
    region: fc.option(fc.constantFrom('eu', 'us')),
    requireRegion: fc.boolean(),
  })
  .map(({ keys, seed, providers, order, region, requireRegion }) =>
    input(keys, {
      seed,
      model: makeModel(...providers),
      preferences: { ...NO_PREFERENCES, order, region, requireRegion },
    }),
  );

describe('every plan', () => {
  test('gives every key exactly one verdict, ranks from 1 without gaps, and explains each', () => {
    fc.assert(
      fc.property(anyInput, (given) => {
        const plan = planRoute(given);
        expect(plan.verdicts.map((verdict) => verdict.key).toSorted()).toEqual(
          given.keys.map(({ key }) => key.id).toSorted(),
        );
        expect(ranked(plan).map((verdict) => verdict.rank)).toEqual(
          ranked(plan).map((_, index) => index + 1),
        );
        expect(explainPlan(plan)).toHaveLength(given.keys.length);
      }),
    );
  });

  test('ranks no key that has a reason against it', () => {
    fc.assert(
      fc.property(anyInput, (given) => {
        for (const verdict of ranked(planRoute(given))) {
          const { key, readings } = given.keys.find((each) => each.key.id === verdict.key) ?? {};
          expect(key?.enabled).toBe(true);
          expect(readings?.secretReadable).toBe(true);
          expect([readings?.bench, readings?.dayBudget, readings?.rpmFreeAt]).toEqual([null, null, null]);
          expect(given.model.endpoints.some(({ provider }) => provider === key?.provider)).toBe(true);
        }
      }),
    );
  });

  test('puts own keys before platform keys, whatever the request orders', () => {
    fc.assert(
      fc.property(anyInput, (given) => {
        const sources = ranked(planRoute(given)).map((verdict) => verdict.source);
        expect(sources).toEqual(sources.toSorted((a, b) => (a === b ? 0 : a === 'byok' ? -1 : 1)));
      }),
    );
  });

  test('never ranks a platform key when an eligible own key says "always use this key", however unavailable it is', () => {
    fc.assert(
      fc.property(anyInput, anyReadings, (given, readings) => {
        const denier: KeyFacts = {
          key: makeKey({ id: 'pk_deny', alwaysUse: true }),
          readings: { ...readings, missingOperation: null, servedAtKey: true },
        };
        const plan = planRoute({
          ...given,
          preferences: NO_PREFERENCES,
          model: makeModel('alpha', 'beta'),
          keys: [...given.keys, denier],
        });
        expect(ranked(plan).filter((verdict) => verdict.source === 'platform')).toEqual([]);
      }),
    );
  });

  test('is the same again from its seed', () => {
    fc.assert(
      fc.property(anyInput, (given) => {
        expect(planRoute(given)).toEqual(planRoute(given));
      }),
    );
  });

  test('raising a weight never lowers a share, and the shares of a group sum to 1', () => {
    fc.assert(
      fc.property(anyInput, fc.nat(), fc.integer({ min: 1, max: 1000 }), (given, pick, extra) => {
        const before = ranked(planRoute(given));
        for (const source of ['byok', 'platform'] as const) {
          const shares = before
            .filter((verdict) => verdict.source === source)
            .map((verdict) => verdict.share);
          if (shares.length > 0) expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
        }
        const raised = before[pick % Math.max(1, before.length)];
        if (raised === undefined) return;
        const keys = given.keys.map((each) =>
          each.key.id === raised.key
            ? { ...each, key: { ...each.key, weight: each.key.weight + extra } }
            : each,
        );
        const after = ranked(planRoute({ ...given, keys })).find((verdict) => verdict.key === raised.key);
        expect(after?.share).toBeGreaterThanOrEqual(raised.share);
      }),
    );
  });
});

describe('weighted sampling without replacement', () => {
  const weights = [1, 2, 3, 10];
  const keys = weights.map((weight, index) => facts({ id: `pk_${index}`, weight }));
  const draws = 100_000;

  /** χ² of first places, and of second places given the first, against the weights. Critical values at p = 10⁻⁶. */
  function chiSquares(seedOf: (draw: number) => number): {
    readonly first: number;
    readonly second: readonly number[];
  } {
    const firsts = weights.map(() => 0);
    const seconds = weights.map(() => weights.map(() => 0));
    for (let draw = 0; draw < draws; draw += 1) {
      const [first = 0, second = 0] = ranked(planRoute(input(keys, { seed: seedOf(draw) }))).map(({ key }) =>
        Number(key.slice(3)),
      );
      firsts[first] = (firsts[first] ?? 0) + 1;
      const row = seconds[first] ?? [];
      row[second] = (row[second] ?? 0) + 1;
    }
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const first = chiSquare(
      firsts,
      weights.map((weight) => (draws * weight) / total),
    );
    const second = seconds.map((row, index) => {
      const others = weights.filter((_, other) => other !== index);
      const rest = total - (weights[index] ?? 0);
      const observed = row.filter((_, other) => other !== index);
      return chiSquare(
        observed,
        others.map((weight) => ((firsts[index] ?? 0) * weight) / rest),
      );
    });
    return { first, second };
  }

  function chiSquare(observed: readonly number[], wanted: readonly number[]): number {
    return observed.reduce(
      (sum, count, index) => sum + (count - (wanted[index] ?? 0)) ** 2 / (wanted[index] ?? 1),
      0,
    );
  }

  test.each([
    ['fixed seeds', (draw: number) => draw * 2_654_435_761],
    ['fresh seeds', () => randomInt(2 ** 32)],
  ])('first and second places match the weights: %s', (_name, seedOf) => {
    const { first, second } = chiSquares(seedOf);
    expect(first).toBeLessThan(30.66);
    for (const value of second) expect(value).toBeLessThan(27.63);
  });

  test('an unset weight is 1, in every position of the list', () => {
    for (const order of [
      [1, 3, 6],
      [3, 6, 1],
      [6, 1, 3],
      [6, 3, 1],
    ]) {
      const group = order.map((weight) => facts({ id: `pk_w${weight}`, weight }));
      const firsts = new Map<string, number>();
      for (let draw = 0; draw < 10_000; draw += 1) {
        const first = ranked(planRoute(input(group, { seed: draw * 40_503 })))[0]?.key ?? '';
        firsts.set(first, (firsts.get(first) ?? 0) + 1);
      }
      for (const weight of order)
        expect((firsts.get(`pk_w${weight}`) ?? 0) / 10_000).toBeCloseTo(weight / 10, 1);
    }
  });
});

describe('particular rules', () => {
  test('a key whose provider does not offer what is asked for is left out, and its "always use" has no say', () => {
    const own = facts({ id: 'pk_own', alwaysUse: true }, { missingOperation: 'embeddings' });
    const platform = facts({ id: 'pk_platform', source: 'platform' });
    const plan = planRoute(input([own, platform]));
    expect(ranked(plan).map(({ key }) => key)).toEqual(['pk_platform']);
    expect(plan.verdicts).toContainEqual(
      expect.objectContaining({
        key: 'pk_own',
        reason: { code: 'operation_not_served', operation: 'embeddings' },
      }),
    );
  });

  test('a key whose place does not serve the model is left out, has no say, and the model is called as it is served', () => {
    const elsewhere = facts({ id: 'pk_elsewhere', alwaysUse: true }, { servedAtKey: false });
    const [endpoint] = makeModel('alpha').endpoints.map((each) => ({ ...each, upstreamModel: 'eu.model-1' }));
    const here = { ...facts({ id: 'pk_here', source: 'platform' }), endpoint };
    const plan = planRoute(input([elsewhere, here]));
    expect(ranked(plan)).toMatchObject([{ key: 'pk_here', upstreamModel: 'eu.model-1' }]);
    expect(plan.verdicts).toContainEqual(
      expect.objectContaining({ key: 'pk_elsewhere', reason: { code: 'model_not_served_at_key' } }),
    );
  });

  test('a key for another model has no vote on deny', () => {
    const plan = planRoute(
      input([
        facts({ id: 'pk_1', alwaysUse: true, supportedModels: ['another'] }),
        facts({ id: 'pk_2', source: 'platform' }),
      ]),
    );
    expect(ranked(plan).map((verdict) => verdict.key)).toEqual(['pk_2']);
  });

  test('a request that ignores the denying key’s provider does not get around it', () => {
    const plan = planRoute(
      input(
        [
          facts({ id: 'pk_1', alwaysUse: true }),
          facts({ id: 'pk_2', source: 'platform', provider: 'beta' as ProviderId }),
        ],
        {
          model: makeModel('alpha', 'beta'),
          preferences: { ...NO_PREFERENCES, ignore: ['alpha' as ProviderId] },
        },
      ),
    );
    expect(ranked(plan)).toEqual([]);
    expect(explainPlan(plan).join(' ')).toContain('always use this key');
  });

  test('a request that requires another region does not get around it either', () => {
    const plan = planRoute(
      input(
        [
          facts({ id: 'pk_1', alwaysUse: true, region: 'us' }),
          facts({ id: 'pk_2', source: 'platform', region: 'eu' }),
        ],
        { preferences: { ...NO_PREFERENCES, region: 'eu', requireRegion: true } },
      ),
    );
    expect(ranked(plan)).toEqual([]);
  });

  test('a platform key’s budget is the operator’s: its amounts are in no sentence', () => {
    const plan = planRoute(
      input([
        facts(
          { id: 'pk_1', source: 'platform' },
          {
            dayBudget: {
              resetsAt: NOW,
              limitNano: nanoUsd(7_000_000_000),
              spentNano: nanoUsd(7_100_000_000),
            },
          },
        ),
      ]),
    );
    expect(explainPlan(plan).join(' ')).toContain('budget is used up');
    expect(explainPlan(plan).join(' ')).not.toMatch(/7(\.1)? USD/);
  });

  test('a preferred region goes first, another region last, a required one alone', () => {
    const keys = [facts({ id: 'pk_1', region: 'us', weight: 1000 }), facts({ id: 'pk_2', region: 'eu' })];
    const preferred = planRoute(input(keys, { preferences: { ...NO_PREFERENCES, region: 'eu' } }));
    expect(ranked(preferred).map((verdict) => verdict.key)).toEqual(['pk_2', 'pk_1']);
    const required = planRoute(
      input(keys, { preferences: { ...NO_PREFERENCES, region: 'eu', requireRegion: true } }),
    );
    expect(ranked(required).map((verdict) => verdict.key)).toEqual(['pk_2']);
  });

  test('supported models are exact or globs, bare or prefixed, in any case', () => {
    for (const [pattern, serves] of [
      ['model-1', true],
      ['ALPHA/MODEL-*', true],
      ['*-1', true],
      ['model', false],
      ['model-1*x', false],
    ] as const) {
      const plan = planRoute(input([facts({ id: 'pk_1', supportedModels: [pattern] })]));
      expect([pattern, ranked(plan).length === 1]).toEqual([pattern, serves]);
    }
  });

  test('an unpriced model is refused only where something is metered', () => {
    const model = {
      ...makeModel('alpha'),
      endpoints: makeModel('alpha').endpoints.map((endpoint) => ({ ...endpoint, price: undefined })),
    };
    const plan = planRoute(
      input([facts({ id: 'pk_1' }), facts({ id: 'pk_2' }, { metered: true })], { model }),
    );
    expect(ranked(plan).map((verdict) => verdict.key)).toEqual(['pk_1']);
    expect(plan.verdicts.at(-1)).toMatchObject({ reason: { code: 'price_unknown' } });
  });
});

describe('price and speed', () => {
  const withPrices = (...usd: readonly (number | null)[]) => {
    const model = makeModel(...usd.map((_, index) => ['alpha', 'beta', 'gamma'][index] ?? ''));
    return {
      ...model,
      endpoints: model.endpoints.map((endpoint, index) => {
        const amount = usd[index] ?? null;
        return {
          ...endpoint,
          price: amount === null ? undefined : { input: amount * 1e9, output: amount * 1e9 },
        };
      }),
    };
  };
  const keys = ['alpha', 'beta', 'gamma'].map((provider) =>
    facts({ id: `pk_${provider}`, provider: provider as ProviderId }),
  );
  const order = (fields: Partial<PlanInput>) =>
    ranked(planRoute(input(keys, fields))).map(({ provider }) => String(provider));
  const reasons = (fields: Partial<PlanInput>) =>
    planRoute(input(keys, fields)).verdicts.flatMap((verdict) =>
      verdict.kind === 'excluded' ? [[String(verdict.provider), verdict.reason.code]] : [],
    );

  test(':floor and sort: price put the cheapest first and the unpriced last', () => {
    const model = withPrices(3, null, 1);
    expect(order({ model: { ...model, variant: 'floor' } })).toEqual(['gamma', 'alpha', 'beta']);
    expect(order({ model, preferences: { ...NO_PREFERENCES, sort: 'price' } })).toEqual([
      'gamma',
      'alpha',
      'beta',
    ]);
  });

  test(':free leaves out what costs anything, or nobody knows what', () => {
    const model = { ...withPrices(0, null, 1), variant: 'free' as const };
    expect(order({ model })).toEqual(['alpha']);
    expect(reasons({ model })).toEqual([
      ['beta', 'not_free'],
      ['gamma', 'not_free'],
    ]);
  });

  test('a highest price is kept in each dimension that it names', () => {
    const model = withPrices(2, null, 1);
    const preferences = { ...NO_PREFERENCES, maxPrice: { completion: 1.5e9 } };
    expect(order({ model, preferences })).toEqual(['gamma']);
    expect(reasons({ model, preferences })).toEqual([
      ['alpha', 'price_above_max'],
      ['beta', 'price_above_max'],
    ]);
  });

  test(':nitro puts the fastest first, and sort: latency the quickest to begin; the unmeasured are tried before', () => {
    const speeds = [
      { firstByteMs: 100, outputTokensPerSecond: 20 },
      { firstByteMs: 300, outputTokensPerSecond: 90 },
      null,
    ];
    const measured = keys.map(({ key }, index) => facts(key, { speed: speeds[index] ?? null }));
    const sorted = (fields: Partial<PlanInput>) =>
      ranked(planRoute(input(measured, fields))).map(({ provider }) => String(provider));
    const model = makeModel('alpha', 'beta', 'gamma');
    expect(sorted({ model: { ...model, variant: 'nitro' } })).toEqual(['gamma', 'beta', 'alpha']);
    expect(sorted({ model, preferences: { ...NO_PREFERENCES, sort: 'latency' } })).toEqual([
      'gamma',
      'alpha',
      'beta',
    ]);
  });

  test('a wish about price or speed never takes away the vote for "always use this key"', () => {
    const own = facts({ id: 'pk_own', provider: 'alpha' as ProviderId, alwaysUse: true });
    const operators = facts({ id: 'pk_platform', source: 'platform', provider: 'beta' as ProviderId });
    const model = { ...withPrices(2, 0), variant: 'free' as const };
    const plan = planRoute(input([own, operators], { model }));
    expect(ranked(plan)).toEqual([]);
  });
});
