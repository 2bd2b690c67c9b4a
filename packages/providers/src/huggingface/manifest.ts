/** Hugging Face. Source: huggingface.co/docs/inference-providers, recorded traffic. */
import { emptyChatProbe, openAiCompatible } from '../manifest/openai-compatible.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'huggingface',
  name: 'Hugging Face',
  aliases: ['hf', 'hugging-face', 'huggingface-router'],
  keysUrl: 'https://huggingface.co/settings/tokens',
  baseUrl: 'https://router.huggingface.co/v1',
  // Its list of models is public, or there is none: it would prove nothing.
  keyTest: emptyChatProbe('openai/gpt-oss-20b'),
  acceptsModel: /\S/,
  models: file.models,
});
