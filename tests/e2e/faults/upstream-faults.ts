/* oxlint-disable max-lines -- A table of data: one row per fault of a provider, with what is promised. */
/**
 * What can go wrong at a provider, and what is then promised: the caller's answer where no other key remains, whether another
 * key takes over, the attempt's record, its cost, and what it does to the key. `docs/faults.md` says it in words.
 */
import type { Fault } from '@arouter/sandbox';

export type Promised = {
  readonly status: number;
  /**
   * The error's code; `null`: a good answer; `passed_on`: the provider's own error, as it is; `event`: an error event in a
   * stream that has begun, and no end of it.
   */
  readonly code: string | null;
  readonly outcome: 'succeeded' | 'failed' | 'interrupted';
  /** The failure's class in the attempt's record. */
  readonly class: string | null;
  /** True: with another key the caller gets a good answer in a second attempt. */
  readonly fallback: boolean;
  /** `none`: null or nothing; `estimated`: the budget is charged, credits are not; `provider`: the provider's own numbers. */
  readonly cost: 'none' | 'estimated' | 'provider' | 'any';
  /** State of the key right after one such failure. */
  readonly health: 'healthy' | 'cooling_down' | 'unhealthy';
};
/** Where the faulty key goes, when it is not the sandbox itself. */
export type Place =
  | 'refused'
  | 'unknown_name'
  | 'denied'
  | 'mute'
  | 'tls_expired'
  | 'tls_wrong_name'
  | 'tls_self_signed'
  | 'tls_stall'
  | 'full_queue'
  | 'slicer'
  | 'stall_in_head';
export type UpstreamFault = {
  readonly id: `U${number}`;
  readonly name: string;
  readonly fault?: Fault;
  readonly place?: Place;
  /** What is asked, where the answer must be long. */
  readonly text?: string;
  /** Where the dialects differ. */
  readonly only?: 'openai' | 'anthropic';
  readonly whole: Promised | null;
  readonly stream: Promised | null;
};

const UNREACHABLE: Promised = {
  status: 502,
  code: 'upstream_unreachable',
  outcome: 'failed',
  class: 'unreachable',
  fallback: true,
  cost: 'none',
  health: 'healthy',
};
const BROKEN: Promised = { ...UNREACHABLE, cost: 'estimated' };
const LATE: Promised = { ...BROKEN, status: 504, code: 'upstream_timeout', class: 'timeout' };
const INVALID: Promised = { ...BROKEN, code: 'upstream_error', class: 'invalid_answer' };
const REFUSED: Promised = { ...UNREACHABLE, cost: 'none', code: 'upstream_error' };
const GOOD: Promised = {
  status: 200,
  code: null,
  outcome: 'succeeded',
  class: null,
  fallback: false,
  cost: 'provider',
  health: 'healthy',
};
const PARTIAL: Promised = {
  status: 200,
  code: 'event',
  outcome: 'interrupted',
  class: 'unreachable',
  fallback: false,
  cost: 'estimated',
  health: 'healthy',
};
const both = (promised: Promised) => ({ whole: promised, stream: promised });
const streamed = (promised: Promised) => ({ whole: null, stream: promised });
const whole = (promised: Promised) => ({ whole: promised, stream: null });
const error = (preset: Extract<Fault, { kind: 'error' }>['preset']): Fault => ({ kind: 'error', preset });
const sse = (damage: Extract<Fault, { kind: 'sse' }>['damage']): Fault => ({ kind: 'sse', damage });
const usage = (damage: NonNullable<Extract<Fault, { kind: 'usage' }>['damage']>): Fault => ({
  kind: 'usage',
  damage,
});
const framing = (damage: Extract<Fault, { kind: 'framing' }>['damage']): Fault => ({
  kind: 'framing',
  damage,
});
const json = (status: number): Fault => ({
  kind: 'answer',
  status,
  body: { type: 'error', error: { type: 'odd_error', message: 'An odd refusal.' } },
});

