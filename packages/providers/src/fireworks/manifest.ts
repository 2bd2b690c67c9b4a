/** Fireworks AI. Source: docs.fireworks.ai. */
import { openAiCompatible, RESPONSES } from '../manifest/openai-compatible.ts';
import { offers } from '../manifest/operations.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'fireworks',
  name: 'Fireworks AI',
  aliases: ['fireworks-ai', 'fireworksai'],
  keysUrl: 'https://app.fireworks.ai/settings/users/api-keys',
  baseUrl: 'https://api.fireworks.ai/inference/v1',
  moreDialects: [...offers('embeddings', 'rerank'), RESPONSES],
  failureRules: [
    // The account is suspended over its spending limit or an unpaid invoice.
    { status: 412, class: 'billing' },
  ],
  acceptsModel: /\S/,
  models: file.models,
});
