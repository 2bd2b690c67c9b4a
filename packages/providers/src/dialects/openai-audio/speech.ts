/** Text to speech as OpenAI and those who follow it speak it: `POST /v1/audio/speech`, JSON in, sound out as it comes. */
import { DialectError, type Dialect, type DialectId } from '@arouter/core';
import { createBinaryRelay } from '../shared/binary-relay.ts';
import { plainDialect } from '../shared/plain-dialect.ts';
import { invalidRequest, stringField } from '../shared/request-body.ts';

const INPUT_CHARACTERS_MAX = 1_000_000;

const spoken = plainDialect({
  id: 'openai-speech' as DialectId,
  operation: 'speech',
  fields: ['input', 'voice'],
  readFields(body, members) {
    const input = stringField(body, members, { key: 'input', charsMax: INPUT_CHARACTERS_MAX });
    if (input === undefined) throw invalidRequest('The field "input" is required and must be a string.');
    // The answer is sound and says nothing of its usage; where tokens are billed, the model's own maximum bounds it.
    return { stream: true, outputTokensCap: null, units: { characters: [...input].length } };
  },
  answerFields: [],
  // A whole answer would be JSON, which sound is not.
  readAnswer: () => {
    throw new DialectError('the answer is not sound');
  },
});

export const openaiSpeech: Dialect = {
  ...spoken,
  streamContentType: 'application/octet-stream',
  binaryStream: 'media',
  createPassThroughRelay: () => createBinaryRelay({ emptyIsWhole: false }),
};
