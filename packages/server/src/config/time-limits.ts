/**
 * How long everybody may take, in milliseconds: providers, callers, and a stop. One limit for all keys and models; the
 * error of a request says which one ended it.
 */
import type { GenerationLimits } from '@arouter/core';
import { integerBetween, type Setting } from './setting.ts';

export type TimeLimits = {
  readonly wire: GenerationLimits;
  readonly callerHeadersMs: number;
  readonly callerRequestMs: number;
  readonly callerStallMs: number;
  readonly stopMs: number;
};

/** A day: a longer wait is no limit, and a timer beyond 2^31 ms fires at once. */
const check = integerBetween(100, 86_400_000);

export const TIME_LIMIT_SETTINGS = [
  {
    env: 'AROUTER_CONNECT_MS_MAX',
    key: 'connect_ms_max',
    fallback: '10000',
    help: 'How long a provider may take to accept a connection: name, TCP and TLS together. In milliseconds.',
    check,
  },
  {
    env: 'AROUTER_FIRST_BYTE_MS_MAX',
    key: 'first_byte_ms_max',
    fallback: '600000',
    help: 'How long a provider may take until a whole answer begins. In milliseconds.',
    check,
  },
  {
    env: 'AROUTER_STREAM_FIRST_BYTE_MS_MAX',
    key: 'stream_first_byte_ms_max',
    fallback: '120000',
    help: 'How long a provider may take until a stream begins. In milliseconds.',
    check,
  },
  {
    env: 'AROUTER_IDLE_MS_MAX',
    key: 'idle_ms_max',
    fallback: '90000',
    help: 'How long a provider may be silent within an answer. In milliseconds.',
    check,
  },
  {
    env: 'AROUTER_TOTAL_MS_MAX',
    key: 'total_ms_max',
    fallback: '1800000',
    help: 'How long a provider may take in all. In milliseconds.',
    check,
  },
  {
    env: 'AROUTER_CALLER_HEADERS_MS_MAX',
    key: 'caller_headers_ms_max',
    fallback: '10000',
    help: 'How long a caller may take to send their headers. In milliseconds.',
    check,
  },
  {
    env: 'AROUTER_CALLER_REQUEST_MS_MAX',
    key: 'caller_request_ms_max',
    fallback: '60000',
    help: 'How long a caller may take to send their whole request. In milliseconds.',
    check,
  },
  {
    env: 'AROUTER_CALLER_STALL_MS_MAX',
    key: 'caller_stall_ms_max',
    fallback: '60000',
    help: 'How long a caller may take nothing of an answer, before the connection is cut and a stream settled. In milliseconds.',
    check,
  },
  {
    env: 'AROUTER_STOP_MS_MAX',
    key: 'stop_ms_max',
    fallback: '60000',
    help: 'How long a stop waits for what is under way; then it is cut, settled and told so. In milliseconds.',
    check,
  },
] as const satisfies readonly Setting[];

type Name = (typeof TIME_LIMIT_SETTINGS)[number]['env'];

export function readTimeLimits(milliseconds: (env: Name) => number): TimeLimits {
  const shared = {
    connectMs: milliseconds('AROUTER_CONNECT_MS_MAX'),
    idleMs: milliseconds('AROUTER_IDLE_MS_MAX'),
    totalMs: milliseconds('AROUTER_TOTAL_MS_MAX'),
  };
  const firstByteMs = milliseconds('AROUTER_FIRST_BYTE_MS_MAX');
  return {
    wire: {
      answer: { ...shared, firstByteMs },
      pictures: { ...shared, firstByteMs, idleMs: firstByteMs },
      stream: { ...shared, firstByteMs: milliseconds('AROUTER_STREAM_FIRST_BYTE_MS_MAX') },
    },
    callerHeadersMs: milliseconds('AROUTER_CALLER_HEADERS_MS_MAX'),
    callerRequestMs: milliseconds('AROUTER_CALLER_REQUEST_MS_MAX'),
    callerStallMs: milliseconds('AROUTER_CALLER_STALL_MS_MAX'),
    stopMs: milliseconds('AROUTER_STOP_MS_MAX'),
  };
}
