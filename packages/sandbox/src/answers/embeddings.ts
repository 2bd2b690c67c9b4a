/**
 * Embeddings in the wire formats of OpenAI, Google, Cohere and Bedrock, as recorded in 2026: unit vectors drawn from the
 * text, so that the same text has the same vector whoever is asked.
 */
import { answerHeaders, invalidRequest } from './answer-headers.ts';
import { TOKENS_PER_REQUEST, textTokens } from './token-rule.ts';
import { isObject, textOfContent } from '../sandbox-request.ts';
import type { JsonObject, SandboxRequest } from '../sandbox-request.ts';
import { jsonAnswer } from '../script.ts';
import type { Answer } from '../script.ts';

const EMBEDDING_DIMENSIONS = 1536;
const EMBEDDING_DIMENSIONS_MAX = 8192;
const EMBEDDING_INPUTS_MAX = 2048;
const GOOGLE_BATCH_MAX = 100;

/** `POST /v1/embeddings`: unit vectors drawn from the text, as numbers or as base64 of little-endian floats. */
export function answerEmbeddings(request: SandboxRequest): Answer {
  const body = request.json;
  const input = isObject(body) ? body['input'] : undefined;
  if (!isObject(body) || input === undefined)
    return invalidRequest(request, "Missing required parameter: 'input'.", 'input');
  const single = typeof input === 'string' || (Array.isArray(input) && typeof input[0] === 'number');
  const texts = (single ? [input] : Array.isArray(input) ? input : []).map((item) =>
    typeof item === 'string' ? item : JSON.stringify(item),
  );
  if (texts.length === 0 || texts.length > EMBEDDING_INPUTS_MAX)
    return invalidRequest(request, "Invalid 'input': expected 1 to 2048 items.", 'input');
  const asked = body['dimensions'];
  const dimensions = Math.min(
    typeof asked === 'number' ? asked : EMBEDDING_DIMENSIONS,
    EMBEDDING_DIMENSIONS_MAX,
  );
  let tokens = TOKENS_PER_REQUEST;
  for (const text of texts) tokens += textTokens(text);
  return jsonAnswer(200, answerHeaders(request, tokens), {
    object: 'list',
    data: texts.map((text, index) => {
      const vector = unitVector(text, dimensions);
      const embedding =
        body['encoding_format'] === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector];
      return { object: 'embedding', index, embedding };
    }),
    model: request.model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  });
}

/** `:embedContent` and `:batchEmbedContents`. The models of the first generation state no usage. */
export function answerGeminiEmbed(request: SandboxRequest): Answer {
  const body = isObject(request.json) ? request.json : {};
  const isBatch = request.path.endsWith(':batchEmbedContents');
  const asked = (isBatch ? objectsIn(body['requests']) : [body]).map((each) => ({
    text: textOfContent(isObject(each['content']) ? each['content']['parts'] : undefined),
    model: each['model'],
    config: isObject(each['embedContentConfig']) ? each['embedContentConfig'] : each,
  }));
  if (asked.length === 0 || asked.some(({ text }) => text === ''))
    return invalidRequest(request, '* EmbedContentRequest.content: contents is not specified\n', null);
  if (asked.length > GOOGLE_BATCH_MAX)
    return invalidRequest(request, 'at most 100 requests can be in one batch', null);
  if (isBatch && asked.some(({ model }) => model !== `models/${request.model ?? ''}`))
    return invalidRequest(request, 'BatchEmbedContentsRequest.requests: unexpected model', null);
  const values = asked.map(({ text, config }) => vectorFor(text, config['outputDimensionality']));
  const usageMetadata = request.model?.includes('-001') === true ? {} : { usageMetadata: counted(asked) };
  return jsonAnswer(
    200,
    answerHeaders(request, 0),
    isBatch
      ? { embeddings: values.map((vector) => ({ values: vector })), ...usageMetadata }
      : { embedding: { values: values[0] }, ...usageMetadata },
  );
}

function counted(asked: readonly { readonly text: string }[]) {
  return { promptTokenCount: asked.reduce((sum, { text }) => sum + textTokens(text), 0) };
}

/** `:predict` of Vertex AI's text models; a Gemini one takes a single text. */
export function answerPredict(request: SandboxRequest): Answer {
  const body = isObject(request.json) ? request.json : {};
  const instances = objectsIn(body['instances']);
  const parameters = isObject(body['parameters']) ? body['parameters'] : {};
  if (instances.length === 0 || (instances.length > 1 && request.model?.startsWith('gemini-') === true))
    return invalidRequest(request, 'A single instance is required.', null);
  return jsonAnswer(200, answerHeaders(request, 0), {
    predictions: instances.map(({ content }) => ({
      embeddings: {
        values: vectorFor(String(content), parameters['outputDimensionality']),
        statistics: { truncated: false, token_count: textTokens(String(content)) },
      },
    })),
    metadata: { billableCharacterCount: JSON.stringify(instances).length },
  });
}

/** `POST /v2/embed`. */
export function answerCohereEmbed(request: SandboxRequest): Answer {
  const body = isObject(request.json) ? request.json : {};
  const answer = cohereAnswer(request, body);
  if (answer === null) return invalidRequest(request, 'texts and input_type are required', null);
  return jsonAnswer(200, answerHeaders(request, 0), {
    ...answer.body,
    meta: { api_version: { version: '2' }, billed_units: { input_tokens: answer.tokens } },
  });
}

export type EmbedAnswer = { readonly body: JsonObject; readonly tokens: number };

/** Amazon Titan's and Cohere's under `invoke`. Null: the body is none of either. */
export function bedrockEmbedding(request: SandboxRequest, body: JsonObject): EmbedAnswer | null {
  const { inputText } = body;
  if (typeof inputText !== 'string') return cohereAnswer(request, body);
  const tokens = textTokens(inputText);
  return {
    body: { embedding: vectorFor(inputText, body['dimensions']), inputTextTokenCount: tokens },
    tokens,
  };
}

function cohereAnswer({ sequence }: SandboxRequest, body: JsonObject): EmbedAnswer | null {
  const { texts } = body;
  if (!Array.isArray(texts) || texts.length === 0 || typeof body['input_type'] !== 'string') return null;
  const float = texts.map((text) => vectorFor(String(text), body['output_dimension']));
  return {
    body: {
      id: `00000000-0000-4000-8000-${String(sequence).padStart(12, '0')}`,
      embeddings: { float },
      texts,
      response_type: 'embeddings_by_type',
    },
    tokens: texts.reduce((sum: number, text) => sum + textTokens(String(text)), 0),
  };
}

function vectorFor(text: string, asked: unknown): readonly number[] {
  const dimensions = typeof asked === 'number' ? asked : EMBEDDING_DIMENSIONS;
  return [...unitVector(text, Math.min(dimensions, EMBEDDING_DIMENSIONS_MAX))];
}

function objectsIn(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function unitVector(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  let state = 1;
  for (let index = 0; index < text.length; index += 1)
    state = (Math.imul(state, 31) + text.charCodeAt(index)) | 0;
  let square = 0;
  for (let index = 0; index < dimensions; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    const value = state / 2 ** 31;
    vector[index] = value;
    square += value * value;
  }
  const length = Math.sqrt(square) || 1;
  return vector.map((value) => value / length);
}
