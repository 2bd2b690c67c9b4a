/** Errors in Google's words and shape (`google.rpc.Status` as JSON), as recorded or documented in 2025–2026. */
import type { ErrorAnswer } from './error-rows.ts';

const STATUS_WORDS: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};
const INVALID_KEY = googleError(400, 'API key not valid. Please pass a valid API key.', [
  {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason: 'API_KEY_INVALID',
    domain: 'googleapis.com',
  },
]);

/** By the name of the preset; what is not here is worded from OpenAI's row. */
const ROWS: Readonly<Record<string, ErrorAnswer>> = {
  invalid_key: INVALID_KEY,
  revoked: INVALID_KEY,
  missing_key: googleError(
    403,
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
  ),
  permission_denied: googleError(
    403,
    "Permission 'aiplatform.endpoints.predict' denied on resource (or it may not exist).",
    [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'IAM_PERMISSION_DENIED' }],
  ),
  insufficient_quota: googleError(
    429,
    'You exceeded your current quota, please check your plan and billing details.',
    [
      {
        '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
        violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier' }],
      },
    ],
  ),
  rate_limited: googleError(429, 'Quota exceeded for quota metric. Please retry in 2s.', [
    {
      '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
      violations: [{ quotaId: 'GenerateRequestsPerMinutePerProjectPerModel' }],
    },
    { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '2s' },
  ]),
  overloaded: googleError(503, 'The model is overloaded. Please try again later.'),
  server_error: googleError(500, 'An internal error has occurred. Please retry.'),
  model_not_found: googleError(
    404,
    'models/{model} is not found for API version v1beta, or is not supported for generateContent.',
  ),
  context_length: googleError(
    400,
    'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
  ),
};

export function googleErrorFor(name: string, worded: ErrorAnswer): ErrorAnswer {
  return ROWS[name] ?? googleError(worded.status, messageOf(worded.body));
}

export function googleError(status: number, message: string, details?: readonly object[]): ErrorAnswer {
  const error = { code: status, message, status: STATUS_WORDS[status] ?? 'UNKNOWN' };
  return { status, body: { error: details === undefined ? error : { ...error, details } } };
}

function messageOf(body: unknown): string {
  const { error } = (body ?? {}) as { readonly error?: { readonly message?: string } };
  return error?.message ?? 'Unknown error.';
}
