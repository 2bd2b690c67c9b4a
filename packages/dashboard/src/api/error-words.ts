/** What an error says to a person: the server's own sentence, or what is wrong between here and the server. */
import { ManagementError } from '@arouter/contract';

export type ErrorWords = {
  readonly title: string;
  readonly detail: string;
  readonly requestId: string | null;
};

export function errorWords(error: unknown): ErrorWords {
  if (error instanceof ManagementError) {
    return { title: titleOf(error), detail: error.message, requestId: error.requestId };
  }
  if (error instanceof TypeError && /fetch|network|load failed/i.test(error.message)) {
    return {
      title: 'The server cannot be reached',
      detail: 'Check that ARouter is running and that this computer can reach it, then try again.',
      requestId: null,
    };
  }
  return {
    title: 'This part of the page failed',
    detail: error instanceof Error ? error.message : 'An unknown error.',
    requestId: null,
  };
}

function titleOf({ status, retryAfterSeconds }: ManagementError): string {
  if (status === 429) {
    return retryAfterSeconds === null
      ? 'Too many requests'
      : `Too many requests: wait ${retryAfterSeconds} s`;
  }
  if (status === 403) return 'You may not do this';
  if (status === 404) return 'Not found';
  if (status >= 500) return 'The server could not answer';
  return 'The server refused';
}
