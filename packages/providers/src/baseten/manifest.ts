/** Baseten. Source: docs.baseten.co/inference/model-apis/overview. */
import { openAiCompatible } from '../manifest/openai-compatible.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'baseten',
  name: 'Baseten',
  keysUrl: 'https://app.baseten.co/settings/api_keys',
  baseUrl: 'https://inference.baseten.co/v1',
  acceptsModel: /\S/,
  models: file.models,
});
