/** Together AI. Source: docs.together.ai/docs/error-codes. */
import { openAiCompatible } from '../manifest/openai-compatible.ts';
import { offers } from '../manifest/operations.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'together',
  name: 'Together AI',
  aliases: ['togetherai', 'together-ai', 'togethercomputer'],
  keysUrl: 'https://api.together.ai/settings/api-keys',
  baseUrl: 'https://api.together.xyz/v1',
  failureRules: [
    // "Input token count + max_tokens must be less than the context length", by its own table of codes.
    { status: 403, class: 'context_length' },
  ],
  moreDialects: [...offers('embeddings', 'rerank', 'images', 'speech', 'transcription', 'translation')],
  acceptsModel: /\S/,
  models: file.models,
});
