/** Error bodies as providers document them or as their users reported them, through the real dialects and manifests. */
/* oxlint-disable max-lines -- a table: one row for each documented error body */
import { type FailureClass, type ProviderId, classifyFailure } from '@arouter/core';
import { expect, test } from 'vitest';
import { manifests } from '../registry.gen.ts';

type Row = {
  readonly provider: string;
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly class: FailureClass;
};

const html =
  '<html><head><title>401 Authorization Required</title></head><body><center>openresty</center></body></html>';

/** `{"error": {…}}`, the OpenAI shape. */
function openAi(message: string, type: string | null, code: string | null) {
  return { error: { message, type, param: null, code } };
}
function anthropic(type: string, message: string, details?: unknown) {
  return {
    type: 'error',
    error: { type, message, ...(details === undefined ? {} : { details }) },
    request_id: 'req_1',
  };
}

const rows: readonly Row[] = [
  {
    provider: 'openai',
    status: 401,
    body: openAi(
      'Incorrect API key provided: sk-abc***xyz. You can find your API key at https://platform.openai.com/account/api-keys.',
      'invalid_request_error',
      'invalid_api_key',
    ),
    class: 'key_invalid',
  },
  {
    provider: 'openai',
    status: 404,
    body: openAi(
      'The model `x` does not exist or you do not have access to it.',
      'invalid_request_error',
      'model_not_found',
    ),
    class: 'model_unavailable',
  },
  {
    provider: 'openai',
    status: 400,
    body: openAi("The requested model 'x' does not exist.", 'invalid_request_error', 'model_not_found'),
    class: 'model_unavailable',
  },
  {
    provider: 'openai',
    status: 429,
    body: openAi(
      'You exceeded your current quota, please check your plan and billing details.',
      'insufficient_quota',
      'insufficient_quota',
    ),
    class: 'billing',
  },
  {
    provider: 'openai',
    status: 429,
    body: openAi('Credits are exhausted.', 'insufficient_quota', 'credit_balance_exhausted'),
    class: 'billing',
  },
  {
    provider: 'openai',
    status: 429,
    body: openAi(
      'Rate limit reached for gpt-4.1 in organization org-x on tokens per min (TPM): Limit 30000, Used 18928, Requested 11159. Please try again in 174ms.',
      'tokens',
      'rate_limit_exceeded',
    ),
    class: 'rate_limited',
  },
  {
    provider: 'openai',
    status: 429,
    body: openAi(
      'Request too large for gpt-5 in organization org-x on tokens per min (TPM): Limit 30000, Requested 36741.',
      'tokens',
      'rate_limit_exceeded',
    ),
    class: 'too_big_for_key',
  },
  {
    provider: 'openai',
    status: 400,
    body: openAi(
      'Input tokens exceed the configured limit of 272000 tokens.',
      'invalid_request_error',
      'context_length_exceeded',
    ),
    class: 'context_length',
  },
  {
    provider: 'openai',
    status: 503,
    body: openAi('The server is overloaded.', 'service_unavailable_error', 'server_is_overloaded'),
    class: 'provider_busy',
  },
  {
    provider: 'openai',
    status: 403,
    body: openAi(
      'Country, region, or territory not supported',
      'request_forbidden',
      'unsupported_country_region_territory',
    ),
    class: 'key_ambiguous',
  },
  {
    provider: 'openai',
    status: 401,
    body: openAi('IP not authorized', 'invalid_request_error', null),
    class: 'key_invalid',
  },

  {
    provider: 'xai',
    status: 400,
    body: {
      code: 'Client specified an invalid argument',
      error: 'Incorrect API key provided: xa***.. You can obtain an API key from https://console.x.ai.',
    },
    class: 'key_invalid',
  },
  {
    provider: 'xai',
    status: 429,
    body: {
      code: 'Some resource has been exhausted',
      error: 'Your team 1234 has either used all available credits or reached its monthly spending limit.',
    },
    class: 'billing',
  },
  {
    provider: 'xai',
    status: 403,
    body: {
      code: 'The caller does not have permission',
      error: "Your newly created team doesn't have any credits or licenses yet.",
    },
    class: 'billing',
  },
  {
    provider: 'xai',
    status: 403,
    body: openAi('You have run out of credits. Buy more at console.x.ai.', null, null),
    class: 'billing',
  },

  { provider: 'mistral', status: 401, body: { detail: 'Unauthorized' }, class: 'key_ambiguous' },
  {
    provider: 'mistral',
    status: 401,
    body: { message: 'Unauthorized', request_id: '1' },
    class: 'key_ambiguous',
  },
  { provider: 'mistral', status: 401, body: '', class: 'key_ambiguous' },
  {
    provider: 'mistral',
    status: 429,
    body: {
      object: 'error',
      message: 'Rate limit exceeded',
      type: 'rate_limited',
      param: null,
      code: '1300',
      raw_status_code: 429,
    },
    class: 'rate_limited',
  },
  {
    provider: 'mistral',
    status: 429,
    body: {
      object: 'error',
      message: 'Service tier capacity exceeded for this model.',
      type: 'invalid_request_error',
      param: null,
      code: null,
    },
    class: 'provider_busy',
  },

  {
    provider: 'groq',
    status: 404,
    body: openAi(
      'The model `x` does not exist or you do not have access to it.',
      'invalid_request_error',
      'model_not_found',
    ),
    class: 'model_unavailable',
  },
  {
    provider: 'groq',
    status: 400,
    body: {
      error: {
        message: 'Failed to call a function.',
        type: 'invalid_request_error',
        code: 'tool_use_failed',
        failed_generation: 'x',
      },
    },
    class: 'bad_request',
  },
  {
    provider: 'groq',
    status: 429,
    body: openAi('Rate limit reached for model `x` in organization', 'tokens', 'rate_limit_exceeded'),
    class: 'rate_limited',
  },
  {
    provider: 'groq',
    status: 413,
    body: openAi('Request too large for model `x`', 'tokens', 'rate_limit_exceeded'),
    class: 'too_big_for_key',
  },
  {
    provider: 'groq',
    status: 498,
    body: openAi('Flex tier capacity exceeded', 'internal', 'capacity_exceeded'),
    class: 'provider_busy',
  },

  {
    provider: 'deepseek',
    status: 401,
    body: openAi('Authentication Fails', 'authentication_error', 'invalid_request_error'),
    class: 'key_invalid',
  },
  {
    provider: 'deepseek',
    status: 402,
    body: openAi('Insufficient Balance', 'unknown_error', 'invalid_request_error'),
    class: 'billing',
  },
  {
    provider: 'deepseek',
    status: 422,
    body: openAi('Invalid parameters', 'invalid_request_error', 'invalid_request_error'),
    class: 'bad_request',
  },
  { provider: 'deepseek', status: 503, body: openAi('Service is busy', null, null), class: 'provider_busy' },

  {
    provider: 'together',
    status: 401,
    body: openAi('Invalid API key provided.', 'invalid_request_error', 'invalid_api_key'),
    class: 'key_invalid',
  },
  {
    provider: 'together',
    status: 402,
    body: openAi('Credit limit exceeded', 'credit_limit', null),
    class: 'billing',
  },
  {
    provider: 'together',
    status: 403,
    body: openAi(
      'Input token count + max_tokens must be less than the context length',
      'invalid_request_error',
      null,
    ),
    class: 'context_length',
  },

  {
    provider: 'openrouter',
    status: 429,
    body: {
      error: {
        code: 429,
        message: 'Provider returned error',
        metadata: { provider_name: 'Google', raw: 'x is temporarily rate-limited upstream.' },
      },
      user_id: 'u',
    },
    class: 'rate_limited',
  },
  {
    provider: 'openrouter',
    status: 401,
    body: { error: { code: 401, message: 'User not found.' } },
    class: 'key_invalid',
  },
  {
    provider: 'openrouter',
    status: 402,
    body: {
      error: {
        code: 402,
        message: 'Insufficient credits.',
        metadata: { limit_source: 'openrouter_credits' },
      },
    },
    class: 'billing',
  },
  {
    provider: 'openrouter',
    status: 403,
    body: {
      error: {
        code: 403,
        message: 'This model requires moderation. Your input was flagged.',
        metadata: { reasons: ['x'] },
      },
    },
    class: 'content_filter',
  },
  {
    provider: 'openrouter',
    status: 404,
    body: { error: { code: 404, message: 'No endpoints found for x.' } },
    class: 'model_unavailable',
  },
  {
    provider: 'openrouter',
    status: 408,
    body: { error: { code: 408, message: 'Request timed out' } },
    class: 'provider_error',
  },
  {
    provider: 'openrouter',
    status: 502,
    body: { error: { code: 502, message: 'Model is down' } },
    class: 'provider_busy',
  },
  {
    provider: 'openrouter',
    status: 503,
    body: {
      error: { code: 503, message: 'No available provider', metadata: { error_type: 'provider_overloaded' } },
    },
    class: 'provider_busy',
  },

  {
    provider: 'moonshot',
    status: 403,
    body: openAi(
      'Your account x is not active, organization y exceeded current quota, please check',
      'exceeded_current_quota_error',
      null,
    ),
    class: 'billing',
  },
  {
    provider: 'moonshot',
    status: 401,
    body: openAi('Invalid Authentication', 'invalid_authentication_error', null),
    class: 'key_ambiguous',
  },
  {
    provider: 'dashscope',
    status: 401,
    body: { code: 'InvalidApiKey', message: 'Invalid API-key provided.', request_id: '1' },
    class: 'key_ambiguous',
  },
  {
    provider: 'dashscope',
    status: 401,
    body: openAi('Incorrect API key provided.', 'invalid_request_error', 'invalid_api_key'),
    class: 'key_ambiguous',
  },
  {
    provider: 'dashscope',
    status: 403,
    body: {
      code: 'AllocationQuota.FreeTierOnly',
      message: 'The free tier of the model has been exhausted.',
      request_id: '1',
    },
    class: 'billing',
  },
  {
    provider: 'dashscope',
    status: 400,
    body: {
      code: 'Arrearage',
      message: 'Access denied, please make sure your account is in good standing.',
      request_id: '1',
    },
    class: 'billing',
  },

  {
    provider: 'zai',
    status: 429,
    body: {
      error: { code: '1113', message: 'Insufficient balance or no resource package. Please recharge.' },
    },
    class: 'billing',
  },
  {
    provider: 'zai',
    status: 429,
    body: { error: { code: '1302', message: 'High concurrency usage of this API' } },
    class: 'rate_limited',
  },
  {
    provider: 'zai',
    status: 401,
    body: { error: { code: '1002', message: 'Authorization Token is invalid' } },
    class: 'key_invalid',
  },
  {
    provider: 'zai',
    status: 400,
    body: { error: { code: '1211', message: 'Model does not exist, please check the model code' } },
    class: 'model_unavailable',
  },
  {
    provider: 'zai',
    status: 400,
    body: { error: { code: '1301', message: 'unsafe or sensitive content' } },
    class: 'content_filter',
  },

  {
    provider: 'minimax',
    status: 401,
    body: {
      type: 'error',
      error: {
        type: 'authorized_error',
        message:
          "login fail: Please carry the API secret key in the 'Authorization' field of the request header (1004)",
        http_code: '401',
      },
    },
    class: 'key_ambiguous',
  },
  {
    provider: 'minimax',
    status: 429,
    body: {
      type: 'error',
      error: { type: 'insufficient_balance_error', message: 'insufficient balance (1008)', http_code: '429' },
    },
    class: 'billing',
  },
  { provider: 'perplexity', status: 401, body: html, class: 'key_invalid' },
  {
    provider: 'fireworks',
    status: 500,
    body: { fault: { faultstring: 'Failed to resolve', detail: { errorcode: 'x' } } },
    class: 'provider_error',
  },
  { provider: 'custom', status: 404, body: { error: "model 'x' not found" }, class: 'model_unavailable' },
  { provider: 'custom', status: 404, body: html, class: 'model_unavailable' },
  { provider: 'custom', status: 403, body: html, class: 'key_ambiguous' },

  {
    provider: 'anthropic',
    status: 400,
    body: anthropic('invalid_request_error', 'max_tokens: Field required'),
    class: 'bad_request',
  },
  {
    provider: 'anthropic',
    status: 401,
    body: anthropic('authentication_error', 'invalid x-api-key'),
    class: 'key_invalid',
  },
  {
    provider: 'anthropic',
    status: 402,
    body: anthropic('billing_error', 'Payment failed'),
    class: 'billing',
  },
  {
    provider: 'anthropic',
    status: 403,
    body: anthropic(
      'permission_error',
      'Your API key does not have permission to use the specified resource.',
    ),
    class: 'key_invalid',
  },
  {
    provider: 'anthropic',
    status: 404,
    body: anthropic('not_found_error', 'model: claude-sonet-4-5'),
    class: 'model_unavailable',
  },
  {
    provider: 'anthropic',
    status: 409,
    body: anthropic('conflict_error', 'Conflict'),
    class: 'provider_error',
  },
  {
    provider: 'anthropic',
    status: 413,
    body: anthropic('request_too_large', 'Request exceeds the maximum allowed number of bytes.'),
    class: 'bad_request',
  },
  {
    provider: 'anthropic',
    status: 429,
    headers: { 'retry-after': '12' },
    body: anthropic('rate_limit_error', 'This request would exceed the rate limit'),
    class: 'rate_limited',
  },
  {
    provider: 'anthropic',
    status: 429,
    body: anthropic('rate_limit_error', 'Monthly limit', { error_code: 'enforced_spend_limit_reached' }),
    class: 'billing',
  },
  {
    provider: 'anthropic',
    status: 500,
    body: anthropic('api_error', 'Internal server error'),
    class: 'provider_error',
  },
  {
    provider: 'anthropic',
    status: 504,
    body: anthropic('timeout_error', 'Timed out'),
    class: 'provider_error',
  },
  {
    provider: 'anthropic',
    status: 529,
    body: anthropic('overloaded_error', 'Overloaded'),
    class: 'provider_busy',
  },
  {
    provider: 'anthropic',
    status: 400,
    body: anthropic(
      'invalid_request_error',
      'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.',
    ),
    class: 'billing',
  },
  {
    provider: 'anthropic',
    status: 400,
    body: anthropic(
      'invalid_request_error',
      'You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.',
    ),
    class: 'billing',
  },
  {
    provider: 'anthropic',
    status: 400,
    body: anthropic('invalid_request_error', 'prompt is too long: 208310 tokens > 200000 maximum'),
    class: 'context_length',
  },
  {
    provider: 'anthropic',
    status: 400,
    body: anthropic('invalid_request_error', 'This organization has been disabled.'),
    class: 'key_invalid',
  },
];

test.each(rows)(
  '$provider $status is $class: $body',
  ({ provider, status, body, headers, class: expected }) => {
    const manifest = manifests.get(provider as ProviderId);
    if (manifest === undefined) throw new Error(`no provider ${provider}`);
    const bytes = new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));
    for (const { dialect } of manifest.dialects) {
      const signals = dialect.decodeFailure(status, (name) => headers?.[name], bytes);
      expect(classifyFailure(signals, manifest.failureRules)).toBe(expected);
    }
  },
);
