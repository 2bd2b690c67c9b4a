/** OpenRouter. Sources: its OpenAPI document and docs, recorded traffic. */
import {
  KEY_TEST_TIMEOUT_MS,
  anthropicAt,
  openAiCompatible,
  RESPONSES,
} from '../manifest/openai-compatible.ts';
import { offers } from '../manifest/operations.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'openrouter',
  name: 'OpenRouter',
  aliases: ['open-router'],
  keysUrl: 'https://openrouter.ai/settings/keys',
  baseUrl: 'https://openrouter.ai/api/v1',
  moreDialects: [...offers('embeddings'), anthropicAt('/messages'), RESPONSES],
  // Its list of models is public and proves nothing.
  keyTest: {
    method: 'GET',
    path: '/key',
    notOk: [
      {
        when: /"limit_remaining"\s{0,4}:\s{0,4}(?:0(?:\.0{1,20})?|-\d[\d.]{0,20})\s{0,4}[,}]/,
        class: 'no_quota',
        message:
          'the key is valid, but its credit limit is used up; raise it at https://openrouter.ai/settings/keys.',
      },
    ],
    timeoutMs: KEY_TEST_TIMEOUT_MS,
  },
  failureRules: [
    { status: 403, message: /moderation|flagged/i, class: 'content_filter' },
    // Provider preferences or privacy settings leave nobody who serves this model.
    { status: 404, message: /^no (?:allowed |endpoints|providers)/i, class: 'model_unavailable' },
  ],
  acceptsModel: /\S/,
  ownVariants: true,
  models: file.models,
});