export const UPSTREAM_FAULTS: readonly UpstreamFault[] = [
  { id: 'U01', name: 'nobody listens', place: 'refused', ...both(UNREACHABLE) },
  { id: 'U02', name: 'the name does not exist', place: 'unknown_name', ...both(UNREACHABLE) },
  {
    id: 'U03',
    name: 'the address is not allowed any more',
    place: 'denied',
    ...both({
      ...UNREACHABLE,
      status: 422,
      code: 'egress_denied',
      class: 'egress_denied',
      health: 'cooling_down',
    }),
  },
  { id: 'U04', name: 'the certificate has expired', place: 'tls_expired', ...both(UNREACHABLE) },
  { id: 'U04', name: 'the certificate is for another name', place: 'tls_wrong_name', ...both(UNREACHABLE) },
  { id: 'U04', name: 'the certificate is self-signed', place: 'tls_self_signed', ...both(UNREACHABLE) },
  { id: 'U04', name: 'the handshake stalls', place: 'tls_stall', ...both(UNREACHABLE) },
  {
    id: 'U05',
    name: 'the connection is not accepted in time',
    place: 'full_queue',
    ...both({ ...LATE, cost: 'none' }),
  },
  { id: 'U06', name: 'reset before the headers', fault: { kind: 'reset_before_headers' }, ...both(BROKEN) },
  {
    id: 'U07',
    name: 'reset in the middle of the body',
    fault: { kind: 'cut', afterBytes: 40, how: 'reset' },
    ...whole(BROKEN),
  },
  { id: 'U07', name: 'reset after the headers', fault: { kind: 'reset_after_headers' }, ...both(BROKEN) },
  {
    id: 'U08',
    name: 'reset after content',
    fault: { kind: 'cut', afterFrames: 5, how: 'reset' },
    ...streamed(PARTIAL),
  },
  {
    id: 'U08',
    name: 'closed after content',
    fault: { kind: 'cut', afterFrames: 5, how: 'close' },
    ...streamed(PARTIAL),
  },
  { id: 'U09', name: 'silence before the headers', fault: { kind: 'stall_before_headers' }, ...both(LATE) },
  { id: 'U09', name: 'accepts and never answers', place: 'mute', ...both(LATE) },
  { id: 'U09', name: 'silence in the headers', place: 'stall_in_head', ...both(LATE) },
  {
    id: 'U10',
    name: 'silence in the middle',
    fault: { kind: 'stall_mid_stream', afterFrames: 5 },
    ...streamed({ ...PARTIAL, class: 'timeout' }),
  },
  { id: 'U10', name: 'silence before the body', fault: { kind: 'stall_before_body' }, ...whole(LATE) },
  {
    id: 'U11',
    name: 'a byte now and then, without end',
    fault: { kind: 'drip', bytesPerWrite: 1, delayMs: 400 },
    ...both(LATE),
  },
  {
    id: 'U11',
    name: 'an event now and then, without end',
    fault: { kind: 'pace', frameDelayMs: 700 },
    text: 'Write 80 words',
    ...streamed({ ...PARTIAL, class: 'timeout' }),
  },
  ...(
    [
      'crlf',
      'cr_only',
      'no_space',
      'byte_order_mark',
      'split_utf8',
      'byte_by_byte',
      'one_write',
      'comments',
      'no_colon',
      'extra_fields',
    ] as const
  ).map((damage): UpstreamFault => ({
    id: 'U12',
    name: `events written oddly (${damage})`,
    fault: sse(damage),
    ...streamed(GOOD),
  })),
  { id: 'U12', name: 'one byte per write', place: 'slicer', ...both(GOOD) },
  {
    id: 'U12',
    name: 'a comment of two mebibytes, which is passed on in pieces',
    fault: sse('huge_line'),
    only: 'openai',
    ...streamed(GOOD),
  },
  {
    id: 'U12',
    name: 'a line of two mebibytes before content',
    fault: sse('huge_line'),
    only: 'anthropic',
    ...streamed(INVALID),
  },
  { id: 'U13', name: 'an event that is no JSON', fault: sse('invalid_json'), ...streamed(GOOD) },
  {
    id: 'U14',
    name: 'ends in order, without its last event',
    fault: { kind: 'cut', afterFrames: 5, how: 'end' },
    ...streamed({ ...PARTIAL, class: 'invalid_answer' }),
  },
  { id: 'U15', name: 'half a JSON body', fault: { kind: 'invalid_json' }, ...both(INVALID) },
  { id: 'U15', name: 'no body', fault: { kind: 'empty_body' }, ...both(INVALID) },
  { id: 'U16', name: 'a page', fault: { kind: 'html' }, ...both(INVALID) },
  {
    id: 'U17',
    name: 'an error inside 200, before content',
    fault: { kind: 'error_in_200', preset: 'server_error', afterFrames: 0 },
    ...both({ ...REFUSED, class: 'provider_error' }),
  },
  {
    id: 'U17',
    name: 'an error inside 200, after content',
    fault: { kind: 'error_in_200', preset: 'server_error', afterFrames: 5 },
    ...streamed({ ...PARTIAL, class: 'provider_error' }),
  },
  {
    id: 'U18',
    name: 'compressed unasked',
    fault: { kind: 'encoding', encoding: 'gzip' },
    ...both(INVALID),
  },
  {
    id: 'U18',
    name: 'compressed a hundred times',
    fault: { kind: 'encoding', encoding: 'deflate', layers: 100 },
    ...both(INVALID),
  },
  {
    id: 'U18',
    name: 'a compressed bomb',
    fault: { kind: 'gzip_bomb', bytes: 50_000_000 },
    ...both(INVALID),
  },
  {
    id: 'U19',
    name: 'a few informational answers',
    fault: { kind: 'information', status: 103, times: 3 },
    ...both(GOOD),
  },
  {
    id: 'U19',
    name: 'informational answers without end',
    fault: { kind: 'information', status: 103, times: 20 },
    ...both(INVALID),
  },
  ...(
    [
      'header_of_64_kib',
      'header_count_200',
      'duplicate_content_length',
      'content_length_and_chunked',
      'bad_chunk_size',
      'not_http',
    ] as const
  ).map((damage): UpstreamFault => ({
    id: 'U20',
    name: `wrong framing (${damage})`,
    fault: framing(damage),
    ...both(INVALID),
  })),
  { id: 'U20', name: 'a length too short', fault: framing('short_content_length'), ...both(INVALID) },
  { id: 'U20', name: 'a length too long', fault: framing('long_content_length'), ...both(BROKEN) },
  {
    id: 'U21',
    name: 'a body of 66 MiB',
    fault: { kind: 'huge_body', bytes: 66 * 1024 * 1024 },
    ...whole(INVALID),
  },
  {
    id: 'U21',
    name: 'an error of 20 MB',
    fault: { kind: 'huge_body', status: 500, bytes: 20_000_000 },
    ...both({ ...REFUSED, class: 'provider_error' }),
  },
  {
    id: 'U22',
    name: 'the caller’s own mistake',
    fault: error('bad_request'),
    ...both({ ...REFUSED, status: 400, code: 'passed_on', class: 'bad_request', fallback: false }),
  },
  {
    id: 'U23',
    name: 'the key is refused',
    fault: error('invalid_key'),
    ...both({
      ...REFUSED,
      status: 424,
      code: 'provider_key_rejected',
      class: 'key_invalid',
      health: 'unhealthy',
    }),
  },
  {
    id: 'U24',
    name: 'the account has no money',
    fault: error('insufficient_quota'),
    ...both({
      ...REFUSED,
      status: 424,
      code: 'provider_key_rejected',
      class: 'billing',
      health: 'cooling_down',
    }),
  },
  {
    id: 'U25',
    name: 'the model is not there for this key',
    fault: error('model_not_found'),
    ...both({
      ...REFUSED,
      status: 404,
      code: 'passed_on',
      class: 'model_unavailable',
      health: 'cooling_down',
    }),
  },
  ...([408, 409, 425] as const).map((status): UpstreamFault => ({
    id: 'U26',
    name: `status ${status}`,
    fault: json(status),
    ...both({ ...REFUSED, class: 'provider_error' }),
  })),
  {
    id: 'U27',
    name: 'too many requests, wait two seconds',
    fault: error('rate_limited'),
    ...both({
      ...REFUSED,
      status: 429,
      code: 'rate_limit_exceeded',
      class: 'rate_limited',
      health: 'cooling_down',
    }),
  },
  {
    id: 'U28',
    name: 'a fault of the provider',
    fault: error('server_error'),
    ...both({ ...REFUSED, class: 'provider_error' }),
  },
  {
    id: 'U29',
    name: 'overloaded',
    fault: error('overloaded'),
    ...both({ ...REFUSED, status: 503, class: 'provider_busy' }),
  },
  {
    id: 'U29',
    name: 'a gateway of the provider gave up',
    fault: error('gateway_timeout'),
    ...both({ ...REFUSED, class: 'provider_error' }),
  },
  {
    id: 'U30',
    name: 'a redirect',
    fault: { kind: 'redirect', status: 307, location: 'http://127.0.0.1:1/elsewhere' },
    ...both({ ...REFUSED, class: 'invalid_answer' }),
  },
  {
    id: 'U31',
    name: 'an error that repeats our headers',
    fault: { kind: 'echo', where: 'error' },
    ...both({ ...REFUSED, status: 400, code: 'invalid_request', class: 'bad_request', fallback: false }),
  },
  {
    id: 'U31',
    name: 'headers that repeat ours',
    fault: { kind: 'echo', where: 'headers' },
    ...both(GOOD),
  },
  ...(['none', 'zero', 'negative', 'strings', 'huge', 'infinite', 'fraction', 'nulls', 'twice'] as const).map(
    (damage): UpstreamFault => ({
      id: 'U32',
      name: `wrong usage (${damage})`,
      fault: usage(damage),
      ...both({ ...GOOD, cost: 'any' }),
    }),
  ),
  {
    id: 'U33',
    name: 'events after the end',
    fault: { kind: 'extra_after_end', what: 'events' },
    ...streamed(GOOD),
  },
  {
    id: 'U33',
    name: 'bytes after the end',
    fault: { kind: 'extra_after_end', what: 'bytes' },
    ...both(GOOD),
  },
  {
    id: 'U33',
    name: 'a second answer nobody asked for',
    fault: { kind: 'extra_after_end', what: 'response' },
    ...both(GOOD),
  },
];
