/** Every error a caller can get from us, once. The docs page and the OpenAPI document are generated from this table. */

export type ErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'payment_required'
  | 'permission_error'
  | 'not_found_error'
  | 'rate_limit_error'
  | 'server_error';

type ErrorCodeRow = {
  readonly status: number;
  readonly type: ErrorType;
  /** False: a client that tries again gets the same answer; said in `x-should-retry`. */
  readonly retry: boolean;
  readonly summary: string;
};

export const ERROR_CODES = {
  invalid_request: {
    status: 400,
    type: 'invalid_request_error',
    retry: false,
    summary: 'The request is malformed; the message names the field and what it must be.',
  },
  invalid_api_key: {
    status: 401,
    type: 'authentication_error',
    retry: false,
    summary: 'The ARouter API key is missing, malformed, unknown or revoked.',
  },
  api_key_expired: {
    status: 401,
    type: 'authentication_error',
    retry: false,
    summary: 'The ARouter API key has expired.',
  },
  api_key_disabled: {
    status: 403,
    type: 'permission_error',
    retry: false,
    summary: 'The ARouter API key is disabled.',
  },
  wrong_key_kind: {
    status: 403,
    type: 'permission_error',
    retry: false,
    summary: 'Inference keys cannot manage, and management keys cannot infer.',
  },
  not_signed_in: {
    status: 401,
    type: 'authentication_error',
    retry: false,
    summary: 'The session has ended, or there is none: sign in.',
  },
  invalid_credentials: {
    status: 401,
    type: 'authentication_error',
    retry: false,
    summary: 'E-mail, password or code is wrong. The answer is the same for an account that does not exist.',
  },
  permission_denied: {
    status: 403,
    type: 'permission_error',
    retry: false,
    summary: "The signed-in person's role in this workspace does not allow this.",
  },
  cross_site_request: {
    status: 403,
    type: 'permission_error',
    retry: false,
    summary: 'A change with a session cookie must come from a page of this gateway (its Origin).',
  },
  model_not_allowed: {
    status: 403,
    type: 'permission_error',
    retry: false,
    summary: 'The API key may not use this model.',
  },
  provider_not_allowed: {
    status: 403,
    type: 'permission_error',
    retry: false,
    summary: 'The API key may not use any provider of this model.',
  },
  quota_exceeded: {
    status: 403,
    type: 'permission_error',
    retry: false,
    summary: "The API key's own spending limit is reached.",
  },
  insufficient_credits: {
    status: 402,
    type: 'payment_required',
    retry: false,
    summary: 'The workspace has not enough credits for a platform key.',
  },
  provider_key_budget_exceeded: {
    status: 402,
    type: 'payment_required',
    retry: false,
    summary: 'The budget of the only usable provider key is spent.',
  },
  not_found: {
    status: 404,
    type: 'not_found_error',
    retry: false,
    summary: 'There is no such resource in this workspace.',
  },
  link_invalid: {
    status: 404,
    type: 'not_found_error',
    retry: false,
    summary: 'The link was used, has expired, was withdrawn, or never was.',
  },
  model_not_found: {
    status: 404,
    type: 'not_found_error',
    retry: false,
    summary: 'No provider in the catalogue serves a model of this name.',
  },
  method_not_allowed: {
    status: 405,
    type: 'invalid_request_error',
    retry: false,
    summary: 'The path exists but not with this method.',
  },
  request_timeout: {
    status: 408,
    type: 'invalid_request_error',
    retry: true,
    summary: 'The request did not arrive in time.',
  },
  version_conflict: {
    status: 409,
    type: 'invalid_request_error',
    retry: true,
    summary: 'Someone else changed the resource at the same moment.',
  },
  last_owner: {
    status: 409,
    type: 'invalid_request_error',
    retry: false,
    summary: 'A workspace keeps at least one owner.',
  },
  payload_too_large: {
    status: 413,
    type: 'invalid_request_error',
    retry: false,
    summary: 'The request body is larger than the limit.',
  },
  unsupported_media_type: {
    status: 415,
    type: 'invalid_request_error',
    retry: false,
    summary: 'The body must be application/json, without content encoding.',
  },
  egress_denied: {
    status: 422,
    type: 'invalid_request_error',
    retry: false,
    summary: 'The base URL is not a public https origin and the operator has not allowed it.',
  },
  price_unknown: {
    status: 422,
    type: 'invalid_request_error',
    retry: false,
    summary: 'The model has no known price and a limit, budget or credit applies.',
  },
  provider_key_rejected: {
    status: 424,
    type: 'server_error',
    retry: false,
    summary: 'The provider refused the credential of the provider key.',
  },
  rate_limit_exceeded: {
    status: 429,
    type: 'rate_limit_error',
    retry: true,
    summary: 'The provider, or the API key, allows no more requests now.',
  },
  provider_key_rate_limited: {
    status: 429,
    type: 'rate_limit_error',
    retry: true,
    summary: 'The RPM limit of the usable provider keys is reached; Retry-After says when a slot frees.',
  },
  client_closed_request: {
    status: 499,
    type: 'invalid_request_error',
    retry: true,
    summary:
      'The caller closed the connection before there was an answer. Only in records: nobody is left to read it.',
  },
  internal_error: {
    status: 500,
    type: 'server_error',
    retry: true,
    summary: 'A fault of the gateway; the request id finds it in the log.',
  },
  upstream_unreachable: {
    status: 502,
    type: 'server_error',
    retry: true,
    summary: 'The provider could not be reached.',
  },
  upstream_error: {
    status: 502,
    type: 'server_error',
    retry: true,
    summary: 'The provider failed or answered with something that is not an answer.',
  },
  no_provider_available: {
    status: 503,
    type: 'server_error',
    retry: true,
    summary: 'No key can serve the request now; the verdict on each key is in the error.',
  },
  provider_key_cooling_down: {
    status: 503,
    type: 'server_error',
    retry: true,
    summary: 'Every usable provider key is cooling down; Retry-After says until when.',
  },
  service_unavailable: {
    status: 503,
    type: 'server_error',
    retry: true,
    summary:
      'The gateway cannot take the request now: its store does not answer, or its memory is full of others. Nothing was sent.',
  },
  upstream_timeout: {
    status: 504,
    type: 'server_error',
    retry: true,
    summary: 'The provider did not answer in time.',
  },
} as const satisfies Record<string, ErrorCodeRow>;

export type ErrorCode = keyof typeof ERROR_CODES;
