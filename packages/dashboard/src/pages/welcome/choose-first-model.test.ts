import { expect, test } from 'vitest';
import { chooseFirstModel, type ListedModel } from './choose-first-model.ts';

const model = (id: string, usdPerMillion: number | null, over: Partial<ListedModel> = {}): ListedModel => ({
  id,
  pricing: usdPerMillion === null ? null : { completion: String(usdPerMillion / 1_000_000) },
  supported_parameters: ['tools'],
  architecture: { output_modalities: ['text'] },
  ...over,
});

test('the cheapest chat model is chosen, not one that only completes, draws, or is free', () => {
  const models = [
    model('acme/large', 10),
    model('acme/small', 0.4),
    model('acme/completion-only', 0.1, { supported_parameters: [] }),
    model('acme/picture', 0.1, { architecture: { output_modalities: ['image'] } }),
    model('acme/free', 0),
  ];
  expect(chooseFirstModel(models)).toBe('acme/small');
});

test('without prices any chat model will do, and without models there is none', () => {
  expect(
    chooseFirstModel([
      model('acme/completion-only', null, { supported_parameters: [] }),
      model('acme/chat', null),
    ]),
  ).toBe('acme/chat');
  expect(chooseFirstModel([])).toBeNull();
});
