/** Inception. Source: docs.inceptionlabs.ai. */
import { openAiCompatible } from '../manifest/openai-compatible.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'inception',
  name: 'Inception',
  aliases: ['inception-labs', 'inceptionlabs'],
  keysUrl: 'https://platform.inceptionlabs.ai/dashboard/api-keys',
  baseUrl: 'https://api.inceptionlabs.ai/v1',
  acceptsModel: /^mercury/,
  models: file.models,
});
