/** Novita AI. Source: novita.ai/docs/api-reference. */
import { emptyChatProbe, openAiCompatible } from '../manifest/openai-compatible.ts';
import { offers } from '../manifest/operations.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'novita',
  name: 'Novita AI',
  aliases: ['novita-ai', 'novitaai'],
  keysUrl: 'https://novita.ai/settings/key-management',
  baseUrl: 'https://api.novita.ai/openai/v1',
  // Its list of models is public, or there is none: it would prove nothing.
  keyTest: emptyChatProbe('deepseek/deepseek-v3.2'),
  moreDialects: [...offers('embeddings')],
  acceptsModel: /\S/,
  models: file.models,
});
