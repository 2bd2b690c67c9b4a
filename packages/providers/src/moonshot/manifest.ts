/** Moonshot AI (Kimi). Sources: platform.moonshot.ai/docs; the Anthropic API stands at `/anthropic` of the same hosts. */
import { anthropicAt, openAiCompatible } from '../manifest/openai-compatible.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'moonshot',
  name: 'Moonshot AI',
  aliases: ['moonshotai', 'moonshot-ai', 'kimi'],
  keysUrl: 'https://platform.moonshot.ai/console/api-keys',
  baseUrl: 'https://api.moonshot.ai/v1',
  regions: { intl: 'https://api.moonshot.ai/v1', cn: 'https://api.moonshot.cn/v1' },
  hostDialects: [anthropicAt('/anthropic/v1/messages')],
  failureRules: [
    // Keys belong to one of the two hosts, and the other one calls them wrong.
    { status: 401, class: 'key_ambiguous' },
    { type: /^resource_not_found_error$/, class: 'model_unavailable' },
    { status: 400, message: /exceeded model token limit/i, class: 'context_length' },
  ],
  acceptsModel: /^(?:kimi-|moonshot-)/,
  models: file.models,
});
