/** Nebius Token Factory. Source: docs.tokenfactory.nebius.com. */
import { openAiCompatible } from '../manifest/openai-compatible.ts';
import { offers } from '../manifest/operations.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'nebius',
  name: 'Nebius Token Factory',
  aliases: ['nebius-ai-studio', 'tokenfactory'],
  keysUrl: 'https://tokenfactory.nebius.com/',
  baseUrl: 'https://api.tokenfactory.nebius.com/v1',
  moreDialects: [...offers('embeddings', 'images')],
  acceptsModel: /\S/,
  models: file.models,
});
