/** The keys of JSON objects: how they are compared without regard to case, and those that bodies usually have. */
import { Buffer } from 'node:buffer';

/** A key without regard to case, the way case-blind parsers compare (Kelvin sign and long s included). */
export function foldKey(key: string): string {
  return IS_PLAIN.test(key) ? key : key.toUpperCase().toLowerCase();
}
/** Folds to itself; nearly all keys are like this. */
const IS_PLAIN = /^[a-z0-9_]*$/;

export type FoldedKey = { readonly key: string; readonly folded: string };

/** What most bodies have at the top, and most answers in their usage: found by its bytes, so that no text is made of it. */
const USUAL_KEYS: readonly string[] = [
  'model',
  'messages',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'n',
  'stop',
  'tools',
  'tool_choice',
  'response_format',
  'user',
  'metadata',
  'system',
  'thinking',
  'input',
  'instructions',
  'reasoning',
  'reasoning_effort',
  'contents',
  'generationConfig',
  'provider',
  'id',
  'object',
  'created',
  'choices',
  'usage',
  'system_fingerprint',
  'service_tier',
  'finish_reason',
  'prompt_tokens',
  'completion_tokens',
  'total_tokens',
  'prompt_tokens_details',
  'completion_tokens_details',
  'cached_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'audio_tokens',
  'accepted_prediction_tokens',
  'rejected_prediction_tokens',
];
const LENGTH_MAX = Math.max(...USUAL_KEYS.map(({ length }) => length));
const usualByLength = Array.from({ length: LENGTH_MAX + 1 }, (_, length) =>
  USUAL_KEYS.filter((key) => key.length === length).map((key) => ({
    key,
    folded: foldKey(key),
    bytes: Buffer.from(key, 'latin1'),
  })),
);

/** Undefined for any other, and for one that is written with escapes. */
export function usualKeyAt(bytes: Uint8Array, start: number, end: number): FoldedKey | undefined {
  const candidates = usualByLength[end - start];
  if (candidates === undefined) return undefined;
  for (const candidate of candidates) if (isAt(bytes, start, candidate.bytes)) return candidate;
  return undefined;
}

/** Whether the bytes of a key stand there. */
export function isAt(bytes: Uint8Array, start: number, wanted: Uint8Array): boolean {
  for (let index = 0; index < wanted.length; index++) {
    if (bytes[start + index] !== wanted[index]) return false;
  }
  return true;
}
