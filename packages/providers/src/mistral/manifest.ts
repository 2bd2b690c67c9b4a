/** Mistral. Sources: docs.mistral.ai, recorded traffic. */
import { openAiCompatible } from '../manifest/openai-compatible.ts';
import { offers } from '../manifest/operations.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'mistral',
  name: 'Mistral',
  aliases: ['mistralai', 'mistral-ai'],
  keysUrl: 'https://console.mistral.ai/api-keys',
  baseUrl: 'https://api.mistral.ai/v1',
  // Fields that are not in its schema are refused with 422.
  quirks: {
    streamOptions: false,
    outputCapField: 'max_tokens',
    unsupportedFields: [
      'user',
      'logit_bias',
      'logprobs',
      'top_logprobs',
      'store',
      'service_tier',
      'reasoning_effort',
    ],
  },
  failureRules: [
    // A key whose quota is used up gets the same bytes as a revoked one.
    { status: 401, class: 'key_ambiguous' },
  ],
  moreDialects: [...offers('embeddings', 'transcription')],
  acceptsModel:
    /^(?:open-|labs-)?(?:mistral|mixtral|ministral|magistral|codestral|devstral|pixtral|voxtral|ft:)/,
  models: file.models,
});
