/** One event of an OpenAI chat stream, or a whole error answer, as far as a chat shows it. */
export type Delta = { readonly text: string; readonly thinking: string };
export type Chunk =
  | { readonly kind: 'delta'; readonly delta: Delta; readonly finishReason: string | null }
  | { readonly kind: 'error'; readonly message: string };

const NOTHING: Chunk = { kind: 'delta', delta: { text: '', thinking: '' }, finishReason: null };

/** What is not JSON, or of another shape, says nothing. */
export function readChunk(data: string): Chunk {
  let parsed: unknown;
  try {
    parsed = JSON.parse(data);
  } catch {
    // A provider's stray line: the stream goes on without it.
    return NOTHING;
  }
  const message = memberOf(memberOf(parsed, 'error'), 'message');
  if (typeof message === 'string') return { kind: 'error', message };
  const choices = memberOf(parsed, 'choices');
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
  const delta = memberOf(choice, 'delta');
  const reason = memberOf(choice, 'finish_reason');
  return {
    kind: 'delta',
    delta: {
      text: textOf(delta, 'content') + textOf(delta, 'refusal'),
      // Providers call it one or the other.
      thinking: textOf(delta, 'reasoning_content') || textOf(delta, 'reasoning'),
    },
    finishReason: typeof reason === 'string' ? reason : null,
  };
}

function textOf(value: unknown, name: string): string {
  const member = memberOf(value, name);
  return typeof member === 'string' ? member : '';
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
