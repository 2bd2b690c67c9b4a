import { describe, expect, test } from 'vitest';
import type { ModelId, ProviderId } from '../values.ts';
import { chooseModels, isAutoName, type ServableModel } from './choose-models.ts';

const ANYTHING = { allowedModels: null, allowedProviders: null };
const QUESTION = { body: new Uint8Array(300), externalParts: 0 };

function model(
  name: string,
  fields: Partial<ServableModel> & { readonly usd?: number; readonly unpriced?: boolean } = {},
): ServableModel {
  const [provider = ''] = name.split('/');
  const price = { input: (fields.usd ?? 1) * 1e9, output: (fields.usd ?? 1) * 1e9 };
  return {
    candidate: {
      id: name as ModelId,
      endpoints: [
        {
          provider: provider as ProviderId,
          upstreamModel: name.slice(provider.length + 1),
          price: fields.unpriced === true ? undefined : price,
          contextTokens: null,
          outputTokensMax: null,
          inputModalities: ['text'],
        },
      ],
    },
    own: true,
    tools: true,
    inputModalities: ['text'],
    outputModalities: ['text'],
    contextTokens: null,
    released: '2026-01-01',
    ...fields,
  };
}

function chosen(
  models: readonly ServableModel[],
  apiKey: Parameters<typeof chooseModels>[1] = ANYTHING,
  facts: Parameters<typeof chooseModels>[2] = QUESTION,
): readonly string[] {
  return chooseModels(models, apiKey, facts).map(({ id }) => id);
}

describe('auto', () => {
  test('is a name of its own, bare or with ours in front', () => {
    expect(['auto', 'arouter/auto', 'openrouter/auto', 'automatic'].map(isAutoName)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test('takes the newest model that is not dear, own keys first, at most three', () => {
    const models = [
      model('a/old', { released: '2024-01-01' }),
      model('a/dear', { released: '2026-06-01', usd: 50 }),
      model('a/new', { released: '2026-05-01' }),
      model('a/middle', { released: '2025-01-01' }),
      model('b/newest', { released: '2026-07-01', own: false }),
    ];
    expect(chosen(models)).toEqual(['a/new', 'a/middle', 'a/old']);
  });

  test('takes the cheapest where all are dear', () => {
    const models = [model('a/x', { usd: 30, released: '2026-06-01' }), model('a/y', { usd: 10 })];
    expect(chosen(models)).toEqual(['a/y', 'a/x']);
  });

  test('leaves out what cannot take the request, has no known price, or makes pictures', () => {
    const image = { body: new Uint8Array(300), externalParts: 1 };
    const models = [
      model('a/text'),
      model('a/seeing', { inputModalities: ['text', 'image'] }),
      model('a/unpriced', { unpriced: true }),
      model('a/painter', { outputModalities: ['image'] }),
      model('a/toolless', { tools: false }),
      model('a/short', { contextTokens: 50 }),
    ];
    expect(chosen(models)).toEqual(['a/seeing', 'a/text']);
    expect(chosen(models, ANYTHING, image)).toEqual(['a/seeing']);
  });

  test('keeps to the models and providers of the API key', () => {
    const models = [model('a/x'), model('b/y')];
    expect(chosen(models, { ...ANYTHING, allowedModels: ['y'] })).toEqual(['b/y']);
    expect(chosen(models, { ...ANYTHING, allowedProviders: ['a' as ProviderId] })).toEqual(['a/x']);
    expect(chosen(models, { ...ANYTHING, allowedModels: ['z'] })).toEqual([]);
  });
});
