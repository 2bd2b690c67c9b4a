/** What a provider makes of one call: drawn when it is sent. The rows are those of the fault matrix. */
import type { TransportFaultCode } from '@arouter/core';
import type { Scheduler } from './scheduler.ts';

export type Fate =
  /** The whole answer; `usage`: as it was, absent, or more than the caller allowed, a little or beyond reason (told to, never drawn). */
  | { readonly kind: 'answer'; readonly usage: 'honest' | 'absent' | 'overstated' | 'tenfold' | 'billion' }
  /** The answer stops: the connection breaks, or it stalls, or it simply ends; `after` counts events or cuts the body. */
  | { readonly kind: 'cut'; readonly after: number; readonly how: TransportFaultCode | 'end' }
  | {
      readonly kind: 'refusal';
      readonly status: number;
      readonly body: string;
      readonly headers: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'fault';
      readonly code: TransportFaultCode;
      readonly unsent: boolean;
      readonly afterMs: number;
    }
  /** 200 with something that is no answer. */
  | { readonly kind: 'nonsense'; readonly body: string; readonly contentType: string }
  /** An error event after so many events of content. */
  | { readonly kind: 'error_event'; readonly after: number };

/** Forms in which providers state how long to wait; most are hostile. */
const RETRY_AFTERS = [
  '1',
  '30',
  '7200',
  '0',
  '-5',
  '1e12',
  '',
  'soon',
  'Wed, 21 Oct 2099 07:28:00 GMT',
  '0.5',
];

const REFUSALS: readonly (readonly [status: number, type: string, code: string, message: string])[] = [
  [400, 'invalid_request_error', '', 'messages: at least one is needed'],
  [
    400,
    'invalid_request_error',
    'context_length_exceeded',
    "This model's maximum context length is 8 tokens",
  ],
  [400, '', 'content_filter', 'flagged by our moderation'],
  [401, 'authentication_error', 'invalid_api_key', 'Incorrect API key provided: {secret}'],
  [403, 'permission_error', '', 'The key {secret} may not do this'],
  [402, '', 'insufficient_quota', 'You exceeded your current quota'],
  [404, 'not_found_error', 'model_not_found', 'The model does not exist'],
  [413, '', '', 'Request too large for this key'],
  [429, 'rate_limit_error', '', 'Slow down'],
  [429, '', 'insufficient_quota', 'You exceeded your current quota'],
  [500, 'server_error', '', 'Something broke'],
  [502, '', '', '<html>bad gateway</html>'],
  [503, 'overloaded_error', '', 'Overloaded'],
  [529, 'overloaded_error', '', 'Overloaded'],
  [302, '', '', ''],
];

const UNSENT: readonly TransportFaultCode[] = [
  'dns_failed',
  'connect_refused',
  'tls_failed',
  'connect_timeout',
];

export function drawFate(scheduler: Scheduler, secret: string): Fate {
  const draw = scheduler.uniform();
  if (draw < 0.65) return { kind: 'answer', usage: scheduler.chance(0.9) ? 'honest' : 'absent' };
  if (draw < 0.72) {
    const how = scheduler.pick(['connection_reset', 'idle_timeout', 'answer_malformed', 'end'] as const);
    return { kind: 'cut', after: scheduler.between(0, 6), how };
  }
  if (draw < 0.88) return refusal(scheduler, secret);
  if (draw < 0.92) {
    return {
      kind: 'fault',
      code: scheduler.pick(UNSENT),
      unsent: true,
      afterMs: scheduler.between(0, 10_000),
    };
  }
  if (draw < 0.95) {
    const slow = scheduler.chance(0.3);
    return {
      kind: 'fault',
      code: slow ? 'first_byte_timeout' : 'connection_reset',
      unsent: false,
      afterMs: slow ? 120_000 : scheduler.between(0, 500),
    };
  }
  if (draw < 0.975) {
    const [body, contentType] = scheduler.pick([
      ['<html>login</html>', 'text/html'],
      ['{"id": "x", "choi', 'application/json'],
      ['', 'application/json'],
      ['{"error": {"message": "broken inside", "type": "server_error"}}', 'application/json'],
      ['[]', 'application/json'],
    ] as const);
    return { kind: 'nonsense', body, contentType };
  }
  return { kind: 'error_event', after: scheduler.between(0, 3) };
}

function refusal(scheduler: Scheduler, secret: string): Fate {
  const [status, type, code, message] = scheduler.pick(REFUSALS);
  const body = JSON.stringify({
    type: 'error',
    error: { type, code, message: message.replace('{secret}', secret) },
  });
  const waits = [429, 503, 529].includes(status) && scheduler.chance(0.6);
  return {
    kind: 'refusal',
    status,
    body,
    headers: {
      'content-type': 'application/json',
      // Some providers repeat what they were sent.
      'x-echo': secret,
      ...(waits ? { 'retry-after': scheduler.pick(RETRY_AFTERS) } : {}),
    },
  };
}
