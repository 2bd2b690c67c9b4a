/* oxlint-disable max-lines -- a table: one row for each meaning */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { classifyFailure } from './classify-failure.ts';
import { failureAdvice } from './failure-advice.ts';
import {
  FAILURE_CLASSES,
  type FailureClass,
  type FailureRule,
  type FailureSignals,
} from './failure-class.ts';
import { GENERAL_FAILURE_RULES } from './general-failure-rules.ts';

function signals(given: Partial<FailureSignals>): FailureSignals {
  return {
    status: 400,
    type: '',
    code: '',
    message: 'Something.',
    retryAfterMs: null,
    providerRequestId: null,
    ...given,
  };
}

/** What each row means, written by hand from the providers' documentation. */
const rows: readonly (readonly [string, Partial<FailureSignals>, FailureClass])[] = [
  [
    'a malformed or revoked Anthropic key',
    { status: 401, type: 'authentication_error', message: 'invalid x-api-key' },
    'key_invalid',
  ],
  [
    'a wrong OpenAI key',
    {
      status: 401,
      type: 'invalid_request_error',
      code: 'invalid_api_key',
      message: 'Incorrect API key provided: [redacted].',
    },
    'key_invalid',
  ],
  [
    'a wrong xAI key, which is a 400',
    {
      status: 400,
      code: 'Client specified an invalid argument',
      message: 'Incorrect API key provided: [redacted]',
    },
    'key_invalid',
  ],
  [
    'a wrong Gemini key, which is a 400',
    {
      status: 400,
      type: 'invalid_argument',
      code: 'API_KEY_INVALID',
      message: 'API key not valid. Please pass a valid API key.',
    },
    'key_invalid',
  ],
  [
    'an expired Gemini key',
    {
      status: 400,
      type: 'invalid_argument',
      code: 'INVALID_ARGUMENT',
      message: 'API key expired. Please renew the API key.',
    },
    'key_invalid',
  ],
  [
    'a leaked Gemini key',
    {
      status: 403,
      type: 'permission_denied',
      message: 'Your API key was reported as leaked. Please use another API key.',
    },
    'key_invalid',
  ],
  [
    'a suspended Google consumer',
    { status: 403, type: 'permission_denied', code: 'CONSUMER_SUSPENDED' },
    'key_invalid',
  ],
  [
    'an unknown AWS access key',
    { status: 403, type: 'unrecognizedclientexception', code: 'UnrecognizedClientException' },
    'key_invalid',
  ],
  ['a wrong AWS secret', { status: 403, type: 'invalidsignatureexception' }, 'key_invalid'],
  ['an incomplete AWS signature', { status: 400, type: 'incompletesignature' }, 'key_invalid'],
  ['an expired AWS session', { status: 400, type: 'expiredtokenexception' }, 'key_invalid'],
  [
    'a deleted Google service-account key',
    { status: 400, code: 'invalid_grant', message: 'Invalid JWT Signature.' },
    'key_invalid',
  ],
  [
    'a blocked Azure resource',
    { status: 403, message: 'The resource has been temporarily blocked.' },
    'key_invalid',
  ],
  [
    'a wrong bearer token',
    { status: 401, code: 'invalid_api_key', message: 'Invalid bearer token' },
    'key_invalid',
  ],
  ['an IP address that the key does not allow', { status: 401, message: 'IP not authorized' }, 'key_invalid'],
  ['a permission error in a stream', { status: 200, type: 'permission_error' }, 'key_invalid'],

  [
    'a Bedrock key that is bad or of another region',
    { status: 403, message: 'Authentication failed: Please make sure your API Key is valid.' },
    'key_ambiguous',
  ],
  [
    'an Azure key or endpoint that is wrong',
    {
      status: 401,
      code: '401',
      message: 'Access denied due to invalid subscription key or wrong API endpoint.',
    },
    'key_ambiguous',
  ],
  [
    'a country that OpenAI does not serve',
    { status: 403, code: 'unsupported_country_region_territory' },
    'key_ambiguous',
  ],
  [
    'a country that Gemini does not serve',
    { status: 400, type: 'failed_precondition', message: 'User location is not supported for the API use.' },
    'key_ambiguous',
  ],
  ['a 403 page of a firewall', { status: 403, message: 'HTTP 403 Forbidden' }, 'key_ambiguous'],

  ['no money by status', { status: 402 }, 'billing'],
  [
    'no OpenAI quota',
    {
      status: 429,
      type: 'insufficient_quota',
      code: 'insufficient_quota',
      message: 'You exceeded your current quota',
    },
    'billing',
  ],
  [
    'no OpenAI credits',
    { status: 429, type: 'insufficient_quota', code: 'credit_balance_exhausted' },
    'billing',
  ],
  [
    'an OpenAI organization over its spending limit',
    { status: 429, code: 'organization_spend_limit_exceeded' },
    'billing',
  ],
  [
    'an OpenAI project over its spending limit',
    { status: 429, code: 'project_spend_limit_exceeded' },
    'billing',
  ],
  [
    'an OpenAI organization over its usage limit',
    { status: 429, code: 'organization_usage_limit_exceeded' },
    'billing',
  ],
  ['no OpenAI quota inside a stream', { status: 200, type: 'insufficient_quota' }, 'billing'],
  [
    'no Anthropic credit, which is a 400',
    {
      status: 400,
      type: 'invalid_request_error',
      message: 'Your credit balance is too low to access the Anthropic API.',
    },
    'billing',
  ],
  [
    'an Anthropic usage limit, which is a 400',
    {
      status: 400,
      type: 'invalid_request_error',
      message:
        'You have reached your specified workspace API usage limits. You will regain access on 2026-12-01.',
    },
    'billing',
  ],
  ['an Anthropic billing error', { status: 402, type: 'billing_error' }, 'billing'],
  [
    'the Anthropic monthly cap, which is a 429',
    { status: 429, type: 'rate_limit_error', code: 'enforced_spend_limit_reached' },
    'billing',
  ],
  [
    'no xAI credits',
    { status: 403, message: "Your newly created team doesn't have any credits or licenses yet." },
    'billing',
  ],
  [
    'xAI credits used up',
    {
      status: 429,
      message: 'Your team 12ab has either used all available credits or reached its monthly spending limit.',
    },
    'billing',
  ],
  ['xAI run out', { status: 403, message: 'You have run out of credits.' }, 'billing'],
  ['no Moonshot quota, which is a 403', { status: 403, type: 'exceeded_current_quota_error' }, 'billing'],
  ['no DeepSeek balance', { status: 402, message: 'Insufficient Balance' }, 'billing'],
  [
    'a Gemini quota of a day',
    {
      status: 429,
      type: 'resource_exhausted',
      code: 'RESOURCE_EXHAUSTED',
      message: 'You exceeded your current quota (quota GenerateRequestsPerDayPerProjectPerModel)',
      retryAfterMs: 34_000,
    },
    'billing',
  ],
  [
    'a Gemini quota without a time',
    {
      status: 429,
      type: 'resource_exhausted',
      message: 'You exceeded your current quota, please check your plan.',
    },
    'billing',
  ],
  [
    'a Bedrock quota of a day',
    {
      status: 429,
      type: 'throttlingexception',
      message: 'Too many tokens per day, please wait before trying again.',
    },
    'billing',
  ],

  [
    'a Gemini quota of a minute',
    {
      status: 429,
      type: 'resource_exhausted',
      message: 'You exceeded your current quota (quota GenerateContentInputTokensPerMinute)',
      retryAfterMs: 34_400,
    },
    'rate_limited',
  ],
  [
    'an OpenAI token rate',
    {
      status: 429,
      type: 'tokens',
      code: 'rate_limit_exceeded',
      message:
        'Rate limit reached for gpt-4.1 in organization org-x on tokens per min (TPM): Limit 30000, Used 18928, Requested 11159.',
    },
    'rate_limited',
  ],
  [
    'an OpenAI request rate of a day, which states its time',
    {
      status: 429,
      type: 'requests',
      code: 'rate_limit_exceeded',
      message:
        'Rate limit reached for gpt-4.1 on requests per day (RPD): Limit 200. Please try again in 7m12s.',
      retryAfterMs: 432_000,
    },
    'rate_limited',
  ],
  ['an Anthropic rate', { status: 429, type: 'rate_limit_error' }, 'rate_limited'],
  ['a rate inside a stream', { status: 200, type: 'rate_limit_error' }, 'rate_limited'],
  [
    'a Bedrock rate',
    {
      status: 429,
      type: 'throttlingexception',
      message: 'Too many requests, please wait before trying again.',
    },
    'rate_limited',
  ],
  ['a Bedrock service quota', { status: 400, type: 'servicequotaexceededexception' }, 'rate_limited'],
  ['any other 429', { status: 429 }, 'rate_limited'],

  [
    'an OpenAI request beyond the rate of a minute',
    {
      status: 429,
      type: 'tokens',
      code: 'rate_limit_exceeded',
      message:
        'Request too large for gpt-5 in organization org-x on tokens per min (TPM): Limit 30000, Requested 36741.',
    },
    'too_big_for_key',
  ],

  ['an overloaded Anthropic', { status: 529, type: 'overloaded_error' }, 'provider_busy'],
  [
    'an overloaded Anthropic inside a stream',
    { status: 200, type: 'overloaded_error', message: 'Overloaded' },
    'provider_busy',
  ],
  [
    'an overloaded OpenAI',
    { status: 503, type: 'service_unavailable_error', code: 'server_is_overloaded' },
    'provider_busy',
  ],
  ['OpenAI asking to slow down', { status: 429, code: 'slow_down' }, 'provider_busy'],
  [
    'a full Mistral tier, which is a 429',
    { status: 429, type: 'invalid_request_error', message: 'Service tier capacity exceeded for this model.' },
    'provider_busy',
  ],
  ['a full Groq flex tier', { status: 498, code: 'capacity_exceeded' }, 'provider_busy'],
  [
    'a busy Azure, which is a 429',
    { status: 429, message: 'System is experiencing high demand and cannot process your request.' },
    'provider_busy',
  ],
  [
    'a busy Vertex, which is a 429',
    { status: 429, message: 'Resource exhausted, please try again later.', type: 'resource_exhausted' },
    'provider_busy',
  ],
  ['a Bedrock model that is not ready', { status: 429, type: 'modelnotreadyexception' }, 'provider_busy'],
  ...[502, 503, 504, 520, 522, 524, 529].map(
    (status) => [`a bare ${status}`, { status }, 'provider_busy'] as const,
  ),

  ...[408, 409, 424, 425, 499, 500, 501, 505].map(
    (status) => [`a bare ${status}`, { status }, 'provider_error'] as const,
  ),
  ['an Anthropic fault inside a stream', { status: 200, type: 'api_error' }, 'provider_error'],
  ['an OpenAI fault inside a stream', { status: 200, code: 'server_error' }, 'provider_error'],
  ['a Bedrock model fault', { status: 424, type: 'modelerrorexception' }, 'provider_error'],
  ['an error in a stream that says nothing', { status: 200 }, 'provider_error'],
  [
    'a stream error that carries its status as code',
    { status: 200, code: '502', message: 'Provider disconnected' },
    'provider_busy',
  ],

  [
    'an unknown OpenAI model',
    { status: 404, type: 'invalid_request_error', code: 'model_not_found' },
    'model_unavailable',
  ],
  [
    'an unknown OpenAI model on responses, which is a 400',
    { status: 400, type: 'invalid_request_error', code: 'model_not_found' },
    'model_unavailable',
  ],
  [
    'an OpenAI project without that model',
    { status: 403, type: 'invalid_request_error', code: 'model_not_found' },
    'model_unavailable',
  ],
  [
    'an unknown Anthropic model',
    { status: 404, type: 'not_found_error', message: 'model: claude-sonet-4-5' },
    'model_unavailable',
  ],
  ['an unknown Ollama model', { status: 404, message: "model 'x' not found" }, 'model_unavailable'],
  [
    'an unknown Gemini model',
    {
      status: 404,
      type: 'not_found',
      message: 'models/x is not found for API version v1beta, or is not supported',
    },
    'model_unavailable',
  ],
  [
    'an unknown Vertex model',
    {
      status: 404,
      message: 'Publisher Model `projects/p/x` was not found or your project does not have access to it.',
    },
    'model_unavailable',
  ],
  ['an unknown Azure deployment', { status: 404, code: 'DeploymentNotFound' }, 'model_unavailable'],
  [
    'an unknown Voyage model',
    { status: 400, message: 'Model x is not supported. Supported models are y.' },
    'model_unavailable',
  ],
  [
    'a Bedrock identifier that is wrong',
    { status: 400, type: 'validationexception', message: 'The provided model identifier is invalid.' },
    'model_unavailable',
  ],
  [
    'a Bedrock model that needs a profile',
    {
      status: 400,
      type: 'validationexception',
      message:
        'Invocation of model ID x with on-demand throughput isn’t supported. Retry your request with the ID of an inference profile.',
    },
    'model_unavailable',
  ],
  [
    'a Bedrock model without access',
    {
      status: 403,
      type: 'accessdeniedexception',
      message: "You don't have access to the model with the specified model ID.",
    },
    'model_unavailable',
  ],
  [
    'a Bedrock key without the permission',
    {
      status: 403,
      type: 'accessdeniedexception',
      message: 'User: x is not authorized to perform: bedrock:InvokeModel on resource: y',
    },
    'model_unavailable',
  ],
  ['a Bedrock form not filled', { status: 404, type: 'ftuformnotfilled' }, 'model_unavailable'],
  ['an end-of-life Bedrock model', { status: 404, type: 'resourcenotfoundexception' }, 'model_unavailable'],
  ['a host without this path', { status: 404, message: 'HTTP 404 Not Found' }, 'model_unavailable'],

  [
    'the OpenAI window by code',
    { status: 400, type: 'invalid_request_error', code: 'context_length_exceeded' },
    'context_length',
  ],
  [
    'the OpenAI window by words',
    {
      status: 400,
      type: 'invalid_request_error',
      message:
        'Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300000 tokens.',
    },
    'context_length',
  ],
  [
    'the Anthropic window',
    {
      status: 400,
      type: 'invalid_request_error',
      message: 'prompt is too long: 208310 tokens > 200000 maximum',
    },
    'context_length',
  ],
  [
    'the Anthropic window with the output',
    {
      status: 400,
      type: 'invalid_request_error',
      message: 'input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000',
    },
    'context_length',
  ],
  [
    'the Gemini window',
    {
      status: 400,
      type: 'invalid_argument',
      message: 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
    },
    'context_length',
  ],
  [
    'the Bedrock window',
    { status: 400, type: 'validationexception', message: 'Input is too long for requested model.' },
    'context_length',
  ],
  [
    'an older OpenAI window',
    { status: 400, message: "This model's maximum context length is 8192 tokens." },
    'context_length',
  ],

  [
    'an Azure filter',
    {
      status: 400,
      code: 'content_filter',
      message:
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
    },
    'content_filter',
  ],
  ['a Moonshot filter', { status: 400, type: 'content_filter', message: 'high risk' }, 'content_filter'],
  [
    'an older Azure filter',
    { status: 400, message: "The response was filtered due to Azure OpenAI's content management policy." },
    'content_filter',
  ],
  ['an OpenAI policy', { status: 400, code: 'content_policy_violation' }, 'content_filter'],

  [
    'a field that is too long, which is not the window',
    { status: 400, code: 'string_above_max_length', message: 'maximum context length' },
    'bad_request',
  ],
  [
    "an invalid 'user'",
    { status: 400, message: "Invalid 'user': string too long. Expected maximum context length 64." },
    'bad_request',
  ],
  [
    'a broken thinking signature',
    {
      status: 400,
      type: 'invalid_request_error',
      message: 'messages.1.content.0: Invalid `signature` in `thinking` block',
    },
    'bad_request',
  ],
  [
    'a tool that the model called wrongly',
    { status: 400, code: 'tool_use_failed', message: 'insufficient balance' },
    'bad_request',
  ],
  [
    'an invalid request inside a stream',
    { status: 200, type: 'invalid_request_error', message: 'Bad tool.' },
    'bad_request',
  ],
  [
    'an unknown response id',
    { status: 404, type: 'invalid_request_error', message: "Response with id 'resp_1' not found." },
    'bad_request',
  ],
  ...[400, 413, 415, 422].map((status) => [`a bare ${status}`, { status }, 'bad_request'] as const),

  ['a redirect', { status: 302 }, 'invalid_answer'],
];

