/** Venice AI. Source: docs.venice.ai. */
import { emptyChatProbe, openAiCompatible } from '../manifest/openai-compatible.ts';
import { offers } from '../manifest/operations.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'venice',
  name: 'Venice AI',
  aliases: ['venice-ai'],
  keysUrl: 'https://venice.ai/settings/api',
  baseUrl: 'https://api.venice.ai/api/v1',
  // Its list of models is public, or there is none: it would prove nothing.
  keyTest: emptyChatProbe('llama-3.3-70b'),
  moreDialects: [...offers('embeddings', 'images')],
  acceptsModel: /\S/,
  models: file.models,
});
