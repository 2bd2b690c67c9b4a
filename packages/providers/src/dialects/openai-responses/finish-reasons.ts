/** Why an answer ended: canonical `finish_reason` → the status of a response. */

export type ResponseEnd =
  | { readonly status: 'completed' }
  | { readonly status: 'incomplete'; readonly incompleteReason: 'max_output_tokens' | 'content_filter' };

export function endOf(finishReason: unknown): ResponseEnd {
  switch (finishReason) {
    case 'length':
      return { status: 'incomplete', incompleteReason: 'max_output_tokens' };
    case 'content_filter':
      return { status: 'incomplete', incompleteReason: 'content_filter' };
    default:
      return { status: 'completed' };
  }
}
