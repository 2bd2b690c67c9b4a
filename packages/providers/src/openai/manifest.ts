/** OpenAI. Sources: platform.openai.com/docs, recorded traffic. */
import type { ProviderDialect } from '@arouter/core';
import { openaiChat } from '../dialects/openai-chat/index.ts';
import { openaiCountTokens } from '../dialects/openai-count-tokens/index.ts';
import { LIST_MODELS, openAiCompatible, RESPONSES } from '../manifest/openai-compatible.ts';
import { offers } from '../manifest/operations.ts';
import file from './models.json' with { type: 'json' };

/** Models that the chat endpoint refuses. */
const RESPONSES_ONLY =
  /^(?:o[13]-pro|gpt-5(?:\.\d+)?-(?:pro|codex)(?![a-z])|codex-|computer-use-)|-deep-research/;

const COUNT: ProviderDialect = {
  dialect: openaiCountTokens,
  path: () => '/responses/input_tokens',
  quirks: {},
};

export const manifest = openAiCompatible({
  id: 'openai',
  name: 'OpenAI',
  bareNamesOf: openaiChat.id,
  keysUrl: 'https://platform.openai.com/api-keys',
  baseUrl: 'https://api.openai.com/v1',
  // Projects with data residency are served by a host of their region only.
  regions: { us: 'https://us.api.openai.com/v1', eu: 'https://eu.api.openai.com/v1' },
  // `max_tokens` is refused by the reasoning models.
  quirks: { outputCapField: 'max_completion_tokens' },
  servesChat: (model) => !RESPONSES_ONLY.test(model),
  moreDialects: [
    ...offers('embeddings', 'images', 'speech', 'transcription', 'translation'),
    RESPONSES,
    COUNT,
  ],
  keyTest: {
    ...LIST_MODELS,
    alsoOk: [
      {
        status: 403,
        message: 'The key was accepted; it is restricted and may not list models.',
        when: /missing scopes|insufficient permissions/i,
      },
    ],
  },
  acceptsModel:
    /^(?:gpt-|o[1-9](?:-|$)|chatgpt-|chat-latest$|ft:|text-embedding-|text-moderation-|omni-moderation-|dall-e-|whisper-|tts-|codex-|computer-use-|davinci-|babbage-)/,
  // A fine-tuned model is named after its base, its owner and its run; it is billed by the base.
  foldModelName: (name) => (name.startsWith('ft:') ? name.split(':').slice(0, 2).join(':') : name),
  models: file.models,
});
