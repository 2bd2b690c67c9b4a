/** SambaNova. Source: docs.sambanova.ai/cloud/api-reference. */
import { emptyChatProbe, openAiCompatible } from '../manifest/openai-compatible.ts';
import { offers } from '../manifest/operations.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'sambanova',
  name: 'SambaNova',
  aliases: ['samba-nova', 'sambanova-cloud'],
  keysUrl: 'https://cloud.sambanova.ai/apis',
  baseUrl: 'https://api.sambanova.ai/v1',
  // Its list of models is public, or there is none: it would prove nothing.
  keyTest: emptyChatProbe('Meta-Llama-3.1-8B-Instruct'),
  moreDialects: [...offers('embeddings')],
  acceptsModel: /\S/,
  models: file.models,
});
