/**
 * Embeddings in the canonical form, which is OpenAI's with `input_type` (what the vectors are for) as OpenRouter and
 * Cohere write it. Between dialects a text is text and a vector is numbers.
 */
import { Buffer } from 'node:buffer';
import { type CanonicalAnswer, type CanonicalRequest, DialectError } from '@arouter/core';
import { isObject, objectsOf, refuse } from './json-values.ts';

export type Vector = readonly number[];

/** Throws GatewayError `invalid_request` for texts that are given as tokens of one vendor's tokenizer. */
export function textsToEmbed({ input }: CanonicalRequest): readonly string[] {
  const texts: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (texts.every((text) => typeof text === 'string')) return texts;
  throw refuse(
    "`input` holds tokens, which only providers of OpenAI's format read; send the texts themselves.",
  );
}

/** Throws GatewayError `invalid_request` when there are more texts than one request to that provider may hold. */
export function refuseMoreThan(textsMax: number, texts: readonly string[]): void {
  if (texts.length <= textsMax) return;
  const many = textsMax === 1 ? 'one text' : `${textsMax} texts`;
  throw refuse(
    `\`input\` holds ${texts.length} texts, and this model takes ${many} in one request; send several requests.`,
  );
}

/** `inputTokens` null: the provider did not say, so neither does the answer. */
export function vectorsToCanonical(vectors: readonly Vector[], inputTokens: number | null): CanonicalAnswer {
  return {
    object: 'list',
    data: vectors.map((embedding, index) => ({ object: 'embedding', index, embedding })),
    // Some formats do not say which model answered: the pipeline does.
    model: '',
    ...(inputTokens === null ? {} : { usage: { prompt_tokens: inputTokens, total_tokens: inputTokens } }),
  };
}

/** Throws DialectError for what is no vector. */
export function vectorsOf(answer: CanonicalAnswer): readonly Vector[] {
  return objectsOf(answer['data']).map(({ embedding }) =>
    typeof embedding === 'string' ? floatsOf(embedding) : vectorOf(embedding),
  );
}

/** Throws DialectError for what is no vector of numbers. */
export function vectorOf(values: unknown): Vector {
  if (Array.isArray(values) && values.every((value) => typeof value === 'number')) return values;
  throw new DialectError('an embedding is not a list of numbers');
}

/** Base64 of little-endian 32-bit floats: how OpenAI's own clients ask for vectors. */
export function asBase64(answer: CanonicalAnswer): CanonicalAnswer {
  const data = objectsOf(answer['data']).map((each) => {
    const { embedding } = each;
    return Array.isArray(embedding) ? { ...each, embedding: encodeFloats(vectorOf(embedding)) } : each;
  });
  return { ...answer, data };
}

const FLOAT_BYTES = 4;

function encodeFloats(vector: Vector): string {
  const bytes = Buffer.alloc(vector.length * FLOAT_BYTES);
  vector.forEach((value, index) => bytes.writeFloatLE(value, index * FLOAT_BYTES));
  return bytes.toString('base64');
}

function floatsOf(base64: string): Vector {
  const bytes = Buffer.from(base64, 'base64');
  const count = Math.floor(bytes.length / FLOAT_BYTES);
  return Array.from({ length: count }, (_, index) => bytes.readFloatLE(index * FLOAT_BYTES));
}

/** The number of tokens that the canonical answer states; null when it states none. */
export function statedTokens(answer: CanonicalAnswer): number | null {
  const { usage } = answer;
  const stated = isObject(usage) ? (usage['prompt_tokens'] ?? usage['total_tokens']) : undefined;
  return typeof stated === 'number' ? stated : null;
}
