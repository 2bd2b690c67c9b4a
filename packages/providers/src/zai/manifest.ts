/** Z.ai (GLM). Source: docs.z.ai/api-reference/api-code; the Anthropic API stands at `/api/anthropic` of the same hosts. */
import { anthropicAt, emptyChatProbe, LIST_MODELS, openAiCompatible } from '../manifest/openai-compatible.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'zai',
  name: 'Z.ai',
  aliases: ['z-ai', 'z.ai', 'zhipu', 'zhipuai', 'glm'],
  keysUrl: 'https://z.ai/manage-apikey/apikey-list',
  baseUrl: 'https://api.z.ai/api/paas/v4',
  regions: { intl: 'https://api.z.ai/api/paas/v4', cn: 'https://open.bigmodel.cn/api/paas/v4' },
  hostDialects: [anthropicAt('/api/anthropic/v1/messages')],
  keyTest: { ...LIST_MODELS, fallback: emptyChatProbe('glm-4.5-flash') },
  // Its own numbers say more than the status, which is 429 for an empty account too.
  failureRules: [
    { code: /^(?:1000|1001|1002|1003|1004|1110|1111|1112|1121)$/, class: 'key_invalid' },
    { code: /^(?:1113|1304|1308|1309|1310)$/, class: 'billing' },
    { code: /^(?:1211|1220|1221|1222)$/, class: 'model_unavailable' },
    { code: /^1261$/, class: 'context_length' },
    { code: /^(?:1300|1301)$/, class: 'content_filter' },
    { code: /^(?:1302|1303)$/, class: 'rate_limited' },
    { code: /^(?:1305|1312)$/, class: 'provider_busy' },
    { code: /^(?:1120|1230|1234)$/, class: 'provider_error' },
  ],
  acceptsModel: /^(?:glm-|cogview|cogvideo|charglm-|autoglm-)/,
  models: file.models,
});
