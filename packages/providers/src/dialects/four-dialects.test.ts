/**
 * The four big dialects crossed: every recorded conversation of one, asked and answered for callers of each other one.
 * What the caller gets is read by the vendors' own SDKs where they have one for the format, and must say the same: text,
 * calls, why it ended. Requests that the other side cannot express are refused in words, and counted. One table.
 */
import Anthropic from '@anthropic-ai/sdk';
import { createTranslatingRelay, type Dialect, GatewayError, type RequestContext } from '@arouter/core';
import OpenAI from 'openai';
import { afterAll, describe, expect, test } from 'vitest';
import {
  bodyBytes,
  evidencePage,
  evidenceTable,
  type Exchange,
  recordedExchanges,
  recordedProviders,
  trafficFolder,
} from '../manifest/recorded-traffic.ts';
import { anthropicMessages } from './anthropic-messages/index.ts';
import { geminiGenerate } from './gemini-generate/index.ts';
import { openaiChat } from './openai-chat/index.ts';
import { openaiResponses } from './openai-responses/index.ts';
import { isObject, type JsonObject, objectOf, objectsOf, stringOf } from './shared/json-values.ts';

const available = trafficFolder() !== null;
if (!available) process.stdout.write('skipped: no recorded traffic (set AROUTER_TRAFFIC_DIR)\n');

type Side = {
  readonly name: string;
  readonly dialect: Dialect;
  readonly path: RegExp;
  readonly said: (answer: JsonObject) => Said;
};
/** Text without white space: several texts of one answer are joined with gaps. */
type Said = { readonly text: string; readonly calls: readonly unknown[]; readonly end: string };
const SIDES: readonly Side[] = [
  { name: 'chat', dialect: openaiChat, path: /\/chat\/completions$/, said: saidByCompletion },
  { name: 'responses', dialect: openaiResponses, path: /\/responses$/, said: saidByResponse },
  { name: 'messages', dialect: anthropicMessages, path: /\/v1\/messages$/, said: saidByMessage },
  { name: 'gemini', dialect: geminiGenerate, path: /:(?:g|streamG)enerateContent$/, said: saidByGemini },
];

/** Answers that rightly say more than their texts did, told by what stands in them. */
const EXCEPTIONS: readonly (readonly [reason: string, applies: (answer: string) => boolean])[] = [
  [
    'code that the provider ran itself, and what it printed, stand in the text',
    (answer) => /"(?:executableCode|codeExecutionResult)"/.test(answer),
  ],
  [
    'a prompt or an answer that was blocked is a refusal in words',
    (answer) => /"(?:blockReason|blockReasonMessage)"|"finishReason":\s*"SAFETY"/.test(answer),
  ],
];
const excepted = new Map<string, number>();

type Row = {
  asked: number;
  refused: number;
  answers: number;
  equal: number;
  streams: number;
  'streams equal': number;
};
const rows = new Map<string, Row>();
function page(): string {
  const reasons = [...excepted].map(([reason, many]) => `* ${many}: ${reason}`);
  return `<!-- Written by AROUTER_WRITE_EVIDENCE=1 npm test -- four-dialects; held by that test. Do not edit. -->
# Recorded conversations, across the four big dialects

Caller → provider: every recorded conversation of the provider's dialect, asked and answered for a caller of another one. Asked
is how many there are, refused how many of the questions have no form in the caller's dialect and are refused in words. Equal
means that the vendor's own library reads the same text, the same calls and the same end from what the caller gets.

${evidenceTable('Caller → provider', rows)}

Rightly not equal:

${reasons.join('\n')}
`;
}
afterAll(() => {
  if (available) process.stdout.write(page());
});

const all = recordedProviders().flatMap((provider) => recordedExchanges(provider));
const context = { id: 'gen-1795417200-abcdef' };

