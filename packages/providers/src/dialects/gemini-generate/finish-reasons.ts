/** Why an answer ended, in both vocabularies. Source: ai.google.dev "GenerateContentResponse: FinishReason". */

const TO_CANONICAL: ReadonlyMap<string, string> = new Map([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['SAFETY', 'content_filter'],
  ['RECITATION', 'content_filter'],
  ['BLOCKLIST', 'content_filter'],
  ['PROHIBITED_CONTENT', 'content_filter'],
  ['SPII', 'content_filter'],
  ['MODEL_ARMOR', 'content_filter'],
  ['IMAGE_SAFETY', 'content_filter'],
  ['IMAGE_PROHIBITED_CONTENT', 'content_filter'],
  ['IMAGE_RECITATION', 'content_filter'],
  ['LANGUAGE', 'error'],
  ['OTHER', 'error'],
  ['IMAGE_OTHER', 'error'],
  ['NO_IMAGE', 'error'],
  ['MALFORMED_FUNCTION_CALL', 'error'],
  ['UNEXPECTED_TOOL_CALL', 'error'],
  ['TOO_MANY_TOOL_CALLS', 'error'],
  ['MISSING_THOUGHT_SIGNATURE', 'error'],
  ['MALFORMED_RESPONSE', 'error'],
]);
const FROM_CANONICAL: ReadonlyMap<string, string> = new Map([
  ['stop', 'STOP'],
  ['length', 'MAX_TOKENS'],
  ['tool_calls', 'STOP'],
  ['function_call', 'STOP'],
  ['content_filter', 'SAFETY'],
  ['error', 'OTHER'],
]);

/** Gemini says STOP beside function calls; callers run their tools only on `tool_calls`. */
export function finishReasonToCanonical(reason: unknown, hasCalls: boolean): string | null {
  if (typeof reason !== 'string' || reason === '' || reason === 'FINISH_REASON_UNSPECIFIED') return null;
  const named = TO_CANONICAL.get(reason) ?? 'stop';
  return named === 'stop' && hasCalls ? 'tool_calls' : named;
}

export function finishReasonFromCanonical(reason: unknown, refused: boolean): string {
  const named = (typeof reason === 'string' ? FROM_CANONICAL.get(reason) : undefined) ?? 'STOP';
  return named === 'STOP' && refused ? 'SAFETY' : named;
}
