/**
 * What one side can say and the other cannot, and what becomes of it: the whole table, from which the docs are made.
 * Fields in no table (new ones, or a provider's own) are dropped.
 */
import type { FieldFate } from '../shared/field-fate.ts';

/** OpenAI chat caller → Messages API provider. */
export const FATES_TO_ANTHROPIC: readonly FieldFate[] = [
  {
    field: 'n',
    fate: 'refused',
    reason: 'More than one choice per request does not exist; send the request n times.',
  },
  { field: 'audio', fate: 'refused', reason: 'The Messages API neither hears nor speaks.' },
  {
    field: 'modalities',
    fate: 'refused',
    reason: 'Only text can be generated; refused when it asks for more.',
  },
  { field: 'web_search_options', fate: 'refused', reason: 'The search would silently not take place.' },
  { field: 'messages[].content[].input_audio', fate: 'refused', reason: 'The Messages API takes no audio.' },
  {
    field: 'messages[].content[].file.file_id',
    fate: 'refused',
    reason: 'The file is stored at another provider.',
  },
  {
    field: 'tools[].type (other than function)',
    fate: 'refused',
    reason: 'Only functions exist on both sides.',
  },
  { field: 'frequency_penalty', fate: 'dropped', reason: 'No counterpart; changes style only.' },
  { field: 'presence_penalty', fate: 'dropped', reason: 'No counterpart; changes style only.' },
  { field: 'repetition_penalty', fate: 'dropped', reason: 'No counterpart; changes style only.' },
  { field: 'logit_bias', fate: 'dropped', reason: 'No counterpart.' },
  { field: 'logprobs', fate: 'dropped', reason: 'No counterpart; the answer has `logprobs: null`.' },
  { field: 'top_logprobs', fate: 'dropped', reason: 'No counterpart.' },
  { field: 'seed', fate: 'dropped', reason: 'No counterpart; it promises no determinism at OpenAI either.' },
  { field: 'min_p', fate: 'dropped', reason: 'No counterpart.' },
  { field: 'top_a', fate: 'dropped', reason: 'No counterpart.' },
  { field: 'prediction', fate: 'dropped', reason: 'Speeds up only.' },
  { field: 'verbosity', fate: 'dropped', reason: 'No counterpart.' },
  { field: 'store', fate: 'dropped', reason: 'Nothing is stored.' },
  { field: 'metadata', fate: 'dropped', reason: 'Only `metadata.user_id` exists, and it is kept.' },
  {
    field: 'prompt_cache_key',
    fate: 'dropped',
    reason: 'Caching is steered by `cache_control`, which is kept.',
  },
  {
    field: 'prompt_cache_retention',
    fate: 'dropped',
    reason: 'Caching is steered by `cache_control`, which is kept.',
  },
  { field: 'stream_options', fate: 'changed', reason: 'Usage is always in the stream.' },
  { field: 'moderation', fate: 'dropped', reason: 'No counterpart.' },
  { field: 'messages[].name', fate: 'dropped', reason: 'Turns have no names.' },
  { field: 'messages[].audio', fate: 'dropped', reason: 'The id is of an answer at another provider.' },
  { field: 'messages[].content[].image_url.detail', fate: 'dropped', reason: 'No counterpart.' },
  {
    field: 'messages[].reasoning_details (other than anthropic-claude-v1)',
    fate: 'dropped',
    reason: "Another vendor's signature is refused for the rest of the conversation.",
  },
  {
    field: 'service_tier',
    fate: 'changed',
    reason: 'auto and default have counterparts; other tiers are dropped.',
  },
  {
    field: 'temperature',
    fate: 'changed',
    reason: 'At most 1; dropped with thinking and where the model refuses it.',
  },
  {
    field: 'top_p',
    fate: 'changed',
    reason: 'Dropped beside a temperature on models that take one of the two.',
  },
  {
    field: 'max_tokens',
    fate: 'changed',
    reason: 'Required there: the model’s own bound, or 8192, when absent.',
  },
  {
    field: 'stop',
    fate: 'changed',
    reason: 'Sequences of white space only are dropped: the API refuses them.',
  },
  {
    field: 'tool_choice',
    fate: 'changed',
    reason: 'A forced tool weakens to auto beside a thinking budget: the API refuses the pair.',
  },
  {
    field: 'response_format',
    fate: 'changed',
    reason:
      'A schema is closed and sent as output_config.format; json_object, and a schema on models that do not know output_config, become an instruction.',
  },
  {
    field: 'reasoning_effort',
    fate: 'changed',
    reason:
      'An effort, or a share of the output bound as budget, as the model takes it; none that fits, no thinking.',
  },
];

/** Messages API caller → OpenAI-shaped provider. */
export const FATES_FROM_ANTHROPIC: readonly FieldFate[] = [
  {
    field: 'mcp_servers',
    fate: 'refused',
    reason: 'The provider would have to call the servers; others do not.',
  },
  {
    field:
      'tools[].type (server tools: web_search_…, web_fetch_…, code_execution_…, advisor_…; client tools with a built-in schema)',
    fate: 'refused',
    reason: 'Only Anthropic runs or knows them; declare an own tool with input_schema instead.',
  },
  {
    field: 'messages[].content[].container_upload',
    fate: 'refused',
    reason: 'The container is at Anthropic.',
  },
  {
    field: 'messages[].content[].source.file_id',
    fate: 'refused',
    reason: 'The file is stored at Anthropic.',
  },
  {
    field: 'tools[].type tool_search_tool_…, tools[].defer_loading',
    fate: 'changed',
    reason: 'All tools are declared at once, so nothing needs to be searched for.',
  },
  {
    field: 'container',
    fate: 'dropped',
    reason: 'Continues a container at Anthropic; server tools are refused anyway.',
  },
  {
    field: 'context_management',
    fate: 'dropped',
    reason: 'Trims long conversations at Anthropic; no counterpart.',
  },
  { field: 'output_config.task_budget', fate: 'dropped', reason: 'No counterpart.' },
  { field: 'inference_geo', fate: 'dropped', reason: 'Use `provider.region`.' },
  { field: 'betas', fate: 'dropped', reason: 'Names features of one provider.' },
  { field: 'tools[].strict = false', fate: 'dropped', reason: 'It is the default.' },
  { field: 'tools[].allowed_callers', fate: 'dropped', reason: 'Restricts server tools, which are refused.' },
  { field: 'tools[].input_examples', fate: 'dropped', reason: 'No counterpart.' },
  { field: 'messages[].content[].citations', fate: 'dropped', reason: 'No counterpart in a request.' },
  {
    field:
      'messages[].content[] of server tools (server_tool_use, *_tool_result, mcp_*, compaction, tool_addition)',
    fate: 'dropped',
    reason: 'History of tools that only Anthropic runs; the text around it stays.',
  },
  {
    field: 'messages[].content[].tool_result.is_error',
    fate: 'changed',
    reason: 'Said in words: “Error: …”.',
  },
  {
    field: 'messages[].content[].tool_result images and documents',
    fate: 'changed',
    reason: 'A tool message holds text only; they follow in a user message that names the call.',
  },
  { field: 'service_tier', fate: 'changed', reason: 'standard_only is default.' },
  { field: 'thinking', fate: 'changed', reason: 'A budget is also given as the effort nearest to it.' },
];
