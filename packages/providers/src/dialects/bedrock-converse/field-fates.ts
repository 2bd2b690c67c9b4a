/**
 * What Converse can say and the canonical form cannot, and the other way round: the whole table, from which the docs are
 * made. It is worded by way of the Messages API, so that table applies too. Fields in no table are dropped.
 */
import type { FieldFate } from '../shared/field-fate.ts';

/** Converse caller → a provider of another dialect. */
export const FATES_FROM_CONVERSE: readonly FieldFate[] = [
  { field: 'guardrailConfig', fate: 'refused', reason: 'Bedrock itself applies it.' },
  { field: 'promptVariables', fate: 'refused', reason: 'They fill a prompt that is stored at Bedrock.' },
  { field: 'toolConfig.tools[].systemTool', fate: 'refused', reason: 'Amazon itself runs it.' },
  {
    field: 'messages[].content[].video, audio',
    fate: 'refused',
    reason: 'Only some of Bedrock’s own models take them.',
  },
  {
    field: 'messages[].content[].…source.s3Location',
    fate: 'refused',
    reason: 'Only Bedrock reads it; send the bytes.',
  },
  {
    field: 'additionalModelRequestFields',
    fate: 'changed',
    reason: 'Thinking, effort, top_k and Claude’s own tool choice are kept; the rest is dropped.',
  },
  { field: 'performanceConfig', fate: 'dropped', reason: 'Speeds up only.' },
  { field: 'requestMetadata', fate: 'dropped', reason: 'Marks Bedrock’s own log.' },
  {
    field: 'additionalModelResponseFieldPaths',
    fate: 'dropped',
    reason: 'Names fields of one model family.',
  },
];

/** A caller of another dialect → Converse provider: what the Messages API cannot say, and this. */
export const FATES_TO_CONVERSE: readonly FieldFate[] = [
  {
    field: 'messages[].content[].image_url, file (by URL)',
    fate: 'refused',
    reason: 'Bedrock fetches nothing; send a data: URL.',
  },
  {
    field: 'messages[].content[].image_url (other than PNG, JPEG, GIF, WebP)',
    fate: 'refused',
    reason: 'Bedrock takes no other formats; convert it.',
  },
  {
    field: 'tool_choice none',
    fate: 'changed',
    reason: 'Does not exist there: the tools are not declared, unless the conversation has used some.',
  },
  {
    field: 'parallel_tool_calls',
    fate: 'changed',
    reason: 'Said to Claude among its own fields; other models do not know it.',
  },
  {
    field: 'reasoning_effort, thinking',
    fate: 'changed',
    reason: 'Said in each model family’s own fields; dropped where it has none.',
  },
  { field: 'metadata', fate: 'dropped', reason: 'Use `requestMetadata`.' },
  { field: 'user', fate: 'dropped', reason: 'Use `requestMetadata`.' },
  { field: 'service_tier', fate: 'dropped', reason: 'No counterpart.' },
];
