/** FriendliAI. Source: friendli.ai/docs. */
import { emptyChatProbe, openAiCompatible } from '../manifest/openai-compatible.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'friendli',
  name: 'FriendliAI',
  aliases: ['friendliai'],
  keysUrl: 'https://friendli.ai/suite',
  baseUrl: 'https://api.friendli.ai/serverless/v1',
  // Its list of models is public, or there is none: it would prove nothing.
  keyTest: emptyChatProbe('meta-llama-3.1-8b-instruct'),
  acceptsModel: /\S/,
  models: file.models,
});
