/** SiliconFlow. Source: docs.siliconflow.com. */
import { openAiCompatible } from '../manifest/openai-compatible.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'siliconflow',
  name: 'SiliconFlow',
  aliases: ['silicon-flow'],
  keysUrl: 'https://cloud.siliconflow.com/account/ak',
  baseUrl: 'https://api.siliconflow.com/v1',
  acceptsModel: /\S/,
  models: file.models,
});
