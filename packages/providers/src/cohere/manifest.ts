/** Cohere. Source: docs.cohere.com/docs/compatibility-api, recorded traffic. */
import { cohereEmbed } from '../dialects/cohere-embed/index.ts';
import { emptyChatProbe, openAiCompatible } from '../manifest/openai-compatible.ts';
import { offerAt, offers } from '../manifest/operations.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'cohere',
  name: 'Cohere',
  aliases: ['cohere-ai'],
  keysUrl: 'https://dashboard.cohere.com/api-keys',
  baseUrl: 'https://api.cohere.ai/compatibility/v1',
  // Of the native API, beside the compatibility layer.
  hostDialects: [
    offerAt('rerank', '/v2/rerank'),
    { dialect: cohereEmbed, path: () => '/v2/embed', quirks: {} },
  ],
  // The compatibility layer refuses what the native API has no word for.
  quirks: {
    unsupportedFields: [
      'n',
      'logit_bias',
      'top_logprobs',
      'parallel_tool_calls',
      'service_tier',
      'store',
      'metadata',
    ],
  },
  // Its list of models is public, or there is none: it would prove nothing.
  keyTest: emptyChatProbe('command-a-03-2025'),
  moreDialects: [...offers('embeddings')],
  acceptsModel: /^(?:command-|c4ai-|embed-|rerank-|north-)/,
  models: file.models,
});
