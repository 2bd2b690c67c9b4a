/** The tables of what translation loses: each is a page of the docs, so each must be true of what is sent. */
import type { CanonicalRequest, Dialect } from '@arouter/core';
import { describe, expect, test } from 'vitest';
import { FATES_FROM_ANTHROPIC, FATES_TO_ANTHROPIC } from './anthropic-messages/field-fates.ts';
import { anthropicMessages } from './anthropic-messages/index.ts';
import { FATES_FROM_CONVERSE, FATES_TO_CONVERSE } from './bedrock-converse/field-fates.ts';
import { bedrockConverse } from './bedrock-converse/index.ts';
import { FATES_FROM_GEMINI, FATES_TO_GEMINI } from './gemini-generate/field-fates.ts';
import { geminiGenerate } from './gemini-generate/index.ts';
import { FATES_TO_OPENAI_CHAT } from './openai-chat/field-fates.ts';
import { openaiChat } from './openai-chat/index.ts';
import { FATES_FROM_RESPONSES, FATES_TO_RESPONSES } from './openai-responses/field-fates.ts';
import { openaiResponses } from './openai-responses/index.ts';
import type { FieldFate } from './shared/field-fate.ts';

type Table = {
  readonly dialect: Dialect;
  readonly to: readonly FieldFate[];
  readonly from: readonly FieldFate[];
};
const TABLES: readonly Table[] = [
  { dialect: openaiChat, to: FATES_TO_OPENAI_CHAT, from: [] },
  { dialect: openaiResponses, to: FATES_TO_RESPONSES, from: FATES_FROM_RESPONSES },
  { dialect: anthropicMessages, to: FATES_TO_ANTHROPIC, from: FATES_FROM_ANTHROPIC },
  { dialect: geminiGenerate, to: FATES_TO_GEMINI, from: FATES_FROM_GEMINI },
  // Worded by way of the Messages API.
  { dialect: bedrockConverse, to: [...FATES_TO_ANTHROPIC, ...FATES_TO_CONVERSE], from: FATES_FROM_CONVERSE },
];

const MARK = 'value-of-a-dropped-field';
const isTopLevel = ({ field }: FieldFate): boolean => /^\w+$/.test(field);

describe.each(TABLES)('$dialect.id', ({ dialect, to, from }) => {
  const sent = (fields: CanonicalRequest): string => {
    const request = { model: 'm', messages: [{ role: 'user', content: 'Hi' }], ...fields };
    const { body } = dialect.fromCanonical(request, {
      upstreamModel: 'm',
      outputTokensMax: null,
      quirks: {},
    });
    return Buffer.from(body).toString('utf8');
  };

  test('every rule is a sentence', () => {
    for (const { reason } of [...to, ...from]) expect(reason).toMatch(/\.$/);
  });

  const dropped = to.filter((row) => row.fate === 'dropped' && isTopLevel(row));
  test.each(dropped)('$field is not sent', ({ field }) => {
    expect(sent({ [field]: { odd: MARK } })).not.toContain(MARK);
    expect(sent({ [field]: MARK })).not.toContain(MARK);
  });

  test('who requires a field is not served where it is lost', () => {
    const lost = to.filter((row) => row.fate !== 'changed' && isTopLevel(row)).map(({ field }) => field);
    expect([...(dialect.lostFields ?? [])].toSorted()).toEqual([...new Set(lost)].toSorted());
    expect(dropped.length).toBeGreaterThan(0);
  });
});
