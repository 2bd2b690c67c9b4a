/** Baseten. Source: docs.baseten.co/inference/model-apis/overview. */
import { openAiCompatible } from '../manifest/openai-compatible.ts';
import { offers } from '../manifest/operations.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'baseten',
  name: 'Baseten',
  keysUrl: 'https://app.baseten.co/settings/api_keys',
  baseUrl: 'https://inference.baseten.co/v1',
  moreDialects: [...offers('embeddings')],
  acceptsModel: /\S/,
  models: file.models,
});
