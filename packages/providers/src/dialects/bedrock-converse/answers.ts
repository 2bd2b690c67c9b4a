/** Complete answers between Converse and the Messages API. Source: AWS API reference, `Converse`. */
import { type JsonObject, numberOf, objectOf, objectsOf, present, stringOf } from '../shared/json-values.ts';
import { converseModel } from './converse-models.ts';
import { converseBlocks, createDocumentNames } from './blocks-to-converse.ts';
import { messagesBlocks } from './blocks-from-converse.ts';

export function answerToMessages(answer: JsonObject): JsonObject {
  const message = objectOf(objectOf(answer['output'])['message']);
  return {
    // Converse names neither itself nor the model in its body.
    id: '',
    model: '',
    content: messagesBlocks(message['content']),
    stop_reason: answer['stopReason'],
    usage: usageToMessages(answer['usage']),
  };
}

export function answerFromMessages(answer: JsonObject): JsonObject {
  const names = createDocumentNames();
  // Which model it was does not matter: an answer holds no cache marks.
  const model = converseModel('');
  const content = objectsOf(answer['content']).flatMap((block) => converseBlocks(block, model, names));
  return {
    output: { message: { role: 'assistant', content } },
    stopReason: stopReason(answer['stop_reason']),
    usage: usageFromMessages(answer['usage']),
  };
}

/** Messages API `stop_reason` → Converse `stopReason`. */
export function stopReason(reason: unknown): string {
  if (reason === 'refusal') return 'content_filtered';
  return stringOf(reason) ?? 'end_turn';
}

/** Both leave cache reads and writes out of the input; only the names differ, and the form of the split by lifetime. */
export function usageToMessages(usage: unknown): JsonObject | undefined {
  const { inputTokens, outputTokens, cacheReadInputTokens, cacheWriteInputTokens, cacheDetails } =
    objectOf(usage);
  if (inputTokens === undefined && outputTokens === undefined) return undefined;
  const written = (ttl: string): number =>
    objectsOf(cacheDetails)
      .filter((detail) => detail['ttl'] === ttl)
      .reduce((sum, detail) => sum + (numberOf(detail['inputTokens']) ?? 0), 0);
  return present({
    input_tokens: inputTokens,
    cache_read_input_tokens: cacheReadInputTokens,
    cache_creation_input_tokens: cacheWriteInputTokens,
    cache_creation: Array.isArray(cacheDetails)
      ? { ephemeral_5m_input_tokens: written('5m'), ephemeral_1h_input_tokens: written('1h') }
      : undefined,
    output_tokens: outputTokens,
  });
}

export function usageFromMessages(usage: unknown): JsonObject {
  const given = objectOf(usage);
  const count = (field: string): number => numberOf(given[field]) ?? 0;
  const fresh = count('input_tokens');
  const read = count('cache_read_input_tokens');
  const written = count('cache_creation_input_tokens');
  const output = count('output_tokens');
  const split = objectOf(given['cache_creation']);
  const details = [
    { ttl: '5m', inputTokens: numberOf(split['ephemeral_5m_input_tokens']) ?? 0 },
    { ttl: '1h', inputTokens: numberOf(split['ephemeral_1h_input_tokens']) ?? 0 },
  ].filter(({ inputTokens }) => inputTokens > 0);
  return present({
    inputTokens: fresh,
    outputTokens: output,
    totalTokens: fresh + read + written + output,
    cacheReadInputTokens: read,
    cacheWriteInputTokens: written,
    cacheDetails: details.length > 0 ? details : undefined,
  });
}
