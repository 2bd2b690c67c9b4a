/**
 * What each recorded error answer means, judged by a person who read it. Used by tests only. A recording that is not in
 * this table fails its test: nothing is skipped.
 */
import type { FailureClass } from '@arouter/core';

const MATRIX = 'models__test_multimodal_tool_returns__test_multimodal_tool_return_matrix';

export const RECORDED_FAILURES: Readonly<Record<string, FailureClass | undefined>> = {
  // "model: claude-does-not-exist", "model: claude-sonet-4-5": 404 not_found_error.
  'anthropic/models__test_anthropic__test_anthropic_count_tokens_error.json#0': 'model_unavailable',
  'anthropic/test_model_name_suggestions__test_model_name_suggestion-anthropic-.json#0': 'model_unavailable',

  // "The provided model doesn't support counting tokens."
  'bedrock/models__test_anthropic_bedrock_count_tokens__test_anthropic_bedrock_count_tokens_error.json#0':
    'bad_request',
  // "The provided model identifier is invalid."
  'bedrock/models__test_bedrock__test_bedrock_count_tokens_error.json#0': 'model_unavailable',
  'bedrock/models__test_bedrock__test_bedrock_streaming_error.json#0': 'model_unavailable',
  // "The model returned the following errors: …", "This model doesn't support the … field": the request's fault.
  [`bedrock/${MATRIX}-direct-uploaded_file-document-bedrock_nova-.json#1`]: 'bad_request',
  [`bedrock/${MATRIX}-direct-uploaded_file-image-bedrock_claude-.json#1`]: 'bad_request',
  [`bedrock/${MATRIX}-direct-uploaded_file-video-bedrock_nova-.json#1`]: 'bad_request',
  [`bedrock/${MATRIX}-tool_return_content-uploaded_file-document-bedrock_claude-.json#1`]: 'bad_request',
  [`bedrock/${MATRIX}-tool_return_content-uploaded_file-image-bedrock_claude-.json#1`]: 'bad_request',
  [`bedrock/${MATRIX}-tool_return_content-uploaded_file-video-bedrock_claude-.json#1`]: 'bad_request',

  // "model 'nonexistent' not found, make sure the correct model ID was used …"
  'cohere/test_embeddings__TestCohere.test_embed_error.json#0': 'model_unavailable',

  // "No tool output found for tool call call-a."
  'deepseek/models__test_deepseek_responses__test_deepseek_responses_rejects_interleaved_function_calls.json#0':
    'bad_request',

  // "models/gemini-3.6-flahs is not found for API version v1beta …"
  'google/test_model_name_suggestions__test_model_name_suggestion-google-.json#0': 'model_unavailable',

  // tool_use_failed: the model wrote a call that does not fit the caller's tool.
  'groq/models__test_groq__test_tool_use_failed_error.json#0': 'bad_request',
  'groq/models__test_groq__test_tool_use_failed_error_with_text.json#0': 'bad_request',
  'groq/test_model_name_suggestions__test_model_name_suggestion-groq-.json#0': 'model_unavailable',

  // unsupported_file, unsupported_value, "Web search options not supported …", temperature, reasoning without its item.
  [`openai/${MATRIX}-direct-url-audio-openai_responses-.json#1`]: 'bad_request',
  [`openai/${MATRIX}-tool_return_content-url-audio-openai_responses-.json#1`]: 'bad_request',
  'openai/models__test_openai__test_openai_o1_mini_system_role-developer-.json#0': 'bad_request',
  'openai/models__test_openai__test_openai_o1_mini_system_role-system-.json#0': 'bad_request',
  'openai/models__test_openai__test_openai_web_search_tool_model_not_supported.json#0': 'bad_request',
  'openai/models__test_openai_responses__test_openai_responses_model_http_error.json#0': 'bad_request',
  'openai/models__test_openai_responses__test_openai_responses_thinking_with_modified_history.json#1':
    'bad_request',
  // model_not_found: 404 on chat and embeddings, 400 on responses.
  'openai/test_embeddings__TestOpenAI.test_embed_error.json#0': 'model_unavailable',
  'openai/test_model_name_suggestions__test_inferred_model_name_suggestion.json#0': 'model_unavailable',
  'openai/test_model_name_suggestions__test_model_name_suggestion-openai-chat-.json#0': 'model_unavailable',

  // 429 "Provider returned error", raw: "… is temporarily rate-limited upstream. Please retry shortly …"
  'openrouter/models__test_openrouter__test_openrouter_errors_raised.json#0': 'rate_limited',
  'openrouter/models__test_openrouter__test_openrouter_errors_raised.json#1': 'rate_limited',
  'openrouter/models__test_openrouter__test_openrouter_errors_raised.json#2': 'rate_limited',
};
