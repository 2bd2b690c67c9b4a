/** DeepSeek. Sources: api-docs.deepseek.com (error codes, `GET /user/balance`, the Anthropic API), recorded traffic. */
import {
  anthropicAt,
  KEY_TEST_TIMEOUT_MS,
  LIST_MODELS,
  openAiCompatible,
  RESPONSES,
} from '../manifest/openai-compatible.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'deepseek',
  name: 'DeepSeek',
  aliases: ['deepseek-ai'],
  keysUrl: 'https://platform.deepseek.com/api_keys',
  baseUrl: 'https://api.deepseek.com',
  moreDialects: [RESPONSES],
  hostDialects: [anthropicAt('/anthropic/v1/messages')],
  keyTest: {
    method: 'GET',
    path: '/user/balance',
    notOk: [
      {
        when: /"is_available"\s{0,4}:\s{0,4}false/,
        class: 'no_quota',
        message:
          'the key is valid, but the account has no balance; top it up at https://platform.deepseek.com/top_up.',
      },
    ],
    fallback: LIST_MODELS,
    timeoutMs: KEY_TEST_TIMEOUT_MS,
  },
  acceptsModel: /^deepseek-/,
  models: file.models,
});
