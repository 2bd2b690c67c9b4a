/**
 * Sound to text as OpenAI and those who follow it speak it: `POST /v1/audio/transcriptions` and `/translations`, a form
 * with a file in, JSON, text, subtitles or a stream of text out. Source: platform.openai.com/docs/api-reference/audio.
 */
import {
  DialectError,
  MODEL_NAME_CHARACTERS_MAX,
  type AnswerFacts,
  type Dialect,
  type DialectId,
  type EncodedRequest,
  type EncodeTarget,
  type RequestContext,
  type RequestFacts,
  type TokenUsage,
} from '@arouter/core';
import { scanForm, textPart, withPart, type FormPart } from '../shared/multipart.ts';
import { encodeErrorEvent } from '../shared/encode-error.ts';
import { createEventRelay } from '../shared/event-relay.ts';
import { plainDialect } from '../shared/plain-dialect.ts';
import { invalidRequest } from '../shared/request-body.ts';
import { asBuffer } from '../shared/scan-json.ts';
import { isRecord, NO_TOKENS, recordOrEmpty, tokenCount } from '../shared/token-usage.ts';
import { soundSeconds } from './sound-seconds.ts';
import { subtitleSeconds } from './subtitle-seconds.ts';

/** More than a month of sound is a mistake of the provider, not a bill. */
const SECONDS_MAX = 3_000_000;
/** The last event repeats the whole text. */
const EVENT_BYTES_MAX = 4 * 1024 * 1024;

export const openaiTranscription = transcriber('openai-transcription', 'transcription');
export const openaiTranslation = transcriber('openai-translation', 'translation');

function transcriber(id: string, operation: 'transcription' | 'translation'): Dialect {
  const plain = plainDialect({
    id: id as DialectId,
    operation,
    fields: [],
    readFields: () => ({}),
    answerFields: [],
    readAnswer: () => {
      throw new DialectError('read elsewhere');
    },
  });
  return {
    ...plain,
    readRequest: (body, context) => readRequest(body, context, operation),
    passThrough,
    toCanonical: () => ({}),
    readAnswer,
    createPassThroughRelay: () =>
      createEventRelay({
        isContent: ({ type }) => type === 'transcript.text.delta' || type === 'transcript.text.segment',
        isTerminal: ({ type }) => type === 'transcript.text.done',
        usageOf,
        eventBytesMax: EVENT_BYTES_MAX,
      }),
    encodeStreamError: encodeErrorEvent,
  };
}

function readRequest(
  body: Uint8Array,
  context: RequestContext = {},
  operation: 'transcription' | 'translation',
): RequestFacts {
  const parts = scanForm(body, context.contentType);
  refuseLookalikes(parts);
  const files = parts.filter(({ name, isFile }) => name === 'file' && isFile);
  const [file] = files;
  if (file === undefined || files.length > 1)
    throw invalidRequest('The form needs one file in its field "file".');
  const stream = readSwitch(textPart(body, parts, { name: 'stream', charsMax: 10 }));
  if (stream && operation === 'translation')
    throw invalidRequest('Translations are not streamed by anybody; leave "stream" out.');
  const { likely, most } = soundSeconds(body.subarray(file.valueStart, file.valueEnd));
  return {
    body,
    context,
    model: textPart(body, parts, { name: 'model', charsMax: MODEL_NAME_CHARACTERS_MAX }),
    models: [],
    stream,
    outputTokensCap: null,
    provider: undefined,
    includeUsage: true,
    includeCost: false,
    externalParts: 0,
    units: { seconds: likely },
    unitsMax: { seconds: most },
  };
}

/** As forms write it: clients of several languages differ in how. */
function readSwitch(written: string | undefined): boolean {
  if (written === undefined) return false;
  const folded = written.toLowerCase();
  if (folded === 'true' || folded === '1') return true;
  if (folded === 'false' || folded === '0') return false;
  throw invalidRequest('The field "stream" must be true or false.');
}

const READ_PARTS = ['model', 'file', 'stream'];

/** Who ignores case would take such a part for the real one, and we would have judged another request. */
function refuseLookalikes(parts: readonly FormPart[]): void {
  for (const { name } of parts) {
    const folded = name.toLowerCase();
    if (folded !== name && READ_PARTS.includes(folded)) {
      throw invalidRequest(`The field "${folded}" must be written in lower case.`);
    }
  }
}

function passThrough(facts: RequestFacts, { upstreamModel }: EncodeTarget): EncodedRequest {
  const contentType = facts.context?.contentType;
  const part = scanForm(facts.body, contentType).find(({ name }) => name === 'model');
  const body =
    part === undefined || facts.model === upstreamModel
      ? facts.body
      : withPart(facts.body, part, upstreamModel);
  return { body, headers: [], ...(contentType === undefined ? {} : { contentType }) };
}

/** JSON, or the text itself, or subtitles, which end where the sound does. */
function readAnswer(body: Uint8Array): AnswerFacts {
  const text = asBuffer(body).toString('utf8');
  const answer = parse(text);
  if (!isRecord(answer)) {
    if (text.trim() === '' || /^\s*</.test(text))
      throw new DialectError('the answer is neither text nor subtitles');
    const seconds = subtitleSeconds(text);
    return facts(seconds === null ? null : { ...NO_TOKENS, units: { seconds } });
  }
  if (typeof answer['text'] !== 'string') throw new DialectError('the answer has no text');
  return facts(usageOf(answer));
}

function facts(usage: TokenUsage | null): AnswerFacts {
  return { usage, upstreamId: null, finishReason: 'stop' };
}

/** Tokens or seconds, whichever the model is billed by; `duration` of the verbose form where neither is stated. */
function usageOf(answer: Readonly<Record<string, unknown>>): TokenUsage | null {
  const usage = recordOrEmpty(answer['usage']);
  const input = tokenCount(usage['input_tokens']);
  const output = tokenCount(usage['output_tokens']);
  if (input !== null && output !== null) {
    const audio = tokenCount(recordOrEmpty(usage['input_token_details'])['audio_tokens']) ?? 0;
    return {
      ...NO_TOKENS,
      inputTokens: input,
      outputTokens: output,
      audioInputTokens: Math.min(input, audio),
    };
  }
  const seconds = secondsOf(usage['seconds']) ?? secondsOf(answer['duration']);
  return seconds === null ? null : { ...NO_TOKENS, units: { seconds } };
}

function secondsOf(value: unknown): number | null {
  const seconds = typeof value === 'string' ? Number(value) : value;
  return typeof seconds === 'number' && seconds >= 0 && seconds <= SECONDS_MAX ? seconds : null;
}

/** Undefined when it is not JSON: then it is the text itself. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
