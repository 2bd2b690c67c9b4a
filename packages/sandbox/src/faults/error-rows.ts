/* oxlint-disable max-lines -- A table of data: one row per error as a provider words it. */
/**
 * Errors in the providers' own words, by name. `{key}` is the masked key, `{model}` the model asked for, `{request_id}`
 * an id. Wording as recorded (2025–2026) or as the provider's documentation gives it.
 */
export type ErrorAnswer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A JSON value, or text sent as it is (then `headers` says of which type). */
  readonly body: unknown;
};

/** The same trouble, in each shape. A provider's own wording wins: see `errors` in its style. */
export const BY_SHAPE = {
  invalid_key: {
    openai: openaiError(
      401,
      'Incorrect API key provided: {key}. You can find your API key at https://platform.openai.com/account/api-keys.',
      'invalid_request_error',
      'invalid_api_key',
    ),
    anthropic: anthropicError(401, 'authentication_error', 'invalid x-api-key'),
  },
  missing_key: {
    openai: openaiError(
      401,
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY). You can obtain an API key from https://platform.openai.com/account/api-keys.",
      'invalid_request_error',
      null,
    ),
    anthropic: anthropicError(401, 'authentication_error', 'x-api-key header is required'),
  },
  revoked: {
    openai: openaiError(
      401,
      'Incorrect API key provided: {key}. You can find your API key at https://platform.openai.com/account/api-keys.',
      'invalid_request_error',
      'invalid_api_key',
    ),
    anthropic: anthropicError(401, 'authentication_error', 'invalid x-api-key'),
  },
  account_deactivated: {
    openai: openaiError(
      401,
      'The OpenAI account associated with this API key has been deactivated. Please check your email for more information.',
      'invalid_request_error',
      'account_deactivated',
    ),
    anthropic: anthropicError(403, 'permission_error', 'This organization has been disabled.'),
  },
  permission_denied: {
    openai: openaiError(
      403,
      'You have insufficient permissions for this operation. Missing scopes: model.request.',
      'invalid_request_error',
      'missing_scope',
    ),
    anthropic: anthropicError(
      403,
      'permission_error',
      'Your API key does not have permission to use the specified resource.',
    ),
  },
  insufficient_quota: {
    openai: openaiError(
      429,
      'You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.',
      'insufficient_quota',
      'insufficient_quota',
    ),
    anthropic: anthropicError(
      400,
      'invalid_request_error',
      'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
    ),
  },
  spend_limit_reached: {
    openai: openaiError(
      429,
      'Your project has reached its monthly spend limit.',
      'insufficient_quota',
      'project_spend_limit_exceeded',
    ),
    anthropic: anthropicError(
      400,
      'invalid_request_error',
      'You have reached your specified API usage limits. You will regain access on 2026-09-01 at 00:00 UTC.',
    ),
  },
  rate_limited: {
    openai: withHeaders(
      openaiError(
        429,
        'Rate limit reached for {model} in organization org-sandbox on requests per min (RPM): Limit 500, Used 500, Requested 1. Please try again in 2s. Visit https://platform.openai.com/account/rate-limits to learn more.',
        'requests',
        'rate_limit_exceeded',
      ),
      { 'retry-after': '2', 'retry-after-ms': '2000', 'x-ratelimit-remaining-requests': '0' },
    ),
    anthropic: anthropicError(
      429,
      'rate_limit_error',
      "This request would exceed your organization's rate limit of 50 requests per minute.",
      { 'retry-after': '2', 'anthropic-ratelimit-requests-remaining': '0' },
    ),
  },
  request_too_large: {
    openai: openaiError(
      429,
      'Request too large for {model} in organization org-sandbox on tokens per min (TPM): Limit 30000, Requested 36741. The input or output tokens must be reduced in order to run successfully.',
      'tokens',
      'rate_limit_exceeded',
    ),
    anthropic: anthropicError(413, 'request_too_large', 'Request exceeds the maximum size'),
  },
  overloaded: {
    openai: withHeaders(
      openaiError(
        503,
        'The server is currently overloaded with other requests. Sorry about that! You can retry your request.',
        'service_unavailable_error',
        'server_is_overloaded',
      ),
      { 'retry-after': '1' },
    ),
    anthropic: anthropicError(529, 'overloaded_error', 'Overloaded'),
  },
  server_error: {
    openai: openaiError(
      500,
      'The server had an error while processing your request. Sorry about that!',
      'server_error',
      null,
    ),
    anthropic: anthropicError(500, 'api_error', 'Internal server error'),
  },
  gateway_timeout: {
    openai: openaiError(504, 'The request timed out.', 'server_error', null),
    anthropic: anthropicError(504, 'timeout_error', 'The request took too long to process.'),
  },
  model_not_found: {
    openai: openaiError(
      404,
      'The model `{model}` does not exist or you do not have access to it.',
      'invalid_request_error',
      'model_not_found',
    ),
    anthropic: anthropicError(404, 'not_found_error', 'model: {model}'),
  },
  context_length: {
    openai: openaiError(
      400,
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 130042 tokens. Please reduce the length of the messages.",
      'invalid_request_error',
      'context_length_exceeded',
    ),
    anthropic: anthropicError(
      400,
      'invalid_request_error',
      'prompt is too long: 212345 tokens > 200000 maximum',
    ),
  },
  content_filter: {
    openai: openaiError(
      400,
      'Your request was rejected as a result of our safety system.',
      'invalid_request_error',
      'content_policy_violation',
    ),
    anthropic: anthropicError(400, 'invalid_request_error', 'Output blocked by content filtering policy'),
  },
  bad_request: {
    openai: openaiError(
      400,
      "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.",
      'invalid_request_error',
      'decimal_above_max_value',
    ),
    anthropic: anthropicError(400, 'invalid_request_error', 'temperature: range: 0..1'),
  },
} satisfies Record<string, Record<'openai' | 'anthropic', ErrorAnswer>>;

