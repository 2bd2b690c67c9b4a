/**
 * What Gemini can say and the canonical form cannot, and the other way round: the whole table, from which the docs are
 * made. Fields in no table (new ones, or a provider's own) are dropped.
 */
import type { FieldFate } from '../shared/field-fate.ts';

/** Gemini caller → a provider of another dialect. */
export const FATES_FROM_GEMINI: readonly FieldFate[] = [
  { field: 'cachedContent', fate: 'refused', reason: 'It is stored at Google; send the content itself.' },
  {
    field: 'tools[] (googleSearch, codeExecution, urlContext, fileSearch, googleMaps, …)',
    fate: 'refused',
    reason: 'Only Google runs them; declare functions instead.',
  },
  {
    field: 'contents[].parts[].fileData',
    fate: 'refused',
    reason:
      'Refused where only Google can read the file, or where it is sound behind a URL; send `inlineData`.',
  },
  {
    field: 'generationConfig.responseMimeType text/x.enum',
    fate: 'refused',
    reason: 'Exists only at Google; use application/json with an enum schema.',
  },
  {
    field: 'generationConfig.candidateCount',
    fate: 'changed',
    reason: 'Becomes `n`; refused where the provider gives one answer only.',
  },
  {
    field: 'generationConfig.responseSchema, tools[].functionDeclarations[].parameters',
    fate: 'changed',
    reason: 'Google’s schema words become those of JSON schema.',
  },
  {
    field: 'toolConfig.functionCallingConfig.allowedFunctionNames',
    fate: 'changed',
    reason: 'The other functions are not declared; a single one is called by name.',
  },
  { field: 'toolConfig.functionCallingConfig.mode VALIDATED', fate: 'changed', reason: 'It is `auto`.' },
  {
    field: 'generationConfig.thinkingConfig',
    fate: 'changed',
    reason: 'A level, or a budget with the effort nearest to it.',
  },
  {
    field: 'thoughtSignature',
    fate: 'changed',
    reason: 'Goes back to Google only, carried through whatever the caller speaks.',
  },
  { field: 'safetySettings', fate: 'dropped', reason: 'Other providers have filters of their own.' },
  { field: 'labels', fate: 'dropped', reason: 'Mark a bill of Google’s.' },
];

/** A caller of another dialect → Gemini provider. */
export const FATES_TO_GEMINI: readonly FieldFate[] = [
  {
    field: 'audio',
    fate: 'refused',
    reason: 'Gemini names its voices otherwise; ask its speech models directly.',
  },
  {
    field: 'stop',
    fate: 'refused',
    reason: 'Refused with more than five sequences, which is all that Gemini takes.',
  },
  {
    field: 'tools[].type (other than function)',
    fate: 'refused',
    reason: 'Only functions exist on both sides.',
  },
  {
    field: 'web_search_options beside functions',
    fate: 'refused',
    reason: 'Gemini takes one of the two; alone it becomes Google’s search.',
  },
  {
    field: 'messages[].content[].file.file_id',
    fate: 'refused',
    reason: 'The file is stored at another provider.',
  },
  {
    field: 'messages[].reasoning_details (other than google-gemini-v1)',
    fate: 'dropped',
    reason: "Another vendor's reasoning is refused; the call it stands before gets Google's mark for that.",
  },
  { field: 'logit_bias', fate: 'dropped', reason: 'No counterpart.' },
  { field: 'parallel_tool_calls', fate: 'dropped', reason: 'No counterpart.' },
  { field: 'user', fate: 'dropped', reason: 'No counterpart.' },
  { field: 'metadata', fate: 'dropped', reason: 'No counterpart.' },
  { field: 'service_tier', fate: 'dropped', reason: 'No counterpart in the body.' },
  { field: 'prediction', fate: 'dropped', reason: 'Speeds up only.' },
  { field: 'verbosity', fate: 'dropped', reason: 'No counterpart.' },
  { field: 'cache_control', fate: 'dropped', reason: 'Caching is automatic.' },
  { field: 'prompt_cache_key', fate: 'dropped', reason: 'Caching is automatic.' },
  { field: 'store', fate: 'dropped', reason: 'Nothing is stored.' },
  { field: 'temperature', fate: 'changed', reason: 'From 0 to 2.' },
  {
    field: 'response_format',
    fate: 'changed',
    reason: 'A JSON mode with schema; an instruction on models that refuse the mode beside tools.',
  },
  {
    field: 'reasoning_effort',
    fate: 'changed',
    reason: 'A level or a budget, as the model takes it; some models cannot be kept from thinking.',
  },
];
