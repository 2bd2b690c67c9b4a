/** Upstage. Source: console.upstage.ai/docs. */
import { emptyChatProbe, openAiCompatible } from '../manifest/openai-compatible.ts';
import { offers } from '../manifest/operations.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'upstage',
  name: 'Upstage',
  aliases: ['solar'],
  keysUrl: 'https://console.upstage.ai/api-keys',
  baseUrl: 'https://api.upstage.ai/v1/solar',
  // Its list of models is public, or there is none: it would prove nothing.
  keyTest: emptyChatProbe('solar-mini'),
  moreDialects: [...offers('embeddings')],
  acceptsModel: /^(?:solar-|syn-|embedding-)/,
  models: file.models,
});