/** Bodies that one provider alone sends; usable under any path. */
export const BY_PROVIDER = {
  account_hold_402: openaiError(402, 'Payment Required', 'billing_error', 'billing_hard_limit_reached'),
  anthropic_billing: anthropicError(
    402,
    'billing_error',
    'There is an issue with your billing or payment information.',
  ),
  anthropic_tier_spend_limit: {
    status: 429,
    body: {
      type: 'error',
      error: {
        type: 'rate_limit_error',
        message: 'Your organization has reached its monthly spend limit.',
        details: { error_code: 'enforced_spend_limit_reached' },
      },
      request_id: '{request_id}',
    },
  },
  azure_content_filter: {
    status: 400,
    body: {
      error: {
        message:
          "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry.",
        type: null,
        param: 'prompt',
        code: 'content_filter',
        status: 400,
        innererror: {
          code: 'ResponsibleAIPolicyViolation',
          content_filter_result: { violence: { filtered: true, severity: 'high' } },
        },
      },
    },
  },
  azure_deployment_not_found: {
    status: 404,
    body: {
      error: {
        code: 'DeploymentNotFound',
        message:
          'The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.',
      },
    },
  },
  cloudflare_bad_gateway: {
    status: 502,
    headers: { 'content-type': 'text/html; charset=UTF-8', server: 'cloudflare' },
    body: '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n',
  },
  deepseek_insufficient_balance: openaiError(
    402,
    'Insufficient Balance',
    'unknown_error',
    'invalid_request_error',
  ),
  deepseek_invalid_key: openaiError(
    401,
    'Authentication Fails, Your api key: {key} is invalid',
    'authentication_error',
    'invalid_request_error',
  ),
  oauth_token_refused: {
    status: 401,
    body: {
      error: {
        code: 401,
        message:
          'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
        status: 'UNAUTHENTICATED',
      },
    },
  },
  gemini_invalid_key: {
    status: 400,
    body: {
      error: {
        code: 400,
        message: 'API key not valid. Please pass a valid API key.',
        status: 'INVALID_ARGUMENT',
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
            reason: 'API_KEY_INVALID',
            domain: 'googleapis.com',
            metadata: { service: 'generativelanguage.googleapis.com' },
          },
        ],
      },
    },
  },
  groq_flex_capacity: openaiError(
    498,
    'Flex tier capacity exceeded for {model}.',
    'capacity_exceeded',
    'capacity_exceeded',
  ),
  groq_invalid_key: {
    status: 401,
    body: { error: { message: 'Invalid API Key', type: 'invalid_request_error', code: 'invalid_api_key' } },
  },
  groq_tool_use_failed: {
    status: 400,
    body: {
      error: {
        message: 'Tool choice is required, but model did not call a tool',
        type: 'invalid_request_error',
        code: 'tool_use_failed',
        failed_generation: 'maybe',
      },
    },
  },
  mistral_capacity_exceeded: {
    status: 429,
    body: {
      object: 'error',
      message: 'Service tier capacity exceeded for this model.',
      type: 'invalid_request_error',
      param: null,
      code: null,
    },
  },
  mistral_rate_limited: {
    status: 429,
    body: {
      object: 'error',
      message: 'Rate limit exceeded',
      type: 'rate_limited',
      param: null,
      code: '1300',
      raw_status_code: 429,
    },
  },
  mistral_unauthorized: { status: 401, body: { message: 'Unauthorized', request_id: '{request_id}' } },
  mistral_unauthorized_detail: { status: 401, body: { detail: 'Unauthorized' } },
  mistral_unauthorized_empty: { status: 401, body: '' },
  moonshot_quota_exceeded: {
    status: 403,
    body: {
      error: {
        message:
          'Your account org-sandbox<ak-sandbox> is not active, organization org-sandbox exceeded current quota, please check your plan and billing details',
        type: 'exceeded_current_quota_error',
      },
    },
  },
  ollama_model_not_found: { status: 404, body: { error: "model '{model}' not found" } },
  openrouter_invalid_key: { status: 401, body: { error: { message: 'User not found.', code: 401 } } },
  openrouter_moderation: {
    status: 403,
    body: {
      error: {
        code: 403,
        message: 'Your input was flagged',
        metadata: {
          reasons: ['violence'],
          flagged_input: '…',
          provider_name: 'OpenAI',
          model_slug: '{model}',
        },
      },
    },
  },
  openrouter_no_credits: {
    status: 402,
    body: {
      error: {
        code: 402,
        message: 'Insufficient credits. Add more using https://openrouter.ai/settings/credits',
        metadata: { limit_source: 'openrouter_credits' },
      },
    },
  },
  openrouter_rate_limited: {
    status: 429,
    body: {
      error: {
        code: 429,
        message: 'Provider returned error',
        metadata: {
          provider_name: 'Google',
          raw: '{model} is temporarily rate-limited upstream. Please retry shortly, or add your own key to accumulate your rate limits: https://openrouter.ai/settings/integrations',
        },
      },
      user_id: 'user_sandbox',
    },
  },
  perplexity_invalid_key: {
    status: 401,
    headers: { 'content-type': 'text/html', server: 'openresty' },
    body: '<html>\r\n<head><title>401 Authorization Required</title></head>\r\n<body>\r\n<center><h1>401 Authorization Required</h1></center>\r\n<hr><center>openresty/1.25.3.1</center>\r\n</body>\r\n</html>\r\n',
  },
  together_context_length: openaiError(
    403,
    'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 131072. Given: 130042 `inputs` tokens and 4096 `max_new_tokens`',
    'invalid_request_error',
    null,
  ),
  together_spend_limit: openaiError(402, 'You have reached your spending limit.', 'credit_limit', null),
  vllm_context_length: {
    status: 400,
    body: {
      object: 'error',
      message:
        "This model's maximum context length is 32768 tokens. However, you requested 40000 tokens in the messages. Please reduce the length of the messages.",
      type: 'BadRequestError',
      param: null,
      code: 400,
    },
  },
  xai_invalid_key: {
    status: 400,
    body: {
      code: 'Client specified an invalid argument',
      error: 'Incorrect API key provided: {key}. You can obtain an API key from https://console.x.ai.',
    },
  },
  xai_no_credits: {
    status: 403,
    body: {
      code: 'The caller does not have permission to execute the specified operation',
      error:
        "Your newly created team doesn't have any credits or licenses yet. You can purchase those on https://console.x.ai.",
    },
  },
  xai_monthly_limit: {
    status: 429,
    body: {
      code: 'Some resource has been exhausted',
      error:
        'Your team team-sandbox has either used all available credits or reached its monthly spending limit.',
    },
  },
} satisfies Record<string, ErrorAnswer>;

export type ErrorPresetName = keyof typeof BY_SHAPE | keyof typeof BY_PROVIDER;
export const ERROR_PRESET_NAMES = [
  ...Object.keys(BY_SHAPE),
  ...Object.keys(BY_PROVIDER),
] as readonly ErrorPresetName[];

function openaiError(status: number, message: string, type: string, code: string | null): ErrorAnswer {
  return { status, body: { error: { message, type, param: null, code } } };
}

function withHeaders(error: ErrorAnswer, headers: Readonly<Record<string, string>>): ErrorAnswer {
  return { ...error, headers };
}

function anthropicError(
  status: number,
  type: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): ErrorAnswer {
  return { status, headers, body: { type: 'error', error: { type, message }, request_id: '{request_id}' } };
}
