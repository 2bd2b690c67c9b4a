/** The members that reasoning adds to a canonical assistant message. */
import { type JsonObject, present, stringOf } from '../shared/json-values.ts';

export function reasoningMembers(details: readonly JsonObject[]): JsonObject {
  if (details.length === 0) return {};
  const text = details
    .map((detail) => stringOf(detail['text']) ?? stringOf(detail['summary']) ?? '')
    .join('');
  return present({
    reasoning: text === '' ? undefined : text,
    // The same text under the name that DeepSeek's clients and upstreams read.
    reasoning_content: text === '' ? undefined : text,
    reasoning_details: details.map(({ open: _open, ...detail }) => detail),
  });
}
