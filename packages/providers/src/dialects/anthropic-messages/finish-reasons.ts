/** Why an answer ended, in both vocabularies. */

/** Messages API `stop_reason` → canonical `finish_reason`. Source: docs.claude.com, "Handling stop reasons". */
const TO_CANONICAL: ReadonlyMap<string, string> = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['pause_turn', 'stop'],
  ['compaction', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool_calls'],
  ['refusal', 'content_filter'],
  // Words that Bedrock's Converse has besides; source: its API reference, `stopReason`.
  ['content_filtered', 'content_filter'],
  ['guardrail_intervened', 'content_filter'],
]);
const FROM_CANONICAL: ReadonlyMap<string, string> = new Map([
  ['stop', 'end_turn'],
  ['length', 'max_tokens'],
  ['tool_calls', 'tool_use'],
  ['function_call', 'tool_use'],
  ['content_filter', 'refusal'],
]);

export function finishReasonToCanonical(stopReason: unknown): string | null {
  if (typeof stopReason !== 'string') return null;
  return TO_CANONICAL.get(stopReason) ?? 'stop';
}

/**
 * Some providers say `stop` beside tool calls; a Messages client runs its tools only on `tool_use`, so what the answer
 * holds decides, except for `length` and `content_filter`, which say that it is not whole.
 */
export function finishReasonFromCanonical(
  finishReason: unknown,
  holds: { readonly toolCalls: boolean; readonly refusal: boolean },
): string {
  const named =
    typeof finishReason === 'string' ? (FROM_CANONICAL.get(finishReason) ?? 'end_turn') : 'end_turn';
  if (named !== 'end_turn') return named;
  if (holds.toolCalls) return 'tool_use';
  return holds.refusal ? 'refusal' : 'end_turn';
}
