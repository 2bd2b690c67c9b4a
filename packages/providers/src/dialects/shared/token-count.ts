/** What dialects that count tokens without using any have in common: a question without output, a number as the answer. */
import { type AnswerFacts, type Dialect, DialectError } from '@arouter/core';
import { createBinaryRelay } from './binary-relay.ts';
import { encodeBody } from './json-body.ts';
import { asBuffer } from './scan-json.ts';
import { isRecord, NO_TOKENS, tokenCount } from './token-usage.ts';

type CountParts = {
  /** The member of the dialect's answer that is the number. */
  readonly member: string;
  /** What else stands in it, always the same. */
  readonly beside?: Readonly<Record<string, string>>;
};
type CountAnswers = Pick<
  Dialect,
  | 'operation'
  | 'readAnswer'
  | 'answerToCanonical'
  | 'answerFromCanonical'
  | 'addCost'
  | 'createPassThroughRelay'
>;

/** The canonical answer is `{input_tokens}`. What was counted was not used, so it costs nothing. */
export function countAnswers({ member, beside = {} }: CountParts): CountAnswers {
  const countOf = (body: Uint8Array): number => {
    const count = tokenCount(parseAnswer(body)[member]);
    if (count === null) throw new DialectError('the answer has no count of tokens');
    return count;
  };
  return {
    operation: 'count_tokens',
    readAnswer(body): AnswerFacts {
      countOf(body);
      return { usage: NO_TOKENS, upstreamId: null, finishReason: 'stop' };
    },
    answerToCanonical: (body) => ({ input_tokens: countOf(body) }),
    answerFromCanonical: (answer) =>
      encodeBody({ ...beside, [member]: tokenCount(answer['input_tokens']) ?? 0 }),
    addCost: (body) => body,
    createPassThroughRelay: () => createBinaryRelay({ emptyIsWhole: false }),
  };
}

function parseAnswer(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const answer: unknown = JSON.parse(asBuffer(body).toString('utf8'));
    return isRecord(answer) ? answer : {};
  } catch (cause) {
    throw new DialectError('the answer is not JSON', { cause });
  }
}