describe('classifyFailure', () => {
  test.each(rows)('%s', (_, given, expected) => {
    expect(classifyFailure(signals(given), [])).toBe(expected);
  });

  test("a provider's own row comes before the general ones", () => {
    const rules: readonly FailureRule[] = [{ status: 401, class: 'key_ambiguous' }];
    expect(classifyFailure(signals({ status: 401 }), rules)).toBe('key_ambiguous');
    expect(classifyFailure(signals({ status: 402 }), rules)).toBe('billing');
  });

  test('nothing that a caller can make a 400 say further in benches a key', () => {
    const words = [
      'Incorrect API key provided',
      'Your credit balance is too low',
      'insufficient balance',
      'API key not valid',
      'Your team has used all available credits',
      'User location is not supported',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...words), fc.constantFrom(400, 422), fc.string(), (word, status, tail) => {
        const message = `Invalid value: '${word}${tail}'. Supported values are: 'system', 'user'.`;
        const judged = classifyFailure(
          signals({ status, type: 'invalid_request_error', code: 'invalid_value', message }),
          [],
        );
        expect(['bad_request', 'context_length']).toContain(judged);
      }),
    );
  });

  test('always answers with a class, whatever a provider says', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 999 }),
        fc.string(),
        fc.string(),
        fc.string(),
        (status, type, code, message) => {
          expect(FAILURE_CLASSES).toContain(classifyFailure(signals({ status, type, code, message }), []));
        },
      ),
    );
  });

  test('a hostile message costs no time', () => {
    const hostile = [
      'the model '.repeat(60_000),
      'your team '.repeat(60_000),
      ' '.repeat(600_000),
      'your account'.repeat(50_000),
    ];
    for (const message of hostile) {
      for (const status of [400, 403, 404, 429]) {
        const before = performance.now();
        classifyFailure(signals({ status, message, type: message, code: message }), []);
        expect(performance.now() - before).toBeLessThan(250);
      }
    }
  });

  test('no row is dead: each one decides for some signals of its own', () => {
    const undecided = GENERAL_FAILURE_RULES.filter(
      (rule) => !rows.some(([, given]) => firstRule(signals(given)) === rule),
    ).map((rule) => `${rule.status ?? ''} ${rule.type ?? ''} ${rule.code ?? ''} ${rule.message ?? ''}`);
    expect(undecided).toEqual([]);
  });
});

function firstRule(given: FailureSignals): FailureRule | undefined {
  // No row of the table gives this class, so the row that was put in front decided when it comes out.
  return GENERAL_FAILURE_RULES.find(
    (rule) => classifyFailure(given, [{ ...rule, class: 'client_gone' }]) === 'client_gone',
  );
}

test('every class has advice: one or more whole sentences that name no placeholder', () => {
  for (const failureClass of FAILURE_CLASSES) {
    const advice = failureAdvice(failureClass, { provider: 'Example', keysUrl: 'https://example.com/keys' });
    expect(advice).toMatch(/^[A-Z].*\.$/);
    expect(advice).not.toMatch(/undefined|null|\$\{/);
    expect(failureAdvice(failureClass, { provider: 'Example', keysUrl: '' })).not.toMatch(/ at \.| at ,/);
  }
});
