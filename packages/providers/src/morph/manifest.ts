/** Morph. Source: docs.morphllm.com. */
import { emptyChatProbe, openAiCompatible } from '../manifest/openai-compatible.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'morph',
  name: 'Morph',
  keysUrl: 'https://morphllm.com/dashboard/api-keys',
  baseUrl: 'https://api.morphllm.com/v1',
  // Its list of models is public, or there is none: it would prove nothing.
  keyTest: emptyChatProbe('morph-v3-fast'),
  acceptsModel: /^(?:auto$|morph-)/,
  models: file.models,
});
