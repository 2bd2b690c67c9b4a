/** Chutes. Source: chutes.ai/docs. */
import { emptyChatProbe, openAiCompatible } from '../manifest/openai-compatible.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'chutes',
  name: 'Chutes',
  keysUrl: 'https://chutes.ai/app/api',
  baseUrl: 'https://llm.chutes.ai/v1',
  // Its list of models is public, or there is none: it would prove nothing.
  keyTest: emptyChatProbe('Qwen/Qwen3-32B-TEE'),
  acceptsModel: /\S/,
  models: file.models,
});
