/** Google AI Studio (the Gemini API). Sources: ai.google.dev (API reference, troubleshooting), recorded traffic. */
import type { PathContext, ProviderId, ProviderManifest } from '@arouter/core';
import { apiKeyHeader } from '../auth/api-key-header.ts';
import { geminiBatchEmbed, geminiEmbed } from '../dialects/gemini-embed/index.ts';
import { geminiCountTokens } from '../dialects/gemini-count-tokens/index.ts';
import { geminiGenerate } from '../dialects/gemini-generate/index.ts';
import { geminiPath, modelMethod } from '../dialects/gemini-generate/gemini-path.ts';
import { apiKeyCredential } from '../manifest/api-key-credential.ts';
import { KEY_TEST_TIMEOUT_MS } from '../manifest/openai-compatible.ts';
import file from './models.json' with { type: 'json' };

const name = 'Google Gemini';
const keysUrl = 'https://aistudio.google.com/apikey';
const at = (method: string) => (context: PathContext) => `/v1beta${modelMethod(context, method)}`;
const embeds = (model: string): boolean => model.includes('embedding');

export const manifest: ProviderManifest = {
  id: 'google' as ProviderId,
  name,
  aliases: ['gemini', 'google-ai-studio', 'google-gemini', 'googleai'],
  bareNamesOf: geminiGenerate.id,
  keysUrl,
  credentialTypes: [apiKeyCredential({ vendor: name, keysUrl })],
  // Its OpenAI-compatible path is left aside: it refuses what it does not know, and says less of thinking and citations.
  dialects: [
    { dialect: geminiGenerate, path: (context) => `/v1beta${geminiPath(context)}`, quirks: {} },
    { dialect: geminiCountTokens, path: at('countTokens'), quirks: { countsWholeRequest: true } },
    // Callers of other dialects may ask for many texts at once.
    { dialect: geminiBatchEmbed, path: at('batchEmbedContents'), quirks: {}, serves: embeds },
    { dialect: geminiEmbed, path: at('embedContent'), quirks: {}, serves: embeds },
  ],
  authorize: apiKeyHeader('x-goog-api-key'),
  baseUrl: 'https://generativelanguage.googleapis.com',
  regions: {},
  keyTest: { method: 'GET', path: '/v1beta/models?pageSize=1', timeoutMs: KEY_TEST_TIMEOUT_MS },
  failureRules: [
    // A quota that states no time is one of the day or of the account; this sentence is said of either.
    { status: 429, message: /check quota\)/i, class: 'rate_limited' },
    { status: 429, type: /^resource_exhausted$/i, retryAfter: false, class: 'billing' },
  ],
  models: file.models,
  acceptsModel: /^(?:models\/)?(?:gemini|gemma|learnlm|imagen|veo|embedding|text-embedding)-/,
};
