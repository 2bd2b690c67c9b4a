/** A Messages API answer → a canonical chat completion. */
import type { CanonicalAnswer } from '@arouter/core';
import { finishReasonToCanonical } from './finish-reasons.ts';
import { type JsonObject, objectOf, objectsOf, present, stringOf } from '../shared/json-values.ts';
import { readAssistantBlocks } from './messages-to-canonical.ts';
import { reasoningMembers } from './reasoning.ts';
import { usageToCanonical } from './usage.ts';

export function answerToCanonical(answer: JsonObject): CanonicalAnswer {
  const blocks = objectsOf(answer['content']);
  const { text, details, toolCalls } = readAssistantBlocks(blocks, '');
  const annotations = annotationsOf(blocks);
  const message = present({
    role: 'assistant',
    content: text === '' && toolCalls.length > 0 ? null : text,
    refusal: refusalOf(answer),
    ...reasoningMembers(details),
    annotations: annotations.length === 0 ? undefined : annotations,
    tool_calls: toolCalls.length === 0 ? undefined : toolCalls,
  });
  return present({
    id: stringOf(answer['id']) ?? '',
    object: 'chat.completion',
    // The Messages API states no time, and a dialect has no clock; the caller's side knows better.
    created: 0,
    model: stringOf(answer['model']) ?? '',
    choices: [
      {
        index: 0,
        message,
        logprobs: null,
        finish_reason: finishReasonToCanonical(answer['stop_reason']) ?? 'stop',
        native_finish_reason: stringOf(answer['stop_reason']) ?? null,
      },
    ],
    usage: usageToCanonical(answer['usage']),
    service_tier: stringOf(objectOf(answer['usage'])['service_tier']),
  });
}

/** Why the model refused, in the provider's words; null when it did not. */
export function refusalOf(answer: JsonObject): string | null {
  if (answer['stop_reason'] !== 'refusal') return null;
  const details = objectOf(answer['stop_details']);
  return stringOf(details['explanation']) ?? 'The model refused to answer.';
}

/** Citations of web pages → `url_citation`, with the place of the cited text; other kinds have no counterpart. */
function annotationsOf(blocks: readonly JsonObject[]): readonly JsonObject[] {
  const annotations: JsonObject[] = [];
  let start = 0;
  for (const block of blocks) {
    if (block['type'] !== 'text') continue;
    const end = start + (stringOf(block['text']) ?? '').length;
    for (const citation of objectsOf(block['citations'])) {
      const annotation = annotationFrom(citation, start, end);
      if (annotation !== undefined) annotations.push(annotation);
    }
    start = end;
  }
  return annotations;
}

/** Offsets in UTF-16 units of the whole text, as OpenAI counts them. */
export function annotationFrom(citation: JsonObject, start: number, end: number): JsonObject | undefined {
  const url = stringOf(citation['url']);
  if (citation['type'] !== 'web_search_result_location' || url === undefined) return undefined;
  return {
    type: 'url_citation',
    url_citation: present({
      url,
      title: stringOf(citation['title']) ?? '',
      content: stringOf(citation['cited_text']),
      start_index: start,
      end_index: end,
    }),
  };
}
