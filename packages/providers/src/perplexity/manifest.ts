/** Perplexity. Source: docs.perplexity.ai. A refused key is answered with a page of HTML. */
import { emptyChatProbe, openAiCompatible } from '../manifest/openai-compatible.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'perplexity',
  name: 'Perplexity',
  aliases: ['perplexity-ai', 'perplexityai'],
  keysUrl: 'https://www.perplexity.ai/account/api/keys',
  baseUrl: 'https://api.perplexity.ai',
  // No endpoint of its API is known that only reads.
  keyTest: emptyChatProbe('sonar'),
  acceptsModel: /^(?:sonar|r1-1776|pplx-)/,
  models: file.models,
});
