/**
 * Google Vertex AI: Gemini, Claude and open models in a project of Google Cloud. Sources: cloud.google.com (Gemini API,
 * Claude on Vertex AI, Vertex AI for open models), recorded traffic.
 */
import type { AuthScheme, ProviderId, ProviderManifest } from '@arouter/core';
import { apiKeyHeader } from '../auth/api-key-header.ts';
import { googleServiceAccount } from '../auth/google-service-account/google-service-account.ts';
import { anthropicCountTokens } from '../dialects/anthropic-count-tokens/index.ts';
import { anthropicMessages } from '../dialects/anthropic-messages/index.ts';
import { geminiCountTokens } from '../dialects/gemini-count-tokens/index.ts';
import { geminiEmbed, geminiPredictEmbed } from '../dialects/gemini-embed/index.ts';
import { geminiGenerate } from '../dialects/gemini-generate/index.ts';
import { openaiChat } from '../dialects/openai-chat/index.ts';
import { CLAUDE_VERSION, withClaudeVersion } from './claude-version.ts';
import { expressKeyType, serviceAccountType } from './credential-types.ts';
import file from './models.json' with { type: 'json' };
import {
  claudeAt,
  countClaudeAt,
  geminiAt,
  GLOBAL_HOST,
  googleMethodAt,
  openModelsAt,
  publisherPath,
  vertexHost,
} from './vertex-paths.ts';

/** Two calls may be needed: one for the token. */
const KEY_TEST_TIMEOUT_MS = 15_000;
/** Known in every region and cheap to name: counting its tokens is free. */
const TESTED_MODEL = 'gemini-2.5-flash';

const isClaude = (model: string): boolean => model.startsWith('claude-');
/** `publisher/model`, served behind one OpenAI-compatible endpoint. */
const isOpenModel = (model: string): boolean => model.includes('/');
const isGemini = (model: string): boolean => !isClaude(model) && !isOpenModel(model);
const embeds = (model: string): boolean => isGemini(model) && model.includes('embedding');
/** The first Gemini model is asked as those before it are. Source: the `@google/genai` package. */
const predictsVectors = (model: string): boolean =>
  embeds(model) && (model === 'gemini-embedding-001' || !model.startsWith('gemini-'));
const embedsContent = (model: string): boolean => embeds(model) && !predictsVectors(model);

const byToken = googleServiceAccount();
const byKey = apiKeyHeader('x-goog-api-key');
const authorize: AuthScheme = (request, credential, context) =>
  credential['api_key'] === undefined
    ? byToken.authorize(request, credential, context)
    : byKey(request, credential, context);

export const manifest: ProviderManifest = {
  id: 'vertex' as ProviderId,
  name: 'Google Vertex AI',
  aliases: ['vertex-ai', 'google-vertex', 'google-vertex-ai', 'vertexai', 'vertex_ai'],
  keysUrl: 'https://console.cloud.google.com/iam-admin/serviceaccounts',
  credentialTypes: [serviceAccountType, expressKeyType],
  dialects: [
    { dialect: geminiGenerate, path: geminiAt, quirks: {}, serves: isGemini },
    {
      dialect: anthropicMessages,
      path: claudeAt,
      quirks: { modelInPath: { bodyFields: { anthropic_version: CLAUDE_VERSION } } },
      serves: isClaude,
    },
    { dialect: openaiChat, path: openModelsAt, quirks: {}, serves: isOpenModel },
    { dialect: geminiCountTokens, path: googleMethodAt('countTokens'), quirks: {}, serves: isGemini },
    {
      dialect: anthropicCountTokens,
      path: countClaudeAt,
      quirks: {},
      adapt: withClaudeVersion,
      serves: isClaude,
    },
    { dialect: geminiEmbed, path: googleMethodAt('embedContent'), quirks: {}, serves: embedsContent },
    { dialect: geminiPredictEmbed, path: googleMethodAt('predict'), quirks: {}, serves: predictsVectors },
  ],
  authorize,
  // An express-mode key is sent as it is: its requests carry no token to renew.
  renewAuthorization: byToken.renewAuthorization,
  baseUrl: GLOBAL_HOST,
  regions: {},
  baseUrlOf: vertexHost,
  keyTest: {
    method: 'POST',
    // Needs the permission to predict, in this project and region, and costs nothing.
    path: (context) => `${publisherPath(context, '/google')}/models/${TESTED_MODEL}:countTokens`,
    body: { contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] },
    alsoOk: [
      {
        status: 404,
        message: 'The key was accepted, but this region has no Gemini models.',
        when: /Publisher Model/,
      },
    ],
    timeoutMs: KEY_TEST_TIMEOUT_MS,
  },
  failureRules: [
    // Capacity that everybody shares; another region may have some.
    { status: 429, message: /resource (?:has been )?exhausted/i, retryAfter: false, class: 'provider_busy' },
    { status: 429, message: /quota exceeded for/i, class: 'rate_limited' },
    // Anthropic's models must be accepted once in the project before they answer.
    {
      status: [400, 403],
      message: /is not (?:enabled|allowed) (?:for|to use)|model garden/i,
      class: 'model_unavailable',
    },
  ],
  models: file.models,
  acceptsModel:
    /^(?:gemini-|gemma-|claude-|text-(?:multilingual-)?embedding-|[a-z][a-z0-9-]*\/[\w.@-]+-maas$)/,
  canonicalModel,
};

/** Google's own models and Anthropic's, under their authors' names: `claude-sonnet-4-5@20250929` has a date there. */
function canonicalModel(model: string): string | undefined {
  if (isGemini(model)) return `google/${model}`;
  return isClaude(model) ? `anthropic/${model.replace(/@default$/, '').replace('@', '-')}` : undefined;
}
