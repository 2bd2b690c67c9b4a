/**
 * The recorded exchanges of the two chat dialects and of responses, whoever the provider: what was asked, what came back, and at which
 * provider of ours the same is asked. The traffic lies beside the project and is no part of it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadRecordings, matchKey, serialiseRecordedBody } from '@arouter/sandbox';
import type { Recording } from '@arouter/sandbox';

export type JsonObject = Readonly<Record<string, unknown>>;
export type ChatDialect = 'openai-chat' | 'anthropic-messages';
export type RecordedDialect = ChatDialect | 'openai-responses';

export type RecordedChat<Spoken extends RecordedDialect = RecordedDialect> = {
  /** `folder/file#index`. */
  readonly name: string;
  /** Who answered when it was recorded; the first segment of the sandbox's path. */
  readonly recordedAt: string;
  readonly dialect: Spoken;
  /** Our provider that speaks with such an upstream. */
  readonly provider: string;
  /** Where below the sandbox its key points. */
  readonly basePath: string;
  readonly request: JsonObject & { readonly model: string };
  /** `provider/model`, or the bare name where the dialect's callers write bare names. */
  readonly modelAsked: string;
  readonly streamed: boolean;
  readonly status: number;
  /** The exact bytes of the answer. */
  readonly answer: Buffer;
  readonly contentType: string;
  /** Equal for exchanges that the sandbox cannot tell apart: it answers those in turn. */
  readonly question: string;
};

/** `AROUTER_TRAFFIC_DIR`, else beside the project. */
export const TRAFFIC_DIR = join(
  process.env['AROUTER_TRAFFIC_DIR'] ?? join(import.meta.dirname, '../../../shared/traffic'),
  'recorded',
);
export const trafficIsPresent = existsSync(TRAFFIC_DIR);

/** Says once, in words, why the tests of recorded traffic do not run. */
export function explainAbsence(): void {
  if (!trafficIsPresent)
    console.log(`skipped: no recorded traffic at ${TRAFFIC_DIR} (set AROUTER_TRAFFIC_DIR)`);
}

type Operation<Spoken> = readonly [suffix: string, dialect: Spoken];
const CHATS: readonly Operation<ChatDialect>[] = [
  ['/chat/completions', 'openai-chat'],
  ['/v1/messages', 'anthropic-messages'],
];
const RESPONSES: readonly Operation<'openai-responses'>[] = [['/responses', 'openai-responses']];
/** Recorded at → our provider. What is not here is any endpoint that speaks the OpenAI dialect: a custom one. */
const PROVIDERS = new Set([
  'openai',
  'anthropic',
  'groq',
  'mistral',
  'cerebras',
  'deepseek',
  'openrouter',
  'zai',
]);
const CUSTOM = 'custom';
/** A key of theirs would serve the models of others too: they are asked in tests of their own. */
const ELSEWHERE = new Set(['azure']);
/** Callers of these write the model without a prefix. */
const BARE_NAMES = new Set(['openai', 'anthropic']);

/** In the order of their names; empty when there is no traffic. Every one has a JSON object as its request. */
export function loadRecordedChats(): readonly RecordedChat<ChatDialect>[] {
  return recordingsOf(CHATS, ({ exchange }) => !ELSEWHERE.has(exchange.provider));
}

export function loadRecordedResponses(): readonly RecordedChat<'openai-responses'>[] {
  return recordingsOf(RESPONSES, ({ exchange }) => !ELSEWHERE.has(exchange.provider));
}

/** What was recorded at the providers that the others leave out. */
export function loadRecordedElsewhere(): readonly RecordedChat[] {
  return recordingsOf([...CHATS, ...RESPONSES], ({ exchange }) => ELSEWHERE.has(exchange.provider));
}

/** Asked again and again, a group is answered in the order of its list, round and round. */
export function groupByQuestion(chats: readonly RecordedChat[]): readonly (readonly RecordedChat[])[] {
  return [...Map.groupBy(chats, ({ question }) => question).values()];
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function recordingsOf<Spoken extends RecordedDialect>(
  operations: readonly Operation<Spoken>[],
  isWanted: (recording: Recording) => boolean,
): readonly RecordedChat<Spoken>[] {
  if (!trafficIsPresent) return [];
  return loadRecordings(TRAFFIC_DIR)
    .filter(isWanted)
    .flatMap((recording) => toChat(recording, operations));
}

function toChat<Spoken extends RecordedDialect>(
  { name, exchange, path }: Recording,
  operations: readonly Operation<Spoken>[],
): RecordedChat<Spoken>[] {
  const operation = operations.find(([suffix]) => path.endsWith(suffix));
  const { request_body: request, provider: recordedAt, method } = exchange;
  if (operation === undefined || !isJsonObject(request)) return [];
  const [suffix, dialect] = operation;
  const { model } = request;
  if (typeof model !== 'string') return [];
  const provider = PROVIDERS.has(recordedAt) || ELSEWHERE.has(recordedAt) ? recordedAt : CUSTOM;
  return [
    {
      name,
      recordedAt,
      dialect,
      provider,
      basePath: `/${recordedAt}${path.slice(0, -suffix.length)}`,
      request: { ...request, model },
      modelAsked: BARE_NAMES.has(provider) ? model : `${provider}/${model}`,
      streamed: request['stream'] === true,
      status: exchange.status,
      answer: serialiseRecordedBody(exchange),
      contentType: exchange.response_headers['content-type'] ?? '',
      question: `${recordedAt} ${matchKey({ method, path, body: request })}`,
    },
  ];
}
