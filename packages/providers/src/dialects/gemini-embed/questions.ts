/** What one text to embed asks for in Google's words → the canonical request for all of them. */
import type { CanonicalRequest } from '@arouter/core';
import { fieldOf } from '../gemini-generate/field-of.ts';
import { type JsonObject, numberOf, objectsOf, present, refuse, stringOf } from '../shared/json-values.ts';
import { purposeOf } from './purposes.ts';

export type EmbedQuestion = {
  readonly text: string;
  readonly taskType: string | undefined;
  readonly dimensions: number | undefined;
  /** Parts that are no text. */
  readonly media: number;
};

/** Several parts of one content become one vector: their texts are joined by a line break. */
export function contentQuestion(content: JsonObject, config: JsonObject): EmbedQuestion {
  const parts = objectsOf(content['parts']);
  const texts = parts.map(({ text }) => stringOf(text)).filter((text) => text !== undefined);
  return {
    text: texts.join('\n'),
    taskType: stringOf(fieldOf(config, 'taskType')),
    dimensions: numberOf(fieldOf(config, 'outputDimensionality')),
    media: parts.length - texts.length,
  };
}

/** Throws GatewayError `invalid_request` for what one request in other formats cannot ask. */
export function questionOf(questions: readonly EmbedQuestion[]): CanonicalRequest {
  const [first] = questions;
  if (questions.some(({ media }) => media > 0)) {
    throw refuse(
      'Pictures, sound and documents are embedded by Google only; send texts, or choose a Gemini model.',
    );
  }
  const differs = questions.some(
    ({ taskType, dimensions }) => taskType !== first?.taskType || dimensions !== first?.dimensions,
  );
  if (differs) {
    throw refuse(
      'The texts ask for different `taskType` or `outputDimensionality`; other providers take one for all, so send them apart.',
    );
  }
  return present({
    input: questions.map(({ text }) => text),
    dimensions: first?.dimensions,
    input_type: purposeOf(first?.taskType),
  });
}