describe.skipIf(!available)('recorded conversations across the four big dialects', () => {
  const pairs = SIDES.flatMap((provider) =>
    SIDES.filter((caller) => caller !== provider).map((caller) => ({
      provider,
      caller,
      pair: `${caller.name} → ${provider.name}`,
    })),
  );

  test.each(pairs)(
    '$pair: what the caller gets means what the provider said',
    async ({ provider, caller, pair }) => {
      const row: Row = { asked: 0, refused: 0, answers: 0, equal: 0, streams: 0, 'streams equal': 0 };
      rows.set(pair, row);
      const different: string[] = [];
      const recorded = all.filter(
        ({ exchange }) =>
          exchange.method.toUpperCase() === 'POST' &&
          exchange.status === 200 &&
          provider.path.test(new URL(exchange.url).pathname),
      );
      for (const { name, exchange } of recorded) {
        row.asked++;
        if (!isAskable(exchange, provider.dialect, caller.dialect)) row.refused++;
        const bytes = bodyBytes(exchange);
        const isStream =
          exchange.response_text !== undefined && /^(?:data|event|:)/.test(exchange.response_text);
        if (isStream) {
          const said = await readStream(caller, relayed(bytes, provider.dialect, caller.dialect));
          if (said === null) continue;
          row.streams++;
          const expected = provider.said(wholeOf(provider.name, exchange.response_text ?? ''));
          if (JSON.stringify(said) === JSON.stringify(expected)) row['streams equal']++;
          else if (!isExcepted(bytes)) different.push(differenceOf(name, said, expected));
          continue;
        }
        if (provider.dialect.findFailure(bytes) !== null) continue;
        row.answers++;
        const answer = caller.dialect.answerFromCanonical(provider.dialect.answerToCanonical(bytes), context);
        const said = caller.said(await parsedBySdk(caller.name, answer));
        const expected = provider.said(JSON.parse(Buffer.from(bytes).toString('utf8')) as JsonObject);
        if (JSON.stringify(said) === JSON.stringify(expected)) row.equal++;
        else if (!isExcepted(bytes)) different.push(differenceOf(name, said, expected));
      }
      expect(different).toEqual([]);
      expect(row.equal + row['streams equal']).toBeGreaterThan(40);
    },
  );

  test('the page of evidence says what came out', () => {
    expect([page(), null]).toContain(evidencePage('crossed', page(), all.length));
  });
});

/** Noted for the table. */
function isExcepted(answer: Uint8Array): boolean {
  const text = Buffer.from(answer).toString('utf8');
  const reason = EXCEPTIONS.find(([, applies]) => applies(text))?.[0];
  if (reason !== undefined) excepted.set(reason, (excepted.get(reason) ?? 0) + 1);
  return reason !== undefined;
}

function differenceOf(name: string, said: Said, expected: Said): string {
  return `${name}: ${JSON.stringify(said).slice(0, 400)} instead of ${JSON.stringify(expected).slice(0, 400)}`;
}

/** The recorded question as a caller of the other dialect would write it, and back: refusals are values here. */
function isAskable({ request_body: body, url }: Exchange, provider: Dialect, caller: Dialect): boolean {
  const { pathname } = new URL(url);
  const pathModel = /\/models\/([^/:]+):/.exec(pathname)?.[1];
  const place: RequestContext =
    pathModel === undefined ? {} : { pathModel, stream: pathname.includes('stream') };
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body), 'utf8');
  const target = {
    upstreamModel: pathModel ?? stringOf(objectOf(body)['model']) ?? 'm',
    outputTokensMax: null,
    quirks: {},
  };
  try {
    const question = caller.fromCanonical(provider.toCanonical(provider.readRequest(bytes, place)), target);
    const facts = caller.readRequest(question.body, { pathModel: target.upstreamModel, stream: false });
    provider.fromCanonical(caller.toCanonical(facts), target);
    return true;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    expect(error.message).toMatch(/\S{3,} .*[.)]$/s);
    return false;
  }
}

/** Null where the provider's stream ends with an error. */
function relayed(bytes: Uint8Array, from: Dialect, to: Dialect): string | null {
  const decoder = from.createStreamDecoder();
  const relay = createTranslatingRelay(decoder, to.createStreamEncoder({ ...context, includeUsage: true }));
  const parts: (Uint8Array | null)[] = [];
  for (let at = 0; at < bytes.length; at += 251) parts.push(relay.push(bytes.subarray(at, at + 251)));
  parts.push(relay.end());
  if (relay.state.failure !== null) return null;
  parts.push(relay.finish());
  return Buffer.concat(parts.filter((part) => part !== null)).toString('utf8');
}

