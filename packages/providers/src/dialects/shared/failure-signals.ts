/**
 * A provider's error answer, in whatever shape it comes, → FailureSignals: what it says, not yet what it means. Never
 * throws; what it keeps of the provider's words is redacted and cut.
 */
import type { FailureSignals } from '@arouter/core';
import { redactSecrets } from './redact-secrets.ts';
import { readRetryAfter, type HeaderLookup } from './retry-after.ts';
import { asBuffer } from './scan-json.ts';
import { isRecord, recordOrEmpty } from './token-usage.ts';

/** An error answer longer than this is no error answer; the rest is not read. */
export const FAILURE_BYTES_MAX = 256 * 1024;

/** An HTTP error answer. Shapes: providers of the OpenAI family, Anthropic, Google, Azure, Bedrock, proxies before them. */
export function readFailure(status: number, header: HeaderLookup, body: Uint8Array): FailureSignals {
  const text = asBuffer(body).toString('utf8', 0, Math.min(body.length, FAILURE_BYTES_MAX)).trim();
  const parsed = parseJson(text);
  const words = parsed === undefined ? wordsOfText(text) : wordsOf(parsed);
  return toSignals(words, status, header);
}

/**
 * An error inside an answer that began as a success: the object with the `error` member, or the error itself. The
 * status is the one the error states, else the one that its type and code usually come with.
 */
export function readFailureInAnswer(value: unknown): FailureSignals {
  const words = wordsOf(value);
  return toSignals(
    words,
    words.status ?? usualStatus(`${words.type} ${words.code} ${words.message}`),
    () => undefined,
  );
}

/** What was found, as the provider wrote it. */
type Words = {
  readonly type: string;
  readonly code: string;
  readonly message: string;
  readonly status: number | null;
  readonly retryDelay: string | null;
  readonly requestId: string | null;
};
const NO_WORDS: Words = { type: '', code: '', message: '', status: null, retryDelay: null, requestId: null };
const CODE_CHARS_MAX = 200;
const DETAIL_CHARS_MAX = 500;
const REQUEST_ID_HEADERS = [
  'x-request-id',
  'request-id',
  'apim-request-id',
  'x-amzn-requestid',
  'x-goog-request-id',
];

function toSignals(words: Words, status: number, header: HeaderLookup): FailureSignals {
  // Bedrock puts the type into a header: `ValidationException:http://…`.
  const headerType = header('x-amzn-errortype')?.split(':')[0] ?? '';
  const message = redactSecrets(words.message === '' ? statusText(status) : words.message);
  return {
    status,
    type: clip(words.type || headerType).toLowerCase(),
    code: clip(words.code || headerType),
    message,
    retryAfterMs: readRetryAfter({ status, header, message: words.message, retryDelay: words.retryDelay }),
    providerRequestId: requestId(header) ?? words.requestId,
  };
}

function parseJson(text: string): unknown {
  // An error of a stream may come as one event.
  const json = text.startsWith('data:') ? text.slice(5) : text;
  try {
    return JSON.parse(json);
  } catch {
    // Not JSON is expected here: proxies answer with HTML or plain words.
    return undefined;
  }
}

/** A page is nobody's message; plain words are (`upstream connect error`, `404 page not found`). */
function wordsOfText(text: string): Words {
  return text.startsWith('<') || /<(?:html|body|head)\b/i.test(text)
    ? NO_WORDS
    : { ...NO_WORDS, message: text };
}

function wordsOf(value: unknown): Words {
  if (typeof value === 'string') return { ...NO_WORDS, message: value };
  // Gemini's streams and its OpenAI-compatible endpoint wrap the error in an array.
  if (Array.isArray(value)) return value.length === 0 ? NO_WORDS : wordsOf(value[0]);
  if (!isRecord(value)) return NO_WORDS;
  const error = value['error'] ?? value['errors'] ?? value['fault'];
  if (isRecord(error) || Array.isArray(error)) {
    const inner = Array.isArray(error) ? wordsOf(error[0]) : wordsOfError(error);
    return { ...inner, requestId: inner.requestId ?? textOrNull(value['request_id']) };
  }
  if (typeof error === 'string') return wordsOfErrorString(value, error);
  return wordsOfError(value);
}

/** xAI `{code, error: "sentence"}`; OAuth `{error: "invalid_grant", error_description}`; Ollama `{error: "sentence"}`. */
function wordsOfErrorString(value: Readonly<Record<string, unknown>>, error: string): Words {
  const description = textOf(value['error_description']) || textOf(value['message']);
  const rest = wordsOfError(value);
  if (description !== '') return { ...rest, code: rest.code || error, message: description };
  return { ...rest, message: error };
}

