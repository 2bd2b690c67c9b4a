/** Where the gateway's answer is rightly not the recording, with the reason; a reason that no longer applies fails. */
import type { Exception } from '../support/equality-table.ts';

/** Members of a request that speak to the gateway itself: they are read here and not sent on. */
export const GATEWAY_FIELDS = ['models', 'route', 'provider', 'usage', 'plugins', 'transforms'] as const;

export const EXCEPTIONS: readonly Exception[] = [
  {
    recording: /openrouter_errors_raised/,
    aspects: ['answer'],
    reason:
      'the gateway answers a rate limit itself: it names the key, says when to try again and what could be done',
  },
  {
    recording: /test_cancel_recorded_provider_stream-huggingface/,
    aspects: ['answer'],
    reason:
      'this provider states usage in a last chunk although the caller did not ask; the gateway asks for it always and keeps it',
  },
  {
    recording: /openrouter_stream_error/,
    aspects: ['answer'],
    reason:
      'this provider sends [DONE] after an error inside the stream; the gateway sends none, so that nobody takes the answer for complete',
  },
  {
    recording: /openrouter_cache_instructions_gemini_real_api\.json#0/,
    aspects: ['usage'],
    reason:
      'this provider counts the same tokens as read from the cache and as written to it, more than went in; here each token is of one kind',
  },
  {
    recording: /groq__test_tool_use_failed_error_streaming\.json#0/,
    aspects: ['usage', 'cost'],
    reason: 'the stream ends with an error and states no usage: it is estimated, and marked so',
  },
];

/** `question`: what reaches the provider after both translations. */
export const CROSSED_EXCEPTIONS: readonly Exception[] = [
  {
    recording: /openai_model_without_system_prompt/,
    aspects: ['question'],
    reason: 'there is nothing but a system message, and the Messages API wants a turn of the user',
  },
  {
    recording: /openai_prompted_output/,
    aspects: ['question'],
    reason: 'response_format json_object has no counterpart there and becomes a sentence',
  },
  {
    recording: /openai_tool_call_roundtrip_wire_stable-ag_ui-\.json#[23]/,
    aspects: ['question'],
    reason: 'the history has calls of a tool that is not declared any more, which the Messages API refuses: it is declared',
  },
  {
    recording: /mid_conversation_system|announcement-\.json/,
    aspects: ['question'],
    reason: 'most Claude models take no system message in the middle: there it is said by the user',
  },
  {
    recording: /multimodal_tool_return_matrix-direct-(?:binary-document|url-image|url_force_download-document)-anthropic-\.json#1/,
    aspects: ['question'],
    reason: 'a tool message of OpenAI holds text only: pictures and files follow in a message of the user',
  },
  {
    recording: /text_plain_document_anthropic/,
    aspects: ['question'],
    reason: 'a document of plain text, returned by a tool, is text',
  },
  {
    recording: /openrouter_cache_instructions_gemini_real_api\.json#0/,
    aspects: ['usage', 'record'],
    reason: 'this provider counts the same tokens as read from the cache and as written to it, more than went in; here each token is of one kind',
  },
  {
    recording: /groq__test_tool_use_failed_error_streaming\.json#0/,
    aspects: ['usage', 'record', 'cost'],
    reason: 'the stream ends with an error and states no usage: it is estimated, and marked so',
  },
  {
    recording: /openrouter_stream_error/,
    aspects: ['usage'],
    reason: 'the Messages API states usage at the end, and a stream that ends with an error has none; the record has it',
  },
];

/** Questions that have no form in the other dialect: what the gateway says to whoever asks them. */
export const NOT_ASKABLE: readonly RegExp[] = [
  /^A `file` part names a `file_id`, which only the provider that stores it can read/,
  /^A source names a `file_id`, which only the provider that stores it can read/,
  /^`mcp_servers` is run by Anthropic itself/,
  /^A tool is of a `type` that only Anthropic runs or knows/,
  /^A tool has a `type` other than `function`/,
  /^A message holds a content part whose `type` the Messages API cannot express/,
  /^`web_search_options` has no counterpart at this provider/,
];
