/** DeepInfra. Source: deepinfra.com/docs/openai_api. */
import { emptyChatProbe, openAiCompatible } from '../manifest/openai-compatible.ts';
import { offers } from '../manifest/operations.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'deepinfra',
  name: 'DeepInfra',
  aliases: ['deep-infra'],
  keysUrl: 'https://deepinfra.com/dash/api_keys',
  baseUrl: 'https://api.deepinfra.com/v1/openai',
  // Its list of models is public, or there is none: it would prove nothing.
  keyTest: emptyChatProbe('meta-llama/Meta-Llama-3.1-8B-Instruct'),
  moreDialects: [...offers('embeddings', 'images', 'speech', 'transcription', 'translation')],
  acceptsModel: /\S/,
  models: file.models,
});
