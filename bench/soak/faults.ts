/** What providers do wrong during a soak: drawn evenly, at a stated share of all requests. */
import type { Behaviour, Fault } from '@arouter/sandbox';

const FAULTS: readonly Fault[] = [
  { kind: 'error', preset: 'server_error' },
  { kind: 'error', preset: 'overloaded' },
  { kind: 'error', preset: 'rate_limited', retryAfter: '1' },
  { kind: 'error', preset: 'invalid_key' },
  { kind: 'error', preset: 'bad_request' },
  { kind: 'html', status: 502 },
  { kind: 'invalid_json' },
  { kind: 'empty_body' },
  { kind: 'stall_before_headers', ms: 3000 },
  { kind: 'stall_mid_stream', afterFrames: 3, ms: 3000 },
  { kind: 'drip', bytesPerWrite: 64, delayMs: 2 },
  { kind: 'reset_before_headers' },
  { kind: 'reset_after_headers' },
  { kind: 'cut', afterFrames: 4, how: 'reset' },
  { kind: 'cut', afterFrames: 4, how: 'close' },
  { kind: 'cut', afterFrames: 4, how: 'end' },
  { kind: 'error_in_200', preset: 'overloaded', afterFrames: 2 },
  { kind: 'usage', damage: 'none' },
  { kind: 'usage', damage: 'negative' },
  { kind: 'sse', damage: 'split_utf8' },
  { kind: 'sse', damage: 'byte_by_byte' },
  { kind: 'sse', damage: 'huge_line' },
  { kind: 'framing', damage: 'not_http' },
  { kind: 'encoding', encoding: 'gzip' },
  { kind: 'gzip_bomb', bytes: 256 * 1024 * 1024 },
  { kind: 'huge_body', bytes: 64 * 1024 * 1024 },
  { kind: 'extra_after_end', what: 'bytes' },
  { kind: 'echo', where: 'error' },
];

/** A behaviour for the next request at the provider, or none; `draw` gives a number from 0 to 1. */
export function drawFault(share: number, draw: () => number): Behaviour | null {
  if (draw() >= share) return null;
  const fault = FAULTS[Math.floor(draw() * FAULTS.length)];
  return fault === undefined ? null : { times: 1, fault };
}
