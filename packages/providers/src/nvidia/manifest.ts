/** NVIDIA's hosted NIM endpoints. Source: docs.api.nvidia.com/nim. Hosted trial use is free, hence the zero prices. */
import { emptyChatProbe, openAiCompatible } from '../manifest/openai-compatible.ts';
import { offers } from '../manifest/operations.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'nvidia',
  name: 'NVIDIA',
  aliases: ['nvidia-nim', 'nim'],
  keysUrl: 'https://build.nvidia.com/settings/api-keys',
  baseUrl: 'https://integrate.api.nvidia.com/v1',
  // Its list of models is public and proves nothing.
  keyTest: emptyChatProbe('meta/llama-3.1-8b-instruct'),
  failureRules: [
    // "Function '…': Not found for account '…'": the model is not served to this account.
    { status: 404, message: /^.{0,20}function\b/i, class: 'model_unavailable' },
  ],
  moreDialects: [...offers('embeddings')],
  acceptsModel: /\S/,
  models: file.models,
});
