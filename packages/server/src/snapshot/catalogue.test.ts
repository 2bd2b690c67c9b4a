import type { ModelFacts, ProviderId, ProviderKeyRecord, ProviderManifest, TokenPrice } from '@arouter/core';
import { manifests } from '@arouter/providers';
import { describe, expect, test } from 'vitest';
import { createCatalogue } from './catalogue.ts';
import type { ResolveContext } from './resolve-model.ts';

const PRICE: TokenPrice = { input: 1e9, output: 2e9 };
const [template] = [...manifests.values()];

function facts(id: string, released: string | null = null): ModelFacts {
  return {
    id,
    name: id,
    price: PRICE,
    priceSource: 'test 2026-01-01',
    contextTokens: null,
    outputTokensMax: null,
    inputModalities: ['text'],
    outputModalities: ['text'],
    tools: true,
    reasoning: false,
    released,
  };
}

function manifest(id: string, models: readonly ModelFacts[], more: Partial<ProviderManifest> = {}) {
  if (template === undefined) throw new Error('there is no provider at all');
  const { bareNamesOf: _none, ...rest } = template;
  return {
    ...rest,
    id: id as ProviderId,
    name: id,
    aliases: [`${id}-ai`],
    models,
    acceptsModel: /^accepted-/,
    ...more,
  };
}

const maker = manifest('maker', [facts('big'), facts('small-20260101'), facts('literal:free')]);
const cloud = manifest(
  'cloud',
  [
    facts('maker.big-v1:0'),
    facts('maker.small-20250101-v1:0', '2025-01-01'),
    facts('maker.small-20260101-v1:0', '2026-01-01'),
    facts('other.thing'),
  ],
  {
    canonicalModel: (name) => {
      const match = /^maker\.(.*?)-v1:0$/.exec(name);
      return match === null ? undefined : `maker-ai/${match[1]}`;
    },
  },
);
const catalogue = createCatalogue(new Map([maker, cloud].map((each) => [each.id, each])));
const context: ResolveContext = {
  defaultProvider: 'maker' as ProviderId,
  keys: [],
  priceOf: () => undefined,
};

function served(name: string, given: Partial<ResolveContext> = {}): readonly string[] | undefined {
  return catalogue
    .resolve(name, { ...context, ...given })
    ?.endpoints.map(({ provider, upstreamModel }) => `${provider}: ${upstreamModel}`);
}

describe('one model at several providers', () => {
  test("is one candidate, under its author's name", () => {
    expect(served('maker/big')).toEqual(['maker: big', 'cloud: maker.big-v1:0']);
    expect(served('big')).toEqual(['maker: big', 'cloud: maker.big-v1:0']);
    expect(catalogue.resolve('big', context)?.id).toBe('maker/big');
  });

  test('is found under another default provider too, the author first', () => {
    expect(served('big', { defaultProvider: 'cloud' as ProviderId })).toEqual(['cloud: maker.big-v1:0']);
    expect(served('maker/big', { defaultProvider: 'cloud' as ProviderId })).toEqual([
      'maker: big',
      'cloud: maker.big-v1:0',
    ]);
  });

  test('a provider that is not the author is meant alone, by its own name or by the author’s', () => {
    expect(served('cloud/maker.big-v1:0')).toEqual(['cloud: maker.big-v1:0']);
    expect(served('cloud/big')).toEqual(['cloud: maker.big-v1:0']);
    expect(served('cloud/other.thing')).toEqual(['cloud: other.thing']);
  });

  test('a name without a date means the newest, one with a date that one only', () => {
    expect(served('maker/small')).toEqual(['maker: small', 'cloud: maker.small-20260101-v1:0']);
    expect(served('maker/small-20260101')).toEqual([
      'maker: small-20260101',
      'cloud: maker.small-20260101-v1:0',
    ]);
    expect(served('cloud/small-20250101')).toEqual(['cloud: maker.small-20250101-v1:0']);
  });
});

describe('a variant', () => {
  test.each(['nitro', 'floor', 'free'] as const)(':%s is taken from the name', (variant) => {
    expect(catalogue.resolve(`maker/big:${variant}`, context)).toMatchObject({ id: 'maker/big', variant });
  });

  test('is part of the name at a provider that has variants of its own', () => {
    const aggregator = manifest('aggregator', [], { acceptsModel: /./, ownVariants: true });
    const found = createCatalogue(new Map([[aggregator.id, aggregator]])).resolve(
      'aggregator/maker/big:free',
      { ...context, defaultProvider: aggregator.id },
    );
    expect(found?.endpoints[0]?.upstreamModel).toBe('maker/big:free');
    expect(found?.variant).toBeUndefined();
  });

  test('is part of the name where a provider lists it so, or where it is none of ours', () => {
    expect(catalogue.resolve('maker/literal:free', context)?.variant).toBeUndefined();
    expect(served('maker/literal:free')).toEqual(['maker: literal:free']);
    expect(served('maker/accepted-thing:0')).toEqual(['maker: accepted-thing:0']);
    expect(served('maker/unheard-of:nitro')).toBeUndefined();
  });
});

describe('what the router may choose from', () => {
  const key = (fields: Partial<ProviderKeyRecord>) =>
    ({
      enabled: true,
      source: 'byok',
      supportedModels: null,
      provider: 'maker',
      ...fields,
    }) as ProviderKeyRecord;
  const ids = (...keys: readonly ProviderKeyRecord[]) =>
    catalogue
      .servable({ keys, priceOf: () => undefined })
      .map(({ candidate, own }) => `${candidate.id} ${own}`);

  test('is what an enabled key serves, here or at another provider', () => {
    expect(ids()).toEqual([]);
    expect(ids(key({ enabled: false }))).toEqual([]);
    expect(ids(key({ supportedModels: ['big'] }))).toEqual(['maker/big true']);
    expect(
      ids(key({ provider: 'cloud' as ProviderId, source: 'platform', supportedModels: ['big'] })),
    ).toEqual(['maker/big false']);
  });
});