function wordsOfError(error: Readonly<Record<string, unknown>>): Words {
  const google = googleDetails(error['details']);
  const googleStatus = textOf(error['status']);
  const details = recordOrEmpty(error['details']);
  const metadata = recordOrEmpty(error['metadata']);
  const code = google.reason || textOf(details['error_code']) || codeOf(error['code']) || googleStatus;
  const sentence =
    textOf(error['message']) ||
    textOf(error['Message']) ||
    textOf(error['faultstring']) ||
    textOf(error['msg']) ||
    detailSentence(error['detail']) ||
    textOf(error['error_description']);
  const additions = [...google.quotas, ...originalWords(metadata['raw'])].join('; ');
  return {
    type: textOf(error['type']) || googleStatus,
    code,
    message: additions === '' ? sentence : `${sentence} (${additions})`,
    status: statusOf(error['status_code']) ?? statusOf(error['code']) ?? statusOf(error['status']),
    retryDelay: google.retryDelay,
    requestId: textOrNull(error['request_id']),
  };
}

/** Google's number is the status again: the words say more. */
function codeOf(code: unknown): string {
  return typeof code === 'number' && Number.isFinite(code) ? String(code) : textOf(code);
}

/** FastAPI's `detail`: a sentence, an object with one, or a list of complaints about fields. */
function detailSentence(detail: unknown): string {
  if (typeof detail === 'string') return detail;
  if (Array.isArray(detail)) return detail.slice(0, 10).map(detailSentence).filter(Boolean).join('; ');
  if (!isRecord(detail)) return '';
  const where = Array.isArray(detail['loc'])
    ? detail['loc'].filter((part) => typeof part !== 'object').join('.')
    : '';
  const sentence =
    textOf(detail['msg']) || textOf(detail['message']) || textOf(recordOrEmpty(detail['error'])['message']);
  return where === '' ? sentence : `${where}: ${sentence}`;
}

/** `google.rpc` details: ErrorInfo (reason), RetryInfo (delay), QuotaFailure (which quota; a daily one is long gone). */
function googleDetails(details: unknown): {
  readonly reason: string;
  readonly retryDelay: string | null;
  readonly quotas: readonly string[];
} {
  let reason = '';
  let retryDelay: string | null = null;
  const quotas: string[] = [];
  for (const detail of Array.isArray(details) ? details.slice(0, 20) : []) {
    if (!isRecord(detail)) continue;
    reason ||= textOf(detail['reason']);
    retryDelay ??= textOrNull(detail['retryDelay']);
    const violations = Array.isArray(detail['violations']) ? detail['violations'].slice(0, 5) : [];
    for (const violation of violations) {
      const quota = textOf(recordOrEmpty(violation)['quotaId']);
      if (quota !== '') quotas.push(`quota ${quota}`);
    }
  }
  return { reason, retryDelay, quotas };
}

/** OpenRouter's `metadata.raw`: what the provider behind it said. */
function originalWords(raw: unknown): readonly string[] {
  if (typeof raw !== 'string' || raw === '') return [];
  return [raw.slice(0, DETAIL_CHARS_MAX)];
}

function statusOf(value: unknown): number | null {
  const status = typeof value === 'string' && /^[45]\d\d$/.test(value) ? Number(value) : value;
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599
    ? status
    : null;
}

/** The HTTP status that goes with these words where it is stated; 500 when they say nothing. */
function usualStatus(words: string): number {
  for (const [pattern, status] of USUAL_STATUS) if (pattern.test(words)) return status;
  return 500;
}
const USUAL_STATUS: readonly (readonly [RegExp, number])[] = [
  [/insufficient_quota|rate_limit|rate limit|resource_exhausted|too many requests|tokens per min/i, 429],
  [/overloaded|unavailable|at capacity/i, 503],
  [/insufficient_credits|insufficient balance|payment_required|billing/i, 402],
  [/authentication|invalid_api_key|unauthorized|unauthenticated/i, 401],
  [/permission|forbidden/i, 403],
  [/model_not_found|not_found/i, 404],
  [/timeout|deadline_exceeded/i, 504],
  [/invalid_request|invalid_argument|content_filter|context_length|tool_use_failed|bad_request/i, 400],
];

function requestId(header: HeaderLookup): string | null {
  for (const name of REQUEST_ID_HEADERS) {
    const id = header(name);
    if (id !== undefined && id !== '') return clip(id);
  }
  return null;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? clip(value) : null;
}

function clip(text: string): string {
  return text.slice(0, CODE_CHARS_MAX);
}

function statusText(status: number): string {
  const reason = REASONS[status];
  return reason === undefined ? `HTTP ${status}` : `HTTP ${status} ${reason}`;
}
/** RFC 9110 §15, and what proxies and providers add. */
const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  424: 'Failed Dependency',
  429: 'Too Many Requests',
  498: 'Capacity Exceeded',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  520: 'Unknown Error',
  522: 'Connection Timed Out',
  524: 'Timeout',
  529: 'Overloaded',
};
