/** What is neither text nor vectors: reranking, images, sound. Deterministic, and small. */
import { hash } from 'node:crypto';
import { answerHeaders, invalidRequest } from './answer-headers.ts';
import { TOKENS_PER_REQUEST, textTokens } from './token-rule.ts';
import { isObject } from '../sandbox-request.ts';
import type { JsonObject, SandboxRequest } from '../sandbox-request.ts';
import { EVENT_STREAM, jsonAnswer } from '../script.ts';
import type { Answer } from '../script.ts';

const DOCUMENTS_MAX = 1000;
const IMAGES_MAX = 10;

/** `POST /v1/rerank`: the more words a document shares with the query, the higher it stands. Usage as Together states it. */
export function answerRerank(request: SandboxRequest): Answer {
  const body = request.json;
  const documents = isObject(body) ? body['documents'] : undefined;
  const query = isObject(body) ? body['query'] : undefined;
  if (!isObject(body) || typeof query !== 'string' || !Array.isArray(documents))
    return invalidRequest(request, "Missing required parameter: 'query' or 'documents'.", 'documents');
  if (documents.length === 0 || documents.length > DOCUMENTS_MAX)
    return invalidRequest(request, 'Between 1 and 1000 documents are ranked.', 'documents');
  const texts = documents.map((document) =>
    typeof document === 'string' ? document : JSON.stringify(document),
  );
  const wanted = new Set(wordsOf(query));
  const results = texts
    .map((text, index) => {
      const words = wordsOf(text);
      const shared = words.filter((word) => wanted.has(word)).length;
      return { index, relevance_score: words.length === 0 ? 0 : shared / words.length };
    })
    .toSorted((a, b) => b.relevance_score - a.relevance_score || a.index - b.index)
    .slice(0, typeof body['top_n'] === 'number' ? body['top_n'] : texts.length);
  const tokens = texts.reduce((sum, text) => sum + textTokens(text), TOKENS_PER_REQUEST);
  return jsonAnswer(200, answerHeaders(request, tokens), {
    object: 'rerank',
    id: `rr_${request.sequence}`,
    model: request.model,
    results,
    usage: { prompt_tokens: tokens, completion_tokens: 0, total_tokens: tokens },
  });
}

/** `POST /v1/images/generations`: one grey pixel per image; `gpt-image-…` states tokens, older models nothing. */
export function answerImages(request: SandboxRequest): Answer {
  const body = request.json;
  if (!isObject(body) || typeof body['prompt'] !== 'string')
    return invalidRequest(request, "Missing required parameter: 'prompt'.", 'prompt');
  const count = typeof body['n'] === 'number' ? Math.min(body['n'], IMAGES_MAX) : 1;
  const prompt = body['prompt'];
  const tokens = textTokens(prompt) + TOKENS_PER_REQUEST;
  const statesTokens = request.model?.includes('gpt-image') === true;
  if (body['stream'] === true && statesTokens) return streamedImage(request, body, tokens);
  return jsonAnswer(200, answerHeaders(request, tokens), {
    created: Math.floor(request.now / 1000),
    data: Array.from({ length: count }, () => ({ b64_json: PIXEL, revised_prompt: prompt })),
    ...(statesTokens
      ? {
          usage: {
            input_tokens: tokens,
            input_tokens_details: { text_tokens: tokens, image_tokens: 0 },
            output_tokens: count * IMAGE_TOKENS,
            total_tokens: tokens + count * IMAGE_TOKENS,
          },
        }
      : {}),
  });
}
/** As many earlier states as are asked for, then the picture with its usage. Older models ignore the switch. */
function streamedImage(request: SandboxRequest, body: JsonObject, tokens: number): Answer {
  const partial = typeof body['partial_images'] === 'number' ? Math.min(body['partial_images'], 3) : 0;
  const common = {
    b64_json: PIXEL,
    created_at: Math.floor(request.now / 1000),
    size: '1024x1024',
    quality: 'low',
    background: 'opaque',
    output_format: 'png',
  };
  const early = Array.from({ length: partial }, (_, index) => ({
    type: 'image_generation.partial_image',
    ...common,
    partial_image_index: index,
  }));
  const usage = {
    input_tokens: tokens,
    input_tokens_details: { text_tokens: tokens, image_tokens: 0 },
    output_tokens: IMAGE_TOKENS,
    total_tokens: tokens + IMAGE_TOKENS,
  };
  return eventsAnswer(request, [...early, { type: 'image_generation.completed', ...common, usage }]);
}

