/** Cloudflare Workers AI. Source: developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility. */
import { emptyChatProbe, openAiCompatible } from '../manifest/openai-compatible.ts';
import { offers } from '../manifest/operations.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'cloudflare',
  name: 'Cloudflare Workers AI',
  aliases: ['cloudflare-workers-ai', 'workers-ai'],
  keysUrl: 'https://dash.cloudflare.com/profile/api-tokens',
  // https://api.cloudflare.com/client/v4/accounts/ACCOUNT_ID/ai/v1: the account is part of the address.
  baseUrl: null,
  // Its list of models is public, or there is none: it would prove nothing.
  keyTest: emptyChatProbe('@cf/meta/llama-3.1-8b-instruct'),
  moreDialects: [...offers('embeddings')],
  acceptsModel: /^@(?:cf|hf)\//,
  models: file.models,
});
