/** Anthropic. Sources: docs.anthropic.com/en/api (errors, models), recorded traffic. */
import type { ProviderId, ProviderManifest } from '@arouter/core';
import { apiKeyHeader } from '../auth/api-key-header.ts';
import { anthropicCountTokens } from '../dialects/anthropic-count-tokens/index.ts';
import { anthropicMessages } from '../dialects/anthropic-messages/index.ts';
import { apiKeyCredential } from '../manifest/api-key-credential.ts';
import { KEY_TEST_TIMEOUT_MS } from '../manifest/openai-compatible.ts';
import file from './models.json' with { type: 'json' };
import { otherSpelling } from './other-spelling.ts';

const name = 'Anthropic';
const keysUrl = 'https://console.anthropic.com/settings/keys';

export const manifest: ProviderManifest = {
  id: 'anthropic' as ProviderId,
  name,
  aliases: ['claude'],
  bareNamesOf: anthropicMessages.id,
  keysUrl,
  credentialTypes: [apiKeyCredential({ vendor: name, keysUrl })],
  dialects: [
    { dialect: anthropicMessages, path: () => '/v1/messages', quirks: {} },
    { dialect: anthropicCountTokens, path: () => '/v1/messages/count_tokens', quirks: {} },
  ],
  authorize: apiKeyHeader('x-api-key'),
  baseUrl: 'https://api.anthropic.com',
  regions: {},
  keyTest: {
    method: 'GET',
    path: '/v1/models?limit=1',
    headers: [['anthropic-version', '2023-06-01']],
    timeoutMs: KEY_TEST_TIMEOUT_MS,
  },
  failureRules: [
    // The account, not the request, although the status is 400.
    { status: [400, 403], message: /^this organization has been disabled/i, class: 'key_invalid' },
  ],
  models: file.models,
  otherSpelling,
  acceptsModel: /^claude-/,
};
