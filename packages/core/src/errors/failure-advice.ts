/** What to do about a failure, in one sentence: the same words in Test Key, in a key's last error and in callers' errors. */
import type { FailureClass } from './failure-class.ts';

export type AdviceContext = {
  /** The provider's name as people know it. */
  readonly provider: string;
  /** Where a person makes a key; '' when nobody but the user can know. */
  readonly keysUrl: string;
};

/** Holds no byte of any answer, so it may be shown to anyone. */
export function failureAdvice(failureClass: FailureClass, context: AdviceContext): string {
  const { provider } = context;
  const place = context.keysUrl === '' ? `where ${provider} is administered` : `at ${context.keysUrl}`;
  switch (failureClass) {
    case 'key_invalid':
      return `Make a new key ${place} and enter it here.`;
    case 'key_ambiguous':
      return `Check that the key is valid, belongs to the chosen region or base URL and has quota left ${place}, then test it again.`;
    case 'token_stale':
      return 'Try again: another access token is made from the same key, which is not at fault.';
    case 'billing':
      return `Add credit or raise the spending limit of the account ${place}, then test the key again.`;
    case 'rate_limited':
      return `Wait a moment, lower the RPM limit of this key to what ${provider} allows, or add a second key.`;
    case 'too_big_for_key':
      return `Shorten the request, or raise the account's limit of tokens per minute ${place}.`;
    case 'provider_busy':
      return `${provider} is short of capacity: try again shortly, or add a key of another provider that serves this model.`;
    case 'provider_error':
      return `The fault is at ${provider}: try again shortly, or add a key of another provider that serves this model.`;
    case 'model_unavailable':
      return `Check the model's name, and that the account may use it ${place}.`;
    case 'context_length':
      return 'Shorten the conversation, or choose a model with a larger context.';
    case 'content_filter':
      return `Change the content that ${provider} refused.`;
    case 'bad_request':
      return "Correct the request as the provider's message says; another key would get the same answer.";
    case 'client_gone':
      return 'Nothing is to be done: the caller closed the connection.';
    case 'unreachable':
      return `Check the base URL, and that this machine can reach ${provider}.`;
    case 'timeout':
      return `${provider} did not answer in time: try again, or choose a faster model.`;
    case 'egress_denied':
      return 'Use a public https base URL, or ask the operator to allow this address.';
    case 'invalid_answer':
      return 'Check the base URL: what answered does not speak this API.';
    case 'secret_unreadable':
      return 'Enter the credential again: the stored one cannot be opened with the present encryption key.';
  }
}

/** A provider's words with an end, so that what follows does not read as a part of them. */
export function asSentence(words: string): string {
  const text = words.trimEnd();
  return /[.!?…]["'”’)\]]?$/u.test(text) ? text : `${text}.`;
}
