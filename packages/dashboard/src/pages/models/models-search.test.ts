/** Narrowing the catalogue: by words, provider, who serves, and what a model can. */
import { describe, expect, test } from 'vitest';
import {
  findModels,
  priceRange,
  readModelsSearch,
  type CatalogueEndpoint,
  type CatalogueModel,
  type ModelsSearch,
} from './models-search.ts';

const NO_PRICES = {
  cached_input_usd_per_million: null,
  cache_write_5m_usd_per_million: null,
  cache_write_1h_usd_per_million: null,
  audio_input_usd_per_million: null,
  audio_output_usd_per_million: null,
  image_usd_per_million: null,
  character_usd_per_million: null,
  second_usd_per_million: null,
  search_usd_per_million: null,
  request_usd: null,
  tiers: [],
};

function place(provider: string, given: Partial<CatalogueEndpoint> & { readonly input?: number } = {}) {
  const { input, ...fields } = given;
  return {
    provider,
    provider_name: provider.toUpperCase(),
    upstream_model: 'm',
    context_tokens: null,
    output_tokens_max: null,
    prices:
      input === undefined
        ? null
        : { ...NO_PRICES, input_usd_per_million: input, output_usd_per_million: input * 4 },
    price_source: null,
    my_keys: [],
    platform: false,
    ...fields,
  };
}
function model(
  id: string,
  endpoints: CatalogueEndpoint[],
  given: Partial<CatalogueModel> = {},
): CatalogueModel {
  return {
    id,
    name: `The ${id}`,
    context_tokens: null,
    output_tokens_max: null,
    input_modalities: ['text'],
    output_modalities: ['text'],
    tools: false,
    reasoning: false,
    released: null,
    endpoints,
    ...given,
  };
}
const own = { id: 'pk_1', label: 'Mine', enabled: true };
const MODELS = [
  model('maker/large', [place('maker', { input: 3 }), place('cloud', { input: 2.5, my_keys: [own] })], {
    tools: true,
    input_modalities: ['text', 'image'],
  }),
  model('maker/small', [place('maker', { platform: true })]),
  model('other/tiny', [place('other', { my_keys: [{ ...own, enabled: false }] })]),
];
const idsOf = (search: ModelsSearch) => findModels(MODELS, search).map(({ id }) => id);

describe('the catalogue', () => {
  test.each([
    [{}, ['maker/large', 'maker/small', 'other/tiny']],
    [{ q: 'LARGE maker' }, ['maker/large']],
    [{ q: 'cloud' }, ['maker/large']],
    [{ q: 'large tiny' }, []],
    [{ provider: 'maker' }, ['maker/large', 'maker/small']],
    [{ can: 'image' }, ['maker/large']],
    [{ can: 'tools' }, ['maker/large']],
    [{ served: 'own' }, ['maker/large']],
    [{ served: 'platform' }, ['maker/small']],
    [{ served: 'any' }, ['maker/large', 'maker/small']],
    [{ served: 'nobody' }, ['other/tiny']],
    // At that provider, none of my keys serves it.
    [{ served: 'own', provider: 'maker' }, []],
  ] as const)('narrowed by %j is %j', (search, ids) => {
    expect(idsOf(search)).toEqual(ids);
  });

  test('is priced over the places whose price is known', () => {
    expect(MODELS.map((each) => priceRange(each, 'input_usd_per_million'))).toEqual([
      { least: 2.5, most: 3 },
      null,
      null,
    ]);
  });

  test('takes from the address only what it can read', () => {
    expect(readModelsSearch({ q: 4, served: 'everybody', can: 'tools', provider: '', model: [] })).toEqual({
      q: '4',
      can: 'tools',
    });
  });
});
