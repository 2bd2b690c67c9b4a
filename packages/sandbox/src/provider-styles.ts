/**
 * Whose manners the sandbox has for a request: which shape errors take, which headers ride along, what is public.
 * A row per provider that differs on the wire; every other OpenAI-compatible one is served by `openai`'s row.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { HeaderList } from './script.ts';
import type { ErrorPresetName } from './faults/error-rows.ts';

export type StyleName = keyof typeof PROVIDER_STYLES;
export type WireShape = 'openai' | 'anthropic' | 'google';

export type ProviderStyle = {
  readonly shape: WireShape;
  /** Built per answer: ids differ, and what remains of the rate limit goes down. */
  readonly headers: (facts: HeaderFacts) => HeaderList;
  /** Where this provider's error differs from the shape's own. */
  readonly errors: Partial<Record<ErrorPresetName, ErrorPresetName>>;
  /** Its model list proves nothing about a key. */
  readonly modelsArePublic: boolean;
};
export type HeaderFacts = {
  readonly requestId: string;
  readonly processingMs: number;
  /** Requests by this key in the running minute, this one included. */
  readonly requestsThisMinute: number;
  readonly tokens: number;
  /** Milliseconds since 1970 UTC. */
  readonly now: number;
};

const REQUESTS_PER_MINUTE = 10_000;
const TOKENS_PER_MINUTE = 2_000_000;

// Header names and value forms as recorded from the providers' own hosts, 2025–2026.
export const PROVIDER_STYLES = {
  openai: { shape: 'openai', headers: openaiHeaders, errors: {}, modelsArePublic: false },
  anthropic: { shape: 'anthropic', headers: anthropicHeaders, errors: {}, modelsArePublic: false },
  google: {
    shape: 'google',
    headers: () => [['server', 'scaffolding on HTTPServer2']],
    errors: {},
    modelsArePublic: false,
  },
  groq: {
    shape: 'openai',
    headers: (facts) => [
      ['x-groq-region', 'sandbox'],
      ['x-request-id', facts.requestId],
      ...rateLimitHeaders(facts),
    ],
    errors: {
      invalid_key: 'groq_invalid_key',
      revoked: 'groq_invalid_key',
      overloaded: 'groq_flex_capacity',
    },
    modelsArePublic: false,
  },
  mistral: {
    shape: 'openai',
    headers: ({ requestId, tokens }) => [
      ['mistral-correlation-id', requestId],
      ['x-ratelimit-limit-req-10-second', '60'],
      ['x-ratelimit-limit-tokens-minute', String(TOKENS_PER_MINUTE)],
      ['x-ratelimit-tokens-query-cost', String(tokens)],
    ],
    errors: {
      invalid_key: 'mistral_unauthorized',
      revoked: 'mistral_unauthorized_detail',
      rate_limited: 'mistral_rate_limited',
      overloaded: 'mistral_capacity_exceeded',
    },
    modelsArePublic: false,
  },
  deepseek: {
    shape: 'openai',
    headers: ({ requestId }) => [['x-ds-trace-id', requestId]],
    errors: { invalid_key: 'deepseek_invalid_key', insufficient_quota: 'deepseek_insufficient_balance' },
    modelsArePublic: false,
  },
  openrouter: {
    shape: 'openai',
    headers: () => [['access-control-allow-origin', '*']],
    errors: {
      invalid_key: 'openrouter_invalid_key',
      revoked: 'openrouter_invalid_key',
      insufficient_quota: 'openrouter_no_credits',
      rate_limited: 'openrouter_rate_limited',
    },
    modelsArePublic: true,
  },
  xai: {
    shape: 'openai',
    headers: ({ requestId }) => [['x-request-id', requestId]],
    errors: {
      invalid_key: 'xai_invalid_key',
      revoked: 'xai_invalid_key',
      insufficient_quota: 'xai_no_credits',
    },
    modelsArePublic: false,
  },
  perplexity: {
    shape: 'openai',
    headers: () => [],
    errors: { invalid_key: 'perplexity_invalid_key', revoked: 'perplexity_invalid_key' },
    modelsArePublic: false,
  },
  together: {
    shape: 'openai',
    headers: ({ requestsThisMinute }) => [
      ['x-ratelimit-limit', '600'],
      ['x-ratelimit-remaining', String(Math.max(0, 600 - requestsThisMinute))],
      ['x-ratelimit-reset', '1'],
    ],
    errors: { context_length: 'together_context_length', insufficient_quota: 'together_spend_limit' },
    modelsArePublic: false,
  },
  // These two word their own refusals: see answers/azure.ts and answers/bedrock.ts.
  azure: {
    shape: 'openai',
    headers: ({ requestId }) => [
      ['apim-request-id', requestId],
      ['x-ms-region', 'sandbox'],
    ],
    errors: {},
    modelsArePublic: false,
  },
  bedrock: { shape: 'openai', headers: () => [], errors: {}, modelsArePublic: false },
} satisfies Record<string, ProviderStyle>;

