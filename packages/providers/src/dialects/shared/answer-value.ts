/** The value of one member of a provider's answer. */
import { DialectError } from '@arouter/core';
import { memberValue, type JsonMember } from './scan-json.ts';

/** Throws DialectError where it cannot be read: raw control characters are all that the scan lets pass and the parser does not. */
export function answerValue(body: Uint8Array, member: JsonMember): unknown {
  try {
    return memberValue(body, member);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new DialectError('the answer has control characters in a string');
  }
}
