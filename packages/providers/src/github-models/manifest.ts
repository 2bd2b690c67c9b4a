/** GitHub Models. Source: docs.github.com/en/rest/models/inference. */
import { emptyChatProbe, openAiCompatible } from '../manifest/openai-compatible.ts';
import { offers } from '../manifest/operations.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'github-models',
  name: 'GitHub Models',
  aliases: ['github'],
  keysUrl: 'https://github.com/settings/personal-access-tokens',
  baseUrl: 'https://models.github.ai/inference',
  // Its list of models is public, or there is none: it would prove nothing.
  keyTest: emptyChatProbe('openai/gpt-4o-mini'),
  moreDialects: [...offers('embeddings')],
  acceptsModel: /^[\w-]+\/\S/,
  models: file.models,
});
