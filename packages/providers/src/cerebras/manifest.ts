/** Cerebras. Sources: inference-docs.cerebras.ai, recorded traffic. */
import { openAiCompatible } from '../manifest/openai-compatible.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'cerebras',
  name: 'Cerebras',
  aliases: ['cerebras-ai'],
  keysUrl: 'https://cloud.cerebras.ai/platform/apikeys',
  baseUrl: 'https://api.cerebras.ai/v1',
  quirks: {
    outputCapField: 'max_completion_tokens',
    unsupportedFields: ['frequency_penalty', 'presence_penalty', 'logit_bias'],
  },
  failureRules: [{ code: /^queue_exceeded$/i, class: 'provider_busy' }],
  acceptsModel: /\S/,
  models: file.models,
});
