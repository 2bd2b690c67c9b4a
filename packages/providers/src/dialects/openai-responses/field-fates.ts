/**
 * What the Responses API can say and the canonical form cannot, and the other way round: the whole table, from which the
 * docs are made. Fields in no table (new ones, or a provider's own) are dropped.
 */
import type { FieldFate } from '../shared/field-fate.ts';

/** Responses caller → a provider of another dialect. */
export const FATES_FROM_RESPONSES: readonly FieldFate[] = [
  {
    field: 'previous_response_id',
    fate: 'refused',
    reason: 'The response is stored at its provider; send the earlier input and output items in `input`.',
  },
  {
    field: 'conversation',
    fate: 'refused',
    reason: 'It is stored at its provider; send its items in `input`.',
  },
  { field: 'prompt', fate: 'refused', reason: 'The template is stored at its provider; send its text.' },
  {
    field: 'background',
    fate: 'refused',
    reason:
      'Refused whoever serves: the response could not be fetched here and its cost would be unknown; use `stream`.',
  },
  {
    field: 'input[] item_reference',
    fate: 'refused',
    reason:
      'The item is stored at its provider; send the item itself (client libraries do with `store: false`).',
  },
  { field: 'input[] compaction', fate: 'refused', reason: 'Only the provider that made it can read it.' },
  {
    field: 'input[] items of client-run built-in tools (computer_call, shell_call, apply_patch_call, …)',
    fate: 'refused',
    reason: 'Only their provider knows them.',
  },
  {
    field: 'input[].content[].file_id',
    fate: 'refused',
    reason: 'The file is stored at its provider; send `file_data`, `file_url` or `image_url`.',
  },
  {
    field: 'tools[].type (web_search, file_search, code_interpreter, mcp, image_generation, computer, …)',
    fate: 'refused',
    reason: 'Only their provider runs or knows them; declare a function instead.',
  },
  { field: 'tool_choice of a hosted tool', fate: 'refused', reason: 'As the tool itself.' },
  {
    field: 'tools[].type tool_search, tools[].defer_loading, namespace',
    fate: 'changed',
    reason: 'All functions are declared at once; a search that the client runs is refused.',
  },
  {
    field: 'input[] items of hosted tools (web_search_call, file_search_call, mcp_call, …)',
    fate: 'dropped',
    reason: 'History of tools that only their provider runs; the text around it stays.',
  },
  {
    field: 'input[] reasoning.encrypted_content',
    fate: 'dropped',
    reason:
      "Only its own vendor reads it. Another vendor's comes back to that vendor, carried in the same field.",
  },
  { field: 'store', fate: 'changed', reason: 'Nothing is stored; the response says `store: false`.' },
  {
    field: 'truncation',
    fate: 'changed',
    reason: 'Nothing is left out silently; the response says `disabled`, and what is too long is an error.',
  },
  {
    field: 'input[].role developer',
    fate: 'changed',
    reason: 'Sent as `system`, the name that every provider knows.',
  },
  {
    field: 'input[] function_call_output with images or files',
    fate: 'changed',
    reason: 'A tool message holds text only; they follow in a user message that names the call.',
  },
  {
    field: 'tools[].strict absent',
    fate: 'changed',
    reason: 'Not enforced: other formats refuse a schema that is not closed. Say `true` to enforce it.',
  },
  {
    field: 'include',
    fate: 'changed',
    reason:
      'Log probabilities are asked for; reasoning always comes along; what is of hosted tools is dropped.',
  },
  {
    field: 'reasoning.summary',
    fate: 'dropped',
    reason: 'Reasoning that the provider shows is given as a summary.',
  },
  { field: 'max_tool_calls', fate: 'dropped', reason: 'Bounds hosted tools, which are refused.' },
  {
    field: 'metadata',
    fate: 'dropped',
    reason: 'Repeated in the response; nothing is stored to find it by.',
  },
  {
    field: 'prompt_cache_key',
    fate: 'dropped',
    reason: 'Repeated in the response; most formats do not know it.',
  },
  { field: 'prompt_cache_retention', fate: 'dropped', reason: 'As `prompt_cache_key`.' },
  { field: 'stream_options.include_obfuscation', fate: 'dropped', reason: 'Nothing is padded.' },
  { field: 'context_management', fate: 'dropped', reason: 'Trims long conversations at its provider.' },
  { field: 'moderation', fate: 'dropped', reason: 'No counterpart.' },
];

/** A caller of another dialect → Responses provider. */
export const FATES_TO_RESPONSES: readonly FieldFate[] = [
  {
    field: 'n',
    fate: 'refused',
    reason: 'More than one choice per request does not exist; send the request n times.',
  },
  { field: 'audio', fate: 'refused', reason: 'Only text can be generated.' },
  {
    field: 'modalities',
    fate: 'refused',
    reason: 'Only text can be generated; refused when it asks for more.',
  },
  {
    field: 'web_search_options',
    fate: 'refused',
    reason: 'The search would silently not take place; ask at /v1/responses with the tool web_search.',
  },
  { field: 'stop', fate: 'dropped', reason: 'No counterpart, and reasoning models refuse it everywhere.' },
  { field: 'frequency_penalty', fate: 'dropped', reason: 'No counterpart; changes style only.' },
  { field: 'presence_penalty', fate: 'dropped', reason: 'No counterpart; changes style only.' },
  { field: 'logit_bias', fate: 'dropped', reason: 'No counterpart.' },
  { field: 'seed', fate: 'dropped', reason: 'No counterpart; it promises no determinism at OpenAI either.' },
  { field: 'top_k', fate: 'dropped', reason: 'No counterpart.' },
  { field: 'prediction', fate: 'dropped', reason: 'Speeds up only.' },
  { field: 'messages[].name', fate: 'dropped', reason: 'Items have no names.' },
  { field: 'cache_control', fate: 'dropped', reason: 'Caching is automatic.' },
  {
    field: 'messages[].reasoning_details (other than openai-responses-v1)',
    fate: 'dropped',
    reason: "Another vendor's reasoning is refused.",
  },
  { field: 'store', fate: 'changed', reason: 'Nothing is stored: `store: false` is sent.' },
  {
    field: 'messages[].role system, developer',
    fate: 'changed',
    reason: 'Leading ones become `instructions`; later ones stay where they stand.',
  },
  {
    field: 'reasoning.max_tokens, thinking budgets',
    fate: 'changed',
    reason: 'Given as the effort nearest to it.',
  },
];
