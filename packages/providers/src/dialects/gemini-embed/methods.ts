/** The three methods by which Google embeds: where in a body the texts, the vectors and the counts stand. */
import type { CanonicalRequest } from '@arouter/core';
import { fieldOf } from '../gemini-generate/field-of.ts';
import { refuseMoreThan, textsToEmbed, type Vector, vectorOf } from '../shared/embeddings.ts';
import {
  isObject,
  type JsonObject,
  numberOf,
  objectOf,
  objectsOf,
  present,
  stringOf,
} from '../shared/json-values.ts';
import type { JsonEdit } from '../shared/splice.ts';
import { tokenCount } from '../shared/token-usage.ts';
import { taskOf } from './purposes.ts';
import { contentQuestion, type EmbedQuestion } from './questions.ts';

/** `model`: as a resource, `models/…`. */
export type EmbedMethod = {
  /** Undefined: the body is none of this method. */
  readonly read: (body: JsonObject) => readonly EmbedQuestion[] | undefined;
  /** What a caller is told then. */
  readonly complaint: string;
  readonly modelEdits: (body: JsonObject, model: string) => readonly JsonEdit[];
  /** Throws GatewayError `invalid_request` for what the method cannot say. */
  readonly write: (request: CanonicalRequest, model: string) => JsonObject;
  /** The members of an answer that are looked at. */
  readonly answerFields: readonly string[];
  /** Empty: this is no answer. Throws DialectError. */
  readonly vectors: (answer: JsonObject) => readonly Vector[];
  /** Null: the answer does not say, but for `usageMetadata`. */
  readonly tokens: (answer: JsonObject) => number | null;
  readonly answer: (vectors: readonly Vector[], tokens: number | null) => JsonObject;
};

/** Google's own bounds of texts in one request. Source: its error messages, cloud.google.com "Text embeddings API". */
const BATCH_TEXTS_MAX = 100;
const PREDICT_TEXTS_MAX = 250;

export const singleMethod: EmbedMethod = {
  read: (body) => {
    const content = body['content'];
    return isObject(content) ? [contentQuestion(content, settingsOf(body))] : undefined;
  },
  complaint: 'The field "content" is required and must be an object with "parts".',
  modelEdits: () => [],
  write(request) {
    const texts = textsToEmbed(request);
    refuseMoreThan(1, texts);
    const config = configFor(request);
    return present({
      content: contentOf(texts[0] ?? ''),
      embedContentConfig: Object.keys(config).length === 0 ? undefined : config,
    });
  },
  answerFields: ['embedding', 'usageMetadata'],
  vectors: ({ embedding }) => (isObject(embedding) ? [vectorOf(embedding['values'])] : []),
  tokens: () => null,
  answer: ([values = []]) => ({ embedding: { values } }),
};

export const batchMethod: EmbedMethod = {
  read: ({ requests }) =>
    Array.isArray(requests)
      ? objectsOf(requests).map((each) => contentQuestion(objectOf(each['content']), settingsOf(each)))
      : undefined,
  complaint: 'The field "requests" is required and must be an array of objects with "content".',
  modelEdits({ requests }, model) {
    const asked = objectsOf(requests);
    if (asked.every((each) => each['model'] === model)) return [];
    return [
      { kind: 'set', key: 'requests', json: JSON.stringify(asked.map((each) => ({ ...each, model }))) },
    ];
  },
  write(request, model) {
    const texts = textsToEmbed(request);
    refuseMoreThan(BATCH_TEXTS_MAX, texts);
    const config = configFor(request);
    return { requests: texts.map((text) => ({ model, content: contentOf(text), ...config })) };
  },
  answerFields: ['embeddings', 'usageMetadata'],
  vectors: ({ embeddings }) => objectsOf(embeddings).map(({ values }) => vectorOf(values)),
  tokens: () => null,
  answer: (vectors) => ({ embeddings: vectors.map((values) => ({ values })) }),
};

export const predictMethod: EmbedMethod = {
  read: (body) => {
    const { instances } = body;
    if (!Array.isArray(instances)) return undefined;
    const dimensions = numberOf(fieldOf(objectOf(body['parameters']), 'outputDimensionality'));
    return objectsOf(instances).map((instance) => {
      const text = stringOf(instance['content']);
      return {
        text: text ?? '',
        taskType: stringOf(fieldOf(instance, 'taskType')),
        dimensions,
        media: text === undefined ? 1 : 0,
      };
    });
  },
  complaint: 'The field "instances" is required and must be an array of objects with "content".',
  modelEdits: () => [],
  write(request, model) {
    const texts = textsToEmbed(request);
    // Of the Gemini models this is the rule; the older ones take many.
    refuseMoreThan(model.startsWith('models/gemini-') ? 1 : PREDICT_TEXTS_MAX, texts);
    const { taskType, outputDimensionality } = configFor(request);
    return present({
      instances: texts.map((content) => present({ content, task_type: taskType })),
      parameters: outputDimensionality === undefined ? undefined : { outputDimensionality },
    });
  },
  answerFields: ['predictions'],
  vectors: ({ predictions }) =>
    objectsOf(predictions).map(({ embeddings }) => vectorOf(objectOf(embeddings)['values'])),
  tokens: predictedTokens,
  answer: (vectors, tokens) => ({
    predictions: vectors.map((values, index) => ({
      embeddings: {
        values,
        // The whole is known and not its parts: all of it stands at the first.
        statistics: present({
          truncated: false,
          token_count: tokens === null ? undefined : index === 0 ? tokens : 0,
        }),
      },
    })),
  }),
};

function predictedTokens({ predictions }: JsonObject): number | null {
  const counts = objectsOf(predictions).map(({ embeddings }) =>
    tokenCount(fieldOf(objectOf(objectOf(embeddings)['statistics']), 'tokenCount')),
  );
  return counts.reduce<number | null>(
    (sum, count) => (sum === null || count === null ? null : sum + count),
    counts.length === 0 ? null : 0,
  );
}

/** Beside the content, or in a member of their own, where newer clients write them. */
function settingsOf(body: JsonObject): JsonObject {
  const config = fieldOf(body, 'embedContentConfig');
  return isObject(config) ? { ...body, ...config } : body;
}

function contentOf(text: string): JsonObject {
  return { parts: [{ text }] };
}

function configFor(request: CanonicalRequest): JsonObject {
  return present({
    taskType: taskOf(request['input_type']),
    outputDimensionality: numberOf(request['dimensions']),
  });
}
