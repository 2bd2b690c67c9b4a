/** Alibaba Model Studio, the home of Qwen. Source: alibabacloud.com/help/en/model-studio. */
import { emptyChatProbe, LIST_MODELS, openAiCompatible } from '../manifest/openai-compatible.ts';
import { offers } from '../manifest/operations.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'dashscope',
  name: 'Alibaba Model Studio (Qwen)',
  aliases: ['qwen', 'alibaba', 'alibaba-cloud', 'aliyun', 'bailian'],
  keysUrl: 'https://modelstudio.console.alibabacloud.com/?tab=model#/api-key',
  baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
  regions: {
    intl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
    us: 'https://dashscope-us.aliyuncs.com/compatible-mode/v1',
    cn: 'https://dashscope.aliyuncs.com/compatible-mode/v1',
  },
  keyTest: { ...LIST_MODELS, fallback: emptyChatProbe('qwen-flash') },
  failureRules: [
    // A key of another region is called "incorrect" too.
    { status: 401, class: 'key_ambiguous' },
    { status: 403, code: /^AllocationQuota\./i, class: 'billing' },
    { code: /^Throttling/i, class: 'rate_limited' },
    { status: 400, message: /range of input length should be/i, class: 'context_length' },
  ],
  moreDialects: [...offers('embeddings')],
  acceptsModel: /^(?:qwen|qwq|qvq|text-embedding-v)/,
  models: file.models,
});
