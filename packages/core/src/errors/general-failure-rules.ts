/**
 * What error answers mean at any provider: the first row that fits wins, so the narrow rows stand before the wide ones.
 * A fact that is true of one provider only (its 403 means "too long") is a row of that provider's manifest, not of this
 * table. Messages are matched by literal words joined by bounded gaps: no row can be made slow by a hostile body. Rows that
 * bench a key on a 400 are anchored at the beginning: further in, a message may quote what the caller sent.
 * Sources: error bodies recorded from, or documented by, the providers in 2025-26.
 */
import type { FailureClass, FailureRule } from './failure-class.ts';

/** What stands for a message when the body was empty or a page of markup. */
const NO_WORDS = /^$|^\s{0,20}<|^HTTP \d{3}\b/;

export const GENERAL_FAILURE_RULES: readonly FailureRule[] = [
  // Words that look like another class and are not: a field that is too long is the caller's, not the model's window.
  { code: /^string_above_max_length$/i, class: 'bad_request' },
  { status: 400, message: /\binvalid 'user'/i, class: 'bad_request' },
  // A broken thinking signature is the caller's history; no other key would take it.
  {
    status: 400,
    message: /invalid `?signature`? in `?thinking`? block|signature: field required/i,
    class: 'bad_request',
  },
  // The model called a tool wrongly; the message quotes what it wrote, so no later row may read it.
  { code: /^(?:tool_use_failed|json_validate_failed)$/i, class: 'bad_request' },
  // Stands before the rate limits: the numbers say that this request never fits this key, however long one waits.
  { status: [413, 429], message: /^request too large for/i, class: 'too_big_for_key' },

  // Content filters.
  {
    code: /^(?:content_filter|content_policy_violation|responsibleaipolicyviolation|data_inspection_failed|datainspectionfailed)$/i,
    class: 'content_filter',
  },
  { type: /^(?:content_filter|content_policy_violation)$/i, class: 'content_filter' },
  {
    status: [400, 403],
    message: /content management policy|requires moderation|flagged by (?:our )?(?:moderation|content)/i,
    class: 'content_filter',
  },

  // No money, or a spending limit: any status.
  {
    code: /^(?:insufficient_quota|insufficient_balance|billing_hard_limit_reached|billing_not_active|credit_balance_exhausted|enforced_spend_limit_reached|organization_spend_limit_exceeded|project_spend_limit_exceeded|organization_usage_limit_exceeded|exceeded_current_quota_error|arrearage|billing_disabled)$/i,
    class: 'billing',
  },
  { type: /^(?:insufficient_quota|billing_error|exceeded_current_quota_error)$/i, class: 'billing' },
  // Google says "quota" of both: gone for the day, or back after the delay it states.
  { status: 429, type: /^resource_exhausted$/i, message: /per ?day/i, class: 'billing' },
  { status: 429, type: /^resource_exhausted$/i, retryAfter: true, class: 'rate_limited' },
  { type: /^throttlingexception$/i, message: /tokens per day/i, class: 'billing' },
  {
    message:
      /^(?:your credit balance is too low|you exceeded your current quota|you have reached your specified (?:workspace )?api usage limits|insufficient (?:account )?(?:balance|credits?|funds)|you have run out of credits|your (?:newly created )?team\b.{0,200}(?:used all available credits|doesn't have any credits)|your account\b.{0,300}exceeded current quota)/i,
    class: 'billing',
  },

  // The provider is short of machines; no key of it helps.
  {
    code: /^(?:server_is_overloaded|slow_down|capacity_exceeded|provider_overloaded|overloaded_error|overloaded|model_overloaded)$/i,
    class: 'provider_busy',
  },
  {
    type: /^(?:overloaded_error|engine_overloaded_error|service_unavailable_error)$/i,
    class: 'provider_busy',
  },
  {
    type: /^(?:modelnotreadyexception|serviceunavailableexception)$/i,
    class: 'provider_busy',
  },
  {
    status: [429, 503],
    message:
      /tier capacity exceeded|experiencing high demand|currently overloaded|engine is overloaded|resource exhausted, please try again later/i,
    class: 'provider_busy',
  },

  // The credential itself.
  {
    code: /^(?:invalid_api_key|api_key_invalid|api_key_expired|account_deactivated|invalidapikey|consumer_suspended|invalid_grant|invalid_authentication|key_blocked)$/i,
    class: 'key_invalid',
  },
  {
    type: /^(?:authentication_error|invalid_authentication_error|invalid_grant|unrecognizedclientexception|invalidclienttokenid|invalidsignatureexception|incompletesignature(?:exception)?|expiredtoken(?:exception)?|requestexpired)$/i,
    class: 'key_invalid',
  },
  // The same words are said of a Bedrock key in another region than its own.
  {
    status: 403,
    message: /make sure your api key is valid|must start with pre-defined prefix/i,
    class: 'key_ambiguous',
  },
  { status: 401, message: /wrong api endpoint/i, class: 'key_ambiguous' },
  // 401 and 403 need no words for it.
  {
    status: 400,
    message:
      /^(?:incorrect api key provided|api key not valid|api key expired|api key not found|invalid api[ -]key)/i,
    class: 'key_invalid',
  },
  // Where the gateway stands, not what the caller asked; another key (another provider) may serve.
  {
    code: /^unsupported_country_region_territory$/i,
    class: 'key_ambiguous',
  },
  { message: /^user location is not supported/i, class: 'key_ambiguous' },

  // The model, for this key.
  {
    code: /^(?:model_not_found|model_not_available|model_not_supported|invalid_model|deploymentnotfound|model_terms_required|model_decommissioned)$/i,
    class: 'model_unavailable',
  },
  { type: /^not_found_error$/i, message: /^model:/i, class: 'model_unavailable' },
  {
    type: /^(?:resourcenotfoundexception|ftuformnotfilled|mpagreementbeingcreated)$/i,
    class: 'model_unavailable',
  },
  {
    status: [400, 403, 404],
    message:
      /provided model identifier is invalid|with on-demand throughput isn|you don't have access to the model|is not authorized to perform: bedrock:|marketplace agreement/i,
    class: 'model_unavailable',
  },
  {
    status: [400, 404],
    message:
      /^(?:the )?(?:requested )?(?:publisher )?models?\b.{0,200}(?:does not exist|not found|is not found|was not found|is not supported\.)|^unknown model|^no endpoints found for/i,
    class: 'model_unavailable',
  },

  // The conversation is longer than the model's window.
  {
    code: /^(?:context_length_exceeded|context_window_exceeded|model_max_prompt_tokens_exceeded)$/i,
    class: 'context_length',
  },
  {
    status: [400, 413, 422],
    message:
      /maximum context length|prompt is too long|exceed(?:s)? (?:the )?context (?:limit|window)|exceeds the maximum number of tokens allowed|input is too long|input tokens exceed the configured limit|prompt exceeds max(?:imum)? length|too large for model with \d{1,9} maximum context length/i,
    class: 'context_length',
  },

  // Too many requests, however it is said; also as an event inside a 200 stream.
  {
    code: /^(?:rate_limit_exceeded|rate_limit_error|rate_limited|too_many_requests|resource_exhausted)$/i,
    class: 'rate_limited',
  },
  {
    type: /^(?:rate_limit_error|rate_limit_exceeded|rate_limited|throttlingexception)$/i,
    class: 'rate_limited',
  },

  // Types that say it where the status does not (an error event of a 200 stream).
  {
    type: /^(?:api_error|timeout_error|internal_server_error|server_error|internalserverexception|modelerrorexception|modelstreamerrorexception|modeltimeoutexception)$/i,
    status: [200, 400, 408, 424, 500, 504],
    class: 'provider_error',
  },
  { code: /^(?:server_error|internal_error)$/i, status: 200, class: 'provider_error' },
  { type: /^permission_error$/i, status: [200, 401, 403], class: 'key_invalid' },
  { type: /^(?:servicequotaexceededexception)$/i, class: 'rate_limited' },
  {
    type: /^(?:invalid_request_error|request_too_large|validationexception)$/i,
    status: [200, 400, 413, 422],
    class: 'bad_request',
  },

  // No words of the provider's own (a page of a firewall or proxy before it): not its judgement of the key.
  { status: 403, type: /^$/, code: /^$/, message: NO_WORDS, class: 'key_ambiguous' },
  // The caller cannot change our path: a host without this endpoint is a matter of the key's base URL, so go on.
  { status: [404, 405], type: /^$/, code: /^$/, message: NO_WORDS, class: 'model_unavailable' },
];

/** What no row knows. */
export function classOfStatus(status: number): FailureClass {
  switch (status) {
    case 401:
    case 403:
      return 'key_invalid';
    case 402:
      return 'billing';
    case 429:
      return 'rate_limited';
    case 498:
    case 502:
    case 503:
    case 504:
    case 529:
      return 'provider_busy';
    case 408:
    case 409:
    case 424:
    case 425:
    case 499:
      return 'provider_error';
    default:
      break;
  }
  if (status >= 520 && status <= 524) return 'provider_busy';
  if (status >= 500) return 'provider_error';
  if (status >= 400) return 'bad_request';
  // A redirect is not followed (it could carry the key elsewhere), so it is not an answer.
  if (status >= 300) return 'invalid_answer';
  return 'provider_error';
}
