/**
 * What each of Google's mock bodies that is no answer means, judged by a person who read it; the others are answers (a
 * blocked prompt is one: it says why nothing was said). Used by tests only.
 */
export const MOCK_FAILURES: Readonly<Record<string, string | undefined>> = {
  // "Request contains an invalid argument."
  'googleai/streaming-failure-image-rejected.txt': 'bad_request',
  'vertexai/streaming-failure-image-rejected.txt': 'bad_request',
  'vertexai/unary-failure-image-rejected.json': 'bad_request',
  // 400 INVALID_ARGUMENT with the reason API_KEY_INVALID.
  'googleai/unary-failure-api-key.json': 'key_invalid',
  'googleai/unary-failure-api-key.txt': 'key_invalid',
  'vertexai/streaming-failure-api-key.txt': 'key_invalid',
  'vertexai/unary-failure-api-key.json': 'key_invalid',
  // 403 SERVICE_DISABLED and IAM_PERMISSION_DENIED: the project or the account must be changed first.
  'googleai/unary-failure-generativelanguage-api-not-enabled.json': 'key_invalid',
  'vertexai/unary-failure-firebaseml-api-not-enabled.json': 'key_invalid',
  'vertexai/unary-failure-firebasevertexai-api-not-enabled.json': 'key_invalid',
  'vertexai/unary-failure-iam-permission-denied.json': 'key_invalid',
  // "User location is not supported for the API use." The second says so only in a debug text that clients do not get.
  'vertexai/unary-failure-unsupported-user-location.json': 'key_ambiguous',
  'vertexai/streaming-failure-http-error.txt': 'bad_request',
  'vertexai/unary-failure-http-error.json': 'bad_request',
  // 404; an unknown location answers with a page.
  'googleai/unary-failure-unknown-model.json': 'model_unavailable',
  'googleai/unary-failure-unknown-model.txt': 'model_unavailable',
  'vertexai/streaming-failure-unknown-model.txt': 'model_unavailable',
  'vertexai/unary-failure-model-not-found.json': 'model_unavailable',
  'vertexai/unary-failure-unknown-model.json': 'model_unavailable',
  'vertexai/unary-failure-invalid-location-url-not-found.html': 'model_unavailable',
  // The cache that the request names is another model's, gone, or misspelt.
  'vertexai/unary-failure-context-cache-model-doesnt-match.json': 'bad_request',
  'vertexai/unary-failure-context-cache-not-found.json': 'bad_request',
  'vertexai/unary-failure-invalid-context-cache-id.json': 'bad_request',
  // 429 "Quota exceeded for quota metric …"
  'vertexai/unary-failure-quota-exceeded.json': 'rate_limited',
  // 499 CANCELLED as bare JSON in the middle of a stream.
  'vertexai/streaming-failure-error-mid-stream.txt': 'provider_error',
  // Neither content, nor a finish reason, nor a block reason; and one stream whose text comes without its end.
  'googleai/unary-failure-only-prompt-feedback.json': 'invalid_answer',
  'vertexai/streaming-failure-empty-content.txt': 'invalid_answer',
  'vertexai/streaming-failure-invalid-json.txt': 'invalid_answer',
  'vertexai/streaming-failure-malformed-content.txt': 'invalid_answer',
  'vertexai/streaming-success-quotes-escaped.txt': 'invalid_answer',
  'vertexai/unary-failure-empty-content.json': 'invalid_answer',
  'vertexai/unary-failure-invalid-response.json': 'invalid_answer',
  'vertexai/unary-failure-malformed-content.json': 'invalid_answer',
};