function sdks(body: Uint8Array | string, contentType: string) {
  const fetch = async (): Promise<Response> =>
    new Response(Buffer.from(body as string), { status: 200, headers: { 'content-type': contentType } });
  const options = { apiKey: 'none', baseURL: 'http://provider.test', fetch, maxRetries: 0 };
  return { openai: new OpenAI(options), anthropic: new Anthropic(options) };
}

async function parsedBySdk(name: string, body: Uint8Array): Promise<JsonObject> {
  const { openai, anthropic } = sdks(body, 'application/json');
  if (name === 'chat') return objectOf(await openai.chat.completions.create({ model: 'm', messages: [] }));
  if (name === 'responses') return objectOf(await openai.responses.create({ model: 'm', input: 'x' }));
  if (name === 'messages')
    return objectOf(await anthropic.messages.create({ model: 'm', max_tokens: 1, messages: [] }));
  return JSON.parse(Buffer.from(body).toString('utf8')) as JsonObject;
}

async function readStream({ name, said }: Side, stream: string | null): Promise<Said | null> {
  if (stream === null) return null;
  const { openai, anthropic } = sdks(stream, 'text/event-stream');
  if (name === 'chat')
    return said(
      objectOf(await openai.chat.completions.stream({ model: 'm', messages: [] }).finalChatCompletion()),
    );
  if (name === 'responses')
    return said(objectOf(await openai.responses.stream({ model: 'm', input: 'x' }).finalResponse()));
  if (name === 'messages')
    return said(
      objectOf(await anthropic.messages.stream({ model: 'm', max_tokens: 1, messages: [] }).finalMessage()),
    );
  return said(wholeOf(name, stream));
}