/** Each event under its own name too, as OpenAI writes them. */
function eventsAnswer(request: SandboxRequest, events: readonly JsonObject[]): Answer {
  return {
    status: 200,
    headers: [['content-type', EVENT_STREAM], ...answerHeaders(request, 0)],
    frames: events.map((event) => `event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`),
    streamed: true,
  };
}
const IMAGE_TOKENS = 272;
/** A PNG of one grey pixel. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==';

/** `POST /v1/audio/speech`: bytes drawn from the text, a kilobyte for every ten characters, in two writes. */
export function answerSpeech(request: SandboxRequest): Answer {
  const body = request.json;
  if (!isObject(body) || typeof body['input'] !== 'string' || body['input'] === '')
    return invalidRequest(request, "Missing required parameter: 'input'.", 'input');
  const format = typeof body['response_format'] === 'string' ? body['response_format'] : 'mp3';
  const length = Math.ceil(body['input'].length / 10) * 1024;
  const bytes = Buffer.alloc(length, hash('sha256', body['input'], 'buffer'));
  const half = Math.floor(length / 2);
  return {
    status: 200,
    headers: [...answerHeaders(request, 0), ['content-type', SPEECH_TYPES[format] ?? 'audio/mpeg']],
    frames: [bytes.subarray(0, half), bytes.subarray(half)],
    streamed: true,
  };
}
const SPEECH_TYPES: Readonly<Record<string, string>> = {
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  opus: 'audio/opus',
  aac: 'audio/aac',
  flac: 'audio/flac',
  pcm: 'audio/pcm',
};

/**
 * `POST /v1/audio/transcriptions` and `/translations`: says how long the file is. Older models state seconds, one for
 * every kilobyte; `gpt-4o-…` states tokens, and streams where it is asked to.
 */
export function answerTranscription(request: SandboxRequest): Answer {
  const form = Buffer.from(request.body).toString('latin1');
  const field = (name: string): string | undefined =>
    new RegExp(`name="${name}"\\r\\n\\r\\n([^\\r]*)\\r\\n`).exec(form)?.[1];
  const fileAt = form.search(/name="file"; filename=/);
  const model = field('model');
  if (fileAt === -1 || model === undefined)
    return invalidRequest(request, "Missing required parameter: 'file' or 'model'.", 'file');
  const valueAt = form.indexOf('\r\n\r\n', fileAt) + 4;
  const bytes = form.indexOf('\r\n--', valueAt) - valueAt;
  const seconds = Math.max(1, Math.ceil(bytes / 1024));
  const text = `${bytes} bytes heard by ${model}.`;
  const format = field('response_format') ?? 'json';
  if (format === 'text' || format === 'srt' || format === 'vtt')
    return subtitles(request, { format, text, seconds });
  const tokens = seconds * 10;
  if (field('stream') === 'true' && model.startsWith('gpt-4o')) {
    const deltas = text.split(/(?<= )/).map((delta) => ({ type: 'transcript.text.delta', delta }));
    const usage = transcriptTokens(tokens);
    return eventsAnswer(request, [...deltas, { type: 'transcript.text.done', text, usage }]);
  }
  return jsonAnswer(200, answerHeaders(request, 0), {
    text,
    ...(format === 'verbose_json' ? { task: 'transcribe', language: 'english', duration: seconds } : {}),
    usage: model.startsWith('gpt-4o') ? transcriptTokens(tokens) : { type: 'duration', seconds },
  });
}

function transcriptTokens(tokens: number): JsonObject {
  return {
    type: 'tokens',
    input_tokens: tokens,
    input_token_details: { text_tokens: 0, audio_tokens: tokens },
    output_tokens: 7,
    total_tokens: tokens + 7,
  };
}

function subtitles(
  request: SandboxRequest,
  { format, text, seconds }: { readonly format: string; readonly text: string; readonly seconds: number },
): Answer {
  const end = `00:00:${String(seconds).padStart(2, '0')}`;
  const body =
    format === 'text'
      ? `${text}\n`
      : format === 'srt'
        ? `1\n00:00:00,000 --> ${end},000\n${text}\n`
        : `WEBVTT\n\n00:00:00.000 --> ${end}.000\n${text}\n`;
  return {
    status: 200,
    headers: [['content-type', format === 'vtt' ? 'text/vtt' : 'text/plain'], ...answerHeaders(request, 0)],
    frames: [body],
    streamed: false,
  };
}

function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
