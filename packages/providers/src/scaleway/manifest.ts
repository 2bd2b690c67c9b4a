/** Scaleway. Source: www.scaleway.com/en/docs/generative-apis. */
import { openAiCompatible } from '../manifest/openai-compatible.ts';
import { offers } from '../manifest/operations.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'scaleway',
  name: 'Scaleway',
  keysUrl: 'https://console.scaleway.com/iam/api-keys',
  baseUrl: 'https://api.scaleway.ai/v1',
  moreDialects: [...offers('embeddings')],
  acceptsModel: /\S/,
  models: file.models,
});