/** A provider's stream put together by hand: shares no code with the dialects. */
function wholeOf(name: string, stream: string): JsonObject {
  const events = stream
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:') && line.includes('{'))
    .map((line) => JSON.parse(line.slice(5)) as JsonObject);
  if (name === 'responses')
    return objectOf(events.findLast((event) => isObject(event['response']))?.['response']);
  if (name === 'gemini') {
    const candidates = events.flatMap((event) => objectsOf(event['candidates']).slice(0, 1));
    const parts = candidates.flatMap((candidate) => objectsOf(objectOf(candidate['content'])['parts']));
    const finishReason = candidates
      .map((candidate) => candidate['finishReason'])
      .findLast((reason) => reason !== undefined);
    return { ...events[0], candidates: [{ content: { parts }, finishReason }] };
  }
  return name === 'chat' ? wholeCompletion(events) : wholeMessage(events);
}

function wholeCompletion(events: readonly JsonObject[]): JsonObject {
  let content = '';
  let finish: unknown = null;
  const calls: { name: string; arguments: string }[] = [];
  for (const choice of events.flatMap((event) => objectsOf(event['choices']).slice(0, 1))) {
    const delta = objectOf(choice['delta']);
    const piece = delta['content'];
    content +=
      typeof piece === 'string'
        ? piece
        : objectsOf(piece)
            .map((part) => stringOf(part['text']) ?? '')
            .join('');
    for (const [position, call] of objectsOf(delta['tool_calls']).entries()) {
      const { name, arguments: written } = objectOf(call['function']);
      const at = typeof call['index'] === 'number' ? call['index'] : position;
      const made = (calls[at] ??= { name: '', arguments: '' });
      made.name ||= stringOf(name) ?? '';
      made.arguments += stringOf(written) ?? '';
    }
    finish ??= choice['finish_reason'] ?? null;
  }
  return {
    choices: [
      {
        message: { content, tool_calls: calls.map((named) => ({ function: named })) },
        finish_reason: finish,
      },
    ],
  };
}

function wholeMessage(events: readonly JsonObject[]): JsonObject {
  const blocks = new Map<unknown, { block: JsonObject; text: string; json: string }>();
  let reason: unknown;
  for (const event of events) {
    const delta = objectOf(event['delta']);
    if (event['type'] === 'message_delta') reason = delta['stop_reason'] ?? reason;
    if (event['type'] === 'content_block_start')
      blocks.set(event['index'], { block: objectOf(event['content_block']), text: '', json: '' });
    const open = blocks.get(event['index']);
    if (open === undefined || event['type'] !== 'content_block_delta') continue;
    open.text += stringOf(delta['text']) ?? '';
    open.json += stringOf(delta['partial_json']) ?? '';
  }
  const content = [...blocks.values()].map(({ block, text, json }) => ({
    ...block,
    text,
    ...(json === '' ? {} : { input: inputOf(json) }),
  }));
  return { content, stop_reason: reason };
}

function said(text: string, calls: readonly unknown[], end: string): Said {
  return {
    text: text.replaceAll(/\s+/g, ''),
    calls: calls.map(sorted),
    end: end === 'stop' && calls.length > 0 ? 'calls' : end,
  };
}

function saidByCompletion(completion: JsonObject): Said {
  const choice = objectsOf(completion['choices'])[0] ?? {};
  const message = objectOf(choice['message']);
  const { content } = message;
  const text =
    typeof content === 'string'
      ? content
      : objectsOf(content)
          .map((part) => (part['type'] === 'text' ? part['text'] : ''))
          .join('');
  const calls = objectsOf(message['tool_calls']).map((call) => {
    const { name, arguments: written } = objectOf(call['function']);
    return { name, input: inputOf(written) };
  });
  return said(
    text + (stringOf(message['refusal']) ?? ''),
    calls,
    ENDS.get(choice['finish_reason']) ?? 'stop',
  );
}

function saidByResponse(response: JsonObject): Said {
  const output = objectsOf(response['output']);
  const content = output.flatMap((item) => (item['type'] === 'message' ? objectsOf(item['content']) : []));
  const text = content.map((part) => stringOf(part['text']) ?? stringOf(part['refusal']) ?? '').join('');
  const calls = output
    .filter(({ type }) => type === 'function_call')
    .map(({ name, arguments: written }) => ({ name, input: inputOf(written) }));
  return said(text, calls, ENDS.get(objectOf(response['incomplete_details'])['reason']) ?? 'stop');
}

function saidByMessage(message: JsonObject): Said {
  const blocks = objectsOf(message['content']);
  const text = blocks.map((block) => (block['type'] === 'text' ? block['text'] : '')).join('');
  const calls = blocks.filter(({ type }) => type === 'tool_use').map(({ name, input }) => ({ name, input }));
  return said(text, calls, ENDS.get(message['stop_reason']) ?? 'stop');
}

function saidByGemini(answer: JsonObject): Said {
  const candidate = objectsOf(answer['candidates'])[0] ?? {};
  const parts = objectsOf(objectOf(candidate['content'])['parts']);
  const text = parts.map((part) => (part['thought'] === true ? '' : (stringOf(part['text']) ?? ''))).join('');
  const calls = parts
    .filter((part) => isObject(part['functionCall']))
    .map((part) => objectOf(part['functionCall']))
    .map(({ name, args }) => ({ name, input: objectOf(args) }));
  return said(text, calls, ENDS.get(candidate['finishReason']) ?? 'stop');
}

const ENDS: ReadonlyMap<unknown, string> = new Map([
  ...['length', 'max_tokens', 'max_output_tokens', 'MAX_TOKENS', 'model_context_window_exceeded'].map(
    (word) => [word, 'length'] as const,
  ),
  ...['content_filter', 'refusal', 'SAFETY', 'RECITATION', 'PROHIBITED_CONTENT', 'BLOCKLIST', 'SPII'].map(
    (word) => [word, 'filter'] as const,
  ),
]);

function inputOf(written: unknown): unknown {
  const text = stringOf(written) ?? '';
  try {
    return JSON.parse(text || '{}') as unknown;
  } catch {
    // Cut off by the output limit: then the text itself is what both sides must have.
    return text;
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((key) => [key, sorted(value[key])]),
  );
}
