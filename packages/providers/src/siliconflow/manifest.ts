/** SiliconFlow. Source: docs.siliconflow.com. */
import { openAiCompatible } from '../manifest/openai-compatible.ts';
import { offers } from '../manifest/operations.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'siliconflow',
  name: 'SiliconFlow',
  aliases: ['silicon-flow'],
  keysUrl: 'https://cloud.siliconflow.com/account/ak',
  baseUrl: 'https://api.siliconflow.com/v1',
  moreDialects: [...offers('embeddings', 'rerank', 'speech', 'transcription')],
  acceptsModel: /\S/,
  models: file.models,
});
