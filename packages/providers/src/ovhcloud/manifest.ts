/** OVHcloud AI Endpoints. Source: help.ovhcloud.com AI Endpoints. */
import { emptyChatProbe, openAiCompatible } from '../manifest/openai-compatible.ts';
import { offers } from '../manifest/operations.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'ovhcloud',
  name: 'OVHcloud AI Endpoints',
  aliases: ['ovh'],
  keysUrl: 'https://www.ovh.com/manager/#/public-cloud/',
  baseUrl: 'https://oai.endpoints.kepler.ai.cloud.ovh.net/v1',
  // Its list of models is public, or there is none: it would prove nothing.
  keyTest: emptyChatProbe('gpt-oss-20b'),
  moreDialects: [...offers('embeddings')],
  acceptsModel: /\S/,
  models: file.models,
});