const ALIASES: Readonly<Record<string, StyleName>> = {
  'x-ai': 'xai',
  mistralai: 'mistral',
  togetherai: 'together',
  vertex: 'google',
};

/** By the first path segment (`/groq/openai/v1/…`); else by the endpoint and headers that only one provider has. */
export function styleOf(path: string, headers: IncomingHttpHeaders): StyleName {
  // Claude behind Google's paths speaks as it does at home.
  if (/:(?:streamRawPredict|rawPredict)$/.test(path)) return 'anthropic';
  const first = path.slice(1, path.indexOf('/', 1));
  const named = ALIASES[first] ?? first;
  if (isStyleName(named)) return named;
  if (/^\/v1beta1?\//.test(path)) return 'google';
  const asksAnthropic = path.endsWith('/messages') || path.endsWith('/messages/count_tokens');
  return asksAnthropic || headers['anthropic-version'] !== undefined ? 'anthropic' : 'openai';
}

function isStyleName(name: string): name is StyleName {
  return Object.hasOwn(PROVIDER_STYLES, name);
}

function openaiHeaders(facts: HeaderFacts): HeaderList {
  return [
    ['access-control-expose-headers', 'X-Request-ID'],
    ['openai-organization', 'org-sandbox'],
    ['openai-processing-ms', String(facts.processingMs)],
    ['openai-version', '2020-10-01'],
    ['x-request-id', facts.requestId],
    ...rateLimitHeaders(facts),
  ];
}

function rateLimitHeaders({ requestsThisMinute, tokens }: HeaderFacts): HeaderList {
  return [
    ['x-ratelimit-limit-requests', String(REQUESTS_PER_MINUTE)],
    ['x-ratelimit-limit-tokens', String(TOKENS_PER_MINUTE)],
    ['x-ratelimit-remaining-requests', String(Math.max(0, REQUESTS_PER_MINUTE - requestsThisMinute))],
    ['x-ratelimit-remaining-tokens', String(Math.max(0, TOKENS_PER_MINUTE - tokens))],
    ['x-ratelimit-reset-requests', '6ms'],
    ['x-ratelimit-reset-tokens', '0s'],
  ];
}

function anthropicHeaders({ requestId, requestsThisMinute, tokens, now }: HeaderFacts): HeaderList {
  const reset = `${new Date(now + 1000).toISOString().slice(0, 19)}Z`;
  return [
    ['anthropic-organization-id', '00000000-0000-4000-8000-000000000000'],
    ['anthropic-ratelimit-requests-limit', String(REQUESTS_PER_MINUTE)],
    ['anthropic-ratelimit-requests-remaining', String(Math.max(0, REQUESTS_PER_MINUTE - requestsThisMinute))],
    ['anthropic-ratelimit-requests-reset', reset],
    ['anthropic-ratelimit-tokens-limit', String(TOKENS_PER_MINUTE)],
    ['anthropic-ratelimit-tokens-remaining', String(Math.max(0, TOKENS_PER_MINUTE - tokens))],
    ['anthropic-ratelimit-tokens-reset', reset],
    ['request-id', requestId],
  ];
}
