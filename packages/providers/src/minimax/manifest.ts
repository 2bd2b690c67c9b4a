/** MiniMax. Source: platform.minimax.io/docs (error codes); the Anthropic API stands at `/anthropic` of the same hosts. */
import { anthropicAt, emptyChatProbe, LIST_MODELS, openAiCompatible } from '../manifest/openai-compatible.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'minimax',
  name: 'MiniMax',
  aliases: ['minimaxi', 'minimaxai'],
  keysUrl: 'https://platform.minimax.io/user-center/basic-information/interface-key',
  baseUrl: 'https://api.minimax.io/v1',
  regions: { intl: 'https://api.minimax.io/v1', cn: 'https://api.minimaxi.com/v1' },
  hostDialects: [anthropicAt('/anthropic/v1/messages')],
  keyTest: { ...LIST_MODELS, fallback: emptyChatProbe('MiniMax-M2') },
  // Its number ends the sentence: "insufficient balance (1008)".
  failureRules: [
    { message: /\(1008\)$/, class: 'billing' },
    { message: /\((?:1002|1039|1041)\)$/, class: 'rate_limited' },
    { message: /\((?:1026|1027)\)$/, class: 'content_filter' },
    // Keys belong to one of the two hosts; under load the right one has been seen to refuse good keys too.
    { status: 401, class: 'key_ambiguous' },
  ],
  acceptsModel: /^(?:minimax-|abab|m2-)/i,
  models: file.models,
});
