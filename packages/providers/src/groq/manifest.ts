/** Groq. Sources: console.groq.com/docs, recorded traffic. Status 498 is its flex tier out of capacity. */
import { openAiCompatible, RESPONSES } from '../manifest/openai-compatible.ts';
import { offers } from '../manifest/operations.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'groq',
  name: 'Groq',
  aliases: ['groqcloud'],
  keysUrl: 'https://console.groq.com/keys',
  baseUrl: 'https://api.groq.com/openai/v1',
  quirks: {
    outputCapField: 'max_completion_tokens',
    unsupportedFields: ['logprobs', 'logit_bias', 'top_logprobs'],
  },
  moreDialects: [...offers('speech', 'transcription', 'translation'), RESPONSES],
  failureRules: [
    // Larger than the tokens per minute of this account allow; not a limit of the model.
    { status: 413, class: 'too_big_for_key' },
  ],
  acceptsModel: /\S/,
  models: file.models,
});
