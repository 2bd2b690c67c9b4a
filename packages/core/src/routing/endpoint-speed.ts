/**
 * How fast one model is at one provider, as seen from here: a moving average over answers that went well, in which each
 * answer counts twice as much as the one that came ten before it.
 */
import type { ProviderId } from '../values.ts';

export type EndpointSpeed = {
  /** From sending to the first byte of the answer; milliseconds. */
  readonly firstByteMs: number;
  /** Over the whole attempt, waiting included: what a caller feels. */
  readonly outputTokensPerSecond: number;
};

export type SpeedSample = {
  readonly provider: ProviderId;
  readonly upstreamModel: string;
  readonly firstByteMs: number;
  readonly totalMs: number;
  readonly outputTokens: number;
};

/** The weight of the newest answer: 1 − 2^(−1/10). */
const NEWEST_SHARE = 0.067;
/** Shorter answers say more about the wait than about the speed. */
const OUTPUT_TOKENS_MIN = 8;

/** The average after one more answer; the same when the answer was too short to tell. */
export function nextSpeed(speed: EndpointSpeed | null, sample: SpeedSample): EndpointSpeed | null {
  if (sample.outputTokens < OUTPUT_TOKENS_MIN || sample.totalMs <= 0) return speed;
  const measured = {
    firstByteMs: sample.firstByteMs,
    outputTokensPerSecond: (sample.outputTokens * 1000) / sample.totalMs,
  };
  if (speed === null) return measured;
  return {
    firstByteMs: mix(speed.firstByteMs, measured.firstByteMs),
    outputTokensPerSecond: mix(speed.outputTokensPerSecond, measured.outputTokensPerSecond),
  };
}

function mix(before: number, now: number): number {
  return before + (now - before) * NEWEST_SHARE;
}
