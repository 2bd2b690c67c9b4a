/**
 * What the canonical form has beyond the chat completions that providers speak: the whole table, from which the docs are
 * made. A caller of this format says nothing that the form does not hold, so there is none of the other way.
 */
import type { FieldFate } from '../shared/field-fate.ts';

/** A caller of another dialect → OpenAI chat provider. What single providers refuse beyond it is in their manifests. */
export const FATES_TO_OPENAI_CHAT: readonly FieldFate[] = [
  { field: 'cache_control', fate: 'dropped', reason: 'Caching is automatic.' },
  {
    field: 'messages[].reasoning_details',
    fate: 'dropped',
    reason: 'Reasoning that another vendor has signed is refused, or means nothing.',
  },
  {
    field: 'messages[].reasoning',
    fate: 'changed',
    reason: 'In the field in which the provider wants its own reasoning back; dropped where it wants none.',
  },
  {
    field: 'reasoning.effort',
    fate: 'changed',
    reason: 'Becomes `reasoning_effort`.',
  },
  {
    field: 'max_tokens',
    fate: 'changed',
    reason: 'In the field that the provider reads, at most what the model can give.',
  },
  {
    field: 'stream_options',
    fate: 'changed',
    reason: 'Usage is always asked for, where the provider can be asked.',
  },
];
