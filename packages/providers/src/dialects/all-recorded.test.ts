/**
 * All recorded traffic in one table: provider × what was tried, what came out equal, whose usage was the provider's own
 * count. Same dialect on both sides. What is not tried has a reason, told by what stands in the exchange; the dialects are
 * found where the providers list them, so that one more is tried the day it is spoken. (Cuts at every byte are in the
 * tests of each dialect.)
 */
import {
  classifyFailure,
  type Dialect,
  GatewayError,
  type ProviderDialect,
  type RequestContext,
} from '@arouter/core';
import { afterAll, describe, expect, test } from 'vitest';
import {
  bodyBytes,
  evidencePage,
  evidenceTable,
  type Exchange,
  headerOf,
  type Recorded,
  recordedExchanges,
  recordedProviders,
  trafficFolder,
} from '../manifest/recorded-traffic.ts';
import { manifests } from '../registry.gen.ts';
import { isObject, type JsonObject, numberOf, objectOf, objectsOf, stringOf } from './shared/json-values.ts';
import { asBuffer } from './shared/scan-json.ts';

const available = trafficFolder() !== null;
if (!available) process.stdout.write('skipped: no recorded traffic (set AROUTER_TRAFFIC_DIR)\n');

/** Paths whose format is one that callers and providers may speak. */
const SPOKEN: readonly (readonly [path: RegExp, dialect: string])[] = [
  [/\/chat\/completions$/, 'openai-chat'],
  [/\/v1\/messages$/, 'anthropic-messages'],
  [/\/responses$/, 'openai-responses'],
  [/:(?:generate|streamGenerate)Content$/, 'gemini-generate'],
  [/\/converse(?:-stream)?$/, 'bedrock-converse'],
  [/\/embeddings$/, 'openai-embeddings'],
  [/:batchEmbedContents$/, 'gemini-batch-embed'],
  [/\/v2\/embed$/, 'cohere-embed'],
  [/embed[^/]*\/invoke$|application-inference-profile[^/]*\/invoke$/, 'bedrock-embed'],
  [/\/responses\/input_tokens$/, 'openai-count-tokens'],
  [/\/messages\/count_tokens$/, 'anthropic-count-tokens'],
  [/:countTokens$/, 'gemini-count-tokens'],
  [/\/count-tokens$/, 'bedrock-count-tokens'],
];
/** Why an exchange is not tried. The first that applies counts. */
const NOT_TRIED: readonly (readonly [reason: string, applies: (exchange: Exchange) => boolean])[] = [
  [
    'no inference: files, stores, stored conversations, lists of models',
    ({ url, method }) =>
      method.toUpperCase() !== 'POST' ||
      /\/(?:files|vector_stores|conversations|fileSearchStores)\b|uploadToFileSearchStore/.test(url),
  ],
  ['counts tokens in a form that only the raw proxy passes', ({ url }) => url.endsWith('/tokenize')],
  ['compacts a conversation into what only its provider reads', ({ url }) => url.endsWith('/compact')],
  [
    'a body in the model vendor’s own form, which only the raw proxy passes',
    ({ url }) => /\/invoke$|cohere\.com\//.test(url) && !/embed|application-inference-profile/.test(url),
  ],
  [
    'refused here: a background response could not be fetched, and its cost would be unknown',
    ({ request_body: body }) => objectOf(body)['background'] === true,
  ],
];
/** What is rightly not equal, by aspect. */
const EXCEPTIONS: readonly (readonly [
  reason: string,
  aspect: Aspect,
  applies: (exchange: Exchange) => boolean,
])[] = [
  [
    'the body was recorded incompletely and is no JSON',
    'request',
    ({ request_body: body }) => typeof body === 'string' && parsed(body) === undefined,
  ],
  [
    'members that speak to the gateway itself are read here and not sent on',
    'request',
    ({ request_body: body }) =>
      ['models', 'route', 'provider', 'usage', 'plugins', 'transforms'].some(
        (field) => field in objectOf(body),
      ),
  ],
  [
    'usage in the stream is asked for, whether the caller asks or not',
    'request',
    ({ request_body: body, url }) =>
      /\/chat\/completions/.test(url) &&
      objectOf(body)['stream'] === true &&
      objectOf(objectOf(body)['stream_options'])['include_usage'] !== true,
  ],
];

type Aspect = 'request' | 'answer' | 'usage' | 'error';
type Row = Record<
  | Aspect
  | 'exchanges'
  | 'request equal'
  | 'answer equal'
  | 'usage equal'
  | 'error classified'
  | 'not tried'
  | 'excepted',
  number
>;
const rows = new Map<string, Row>();
const notTried = new Map<string, number>();
const excepted = new Map<string, number>();
const different: string[] = [];

const EQUAL_COLUMN = {
  request: 'request equal',
  answer: 'answer equal',
  usage: 'usage equal',
  error: 'error classified',
} as const;

function rowOf(provider: string): Row {
  const row = rows.get(provider) ?? {
    exchanges: 0,
    request: 0,
    'request equal': 0,
    answer: 0,
    'answer equal': 0,
    usage: 0,
    'usage equal': 0,
    error: 0,
    'error classified': 0,
    excepted: 0,
    'not tried': 0,
  };
  rows.set(provider, row);
  return row;
}
function count({ name, exchange }: Recorded, aspect: Aspect, isEqual: boolean, seen?: unknown): void {
  const row = rowOf(exchange.provider);
  row[aspect]++;
  if (isEqual) row[EQUAL_COLUMN[aspect]]++;
  else {
    const reason = EXCEPTIONS.find(([, which, applies]) => which === aspect && applies(exchange))?.[0];
    if (reason === undefined) different.push(`${name}: ${aspect}: ${JSON.stringify(seen)}`);
    else {
      row.excepted++;
      excepted.set(reason, (excepted.get(reason) ?? 0) + 1);
    }
  }
}
function withTotal(): ReadonlyMap<string, Row> {
  const total = [...rows.values()].reduce((sum, row) => {
    const columns = Object.keys(row) as (keyof Row)[];
    return Object.fromEntries(columns.map((column) => [column, (sum[column] ?? 0) + row[column]])) as Row;
  }, {} as Row);
  return new Map([...rows, ['total', total]]);
}

function page(): string {
  const listed = (reasons: ReadonlyMap<string, number>): string =>
    [...reasons].map(([reason, many]) => `* ${many}: ${reason}`).join('\n');
  return `<!-- Written by AROUTER_WRITE_EVIDENCE=1 npm test -- all-recorded; held by that test. Do not edit. -->
# Recorded traffic, the same dialect on both sides

Every recorded exchange of every provider: the request as it would be sent on, the answer as it is passed on, the usage that is
read from it against the provider's own counters, and the class of every error. Tried and not tried add up to the exchanges.

${evidenceTable('Provider', withTotal())}

Not tried:

${listed(notTried)}

Tried, and rightly not equal:

${listed(excepted)}

The 127 bodies of Google's mock responses are tried in \`packages/providers/src/dialects/gemini-generate/recorded.test.ts\`: each is an
answer, or a failure of the class that a person gave it. The same exchanges of the chat dialects and of responses go through the
real server in \`tests/e2e/recorded-traffic.test.ts\` and \`recorded-responses.test.ts\`.
`;
}
afterAll(() => {
  if (available) process.stdout.write(page());
});

const all = recordedProviders().flatMap((provider) => recordedExchanges(provider));
const speakers: readonly ProviderDialect[] = [...manifests.values()].flatMap(
  ({ dialects, hostDialects = [] }) => [...dialects, ...hostDialects],
);

function dialectOf({ url }: Exchange): Dialect | undefined {
  const { pathname } = new URL(url);
  const id = SPOKEN.find(([path]) => path.test(pathname))?.[1];
  return speakers.find(({ dialect }) => dialect.id === id)?.dialect;
}

/** What the path says where it names the model. */
function contextOf({ url }: Exchange): RequestContext {
  const { pathname, search } = new URL(url);
  const model = /\/(?:models|model)\/([^/:]+(?::\d+)?)(?::\w+|\/converse(?:-stream)?|\/count-tokens)$/.exec(
    decodeURIComponent(pathname),
  )?.[1];
  return {
    ...(model === undefined ? {} : { pathModel: model }),
    stream: /streamGenerateContent|converse-stream/.test(pathname),
    ...(search.includes('alt=sse') ? { streamContentType: 'text/event-stream' } : {}),
  };
}

describe.skipIf(!available)('all recorded traffic', () => {
  test('every exchange is tried or has a reason not to be', () => {
    for (const recorded of all) {
      const { exchange } = recorded;
      const row = rowOf(exchange.provider);
      row.exchanges++;
      const reason = NOT_TRIED.find(([, applies]) => applies(exchange))?.[0];
      const dialect = dialectOf(exchange);
      if (reason !== undefined || dialect === undefined) {
        const said = reason ?? 'no provider here speaks this format';
        row['not tried']++;
        notTried.set(said, (notTried.get(said) ?? 0) + 1);
        continue;
      }
      tryRequest(recorded, dialect);
      if (exchange.status === 200) tryAnswer(recorded, dialect);
      else tryError(recorded, dialect);
    }
    expect(different).toEqual([]);
    const left = [...notTried.values()].reduce((sum, many) => sum + many, 0);
    expect(left).toBeLessThan(all.length * 0.1);
    const tried = [...rows.values()].reduce((sum, row) => sum + row.request, 0);
    expect(tried + left).toBe(all.length);
  });

  test('the page of evidence says what came out', () => {
    expect([page(), null]).toContain(evidencePage('same-dialect', page(), all.length));
  });
});

function tryRequest(recorded: Recorded, dialect: Dialect): void {
  const { request_body: body } = recorded.exchange;
  const written = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body), 'utf8');
  const facts = readOr(recorded, () => dialect.readRequest(written, contextOf(recorded.exchange)));
  if (facts === undefined) return;
  const target = { upstreamModel: facts.model ?? '', outputTokensMax: null, quirks: {} };
  const sent = asBuffer(dialect.passThrough(facts, target).body);
  count(recorded, 'request', sent.equals(written), sent.toString('utf8').slice(0, 200));
}

/** Undefined, and noted, where the request is refused. */
function readOr<Facts>(recorded: Recorded, read: () => Facts): Facts | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    count(recorded, 'request', false, error.message);
    return undefined;
  }
}

/** A whole answer goes on as it is; what is judged is that it is taken for one. */
function tryAnswer(recorded: Recorded, dialect: Dialect): void {
  const bytes = asBuffer(bodyBytes(recorded.exchange));
  const isStream =
    /^(?:data|event|:)/.test(bytes.toString('latin1', 0, 8)) ||
    recorded.exchange.response_base64 !== undefined;
  if (!isStream || dialect.streamContentType === undefined) {
    const failure = dialect.findFailure(bytes);
    count(recorded, 'answer', failure === null, failure);
    if (failure === null) compareUsage(recorded, dialect.readAnswer(bytes).usage, bytes);
    return;
  }
  const relay = dialect.createPassThroughRelay({ stripUsage: false });
  const passed: (Uint8Array | null)[] = [];
  for (let at = 0; at < bytes.length; at += 1009) passed.push(relay.push(bytes.subarray(at, at + 1009)));
  passed.push(relay.end());
  const { failure, answer } = relay.state;
  // After an error inside the stream the relay writes no end.
  const end = failure === null ? [relay.finish()] : [];
  const whole = Buffer.concat([...passed, ...end].filter((piece) => piece !== null));
  const isEqual = failure === null ? whole.equals(bytes) : bytes.includes(whole);
  count(recorded, 'answer', isEqual, whole.toString('latin1').slice(-120));
  compareUsage(recorded, answer.usage, bytes);
}

type Counts = { readonly input: number; readonly output: number };

function compareUsage(
  recorded: Recorded,
  usage: { inputTokens: number; outputTokens: number } | null,
  bytes: Buffer,
): void {
  const stated = statedCounts(bytes);
  if (stated === null) return;
  const seen = { input: usage?.inputTokens, output: usage?.outputTokens };
  count(recorded, 'usage', seen.input === stated.input && seen.output === stated.output, { seen, stated });
}

/** The provider's last word on its tokens, read from the text by the simplest means there is; null when it says nothing. */
function statedCounts(bytes: Buffer): Counts | null {
  const text = bytes.toString('utf8');
  const parts = jsonParts(text);
  const found = parts.flatMap((part) => usagesIn(part));
  if (found.length === 0) return null;
  // Anthropic's last event restates a part only; everybody else's last word is the whole.
  const isParts = found.some((each) => 'cache_creation_input_tokens' in each);
  const usage: JsonObject = isParts ? (Object.assign({}, ...found) as JsonObject) : (found.at(-1) ?? {});
  const of = (field: string): number => numberOf(usage[field]) ?? 0;
  if ('promptTokenCount' in usage || 'totalTokenCount' in usage) {
    return {
      input: of('promptTokenCount') + of('toolUsePromptTokenCount'),
      output: of('candidatesTokenCount') + of('thoughtsTokenCount'),
    };
  }
  if ('inputTokens' in usage) {
    return {
      input: of('inputTokens') + of('cacheReadInputTokens') + of('cacheWriteInputTokens'),
      output: of('outputTokens'),
    };
  }
  if ('prompt_tokens' in usage) return { input: of('prompt_tokens'), output: of('completion_tokens') };
  // Anthropic counts what the cache held apart; OpenAI's responses count it in.
  return {
    input: of('input_tokens') + of('cache_read_input_tokens') + of('cache_creation_input_tokens'),
    output: of('output_tokens'),
  };
}

/** A JSON body, the events of a stream, or the JSON in binary frames. */
function jsonParts(text: string): readonly unknown[] {
  const whole = parsed(text);
  if (whole !== undefined) return Array.isArray(whole) ? whole : [whole];
  if (/^data:/m.test(text))
    return text
      .split(/\r?\n/)
      .filter((line) => line.startsWith('data:'))
      .map((line) => parsed(line.slice(5)));
  return [...text.matchAll(/"usage":\{(?:[^{}]|\{[^{}]*\})*\}/g)].map(([member]) => parsed(`{${member}}`));
}

function usagesIn(part: unknown): readonly JsonObject[] {
  const top = objectOf(part);
  const places = [
    top['usage'],
    top['usageMetadata'],
    objectOf(top['x_groq'])['usage'],
    objectOf(top['message'])['usage'],
    objectOf(top['response'])['usage'],
  ];
  return places
    .filter(isObject)
    .map((usage) => Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== null)));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // `[DONE]`, comments, and what is no JSON at all.
    return undefined;
  }
}

/** Its class is one of the table's, and the provider's words are kept. */
function tryError(recorded: Recorded, dialect: Dialect): void {
  const { exchange } = recorded;
  const signals = dialect.decodeFailure(exchange.status, headerOf(exchange), bodyBytes(exchange));
  const failureClass = classifyFailure(signals, []);
  const words = objectsOf([exchange.response_body]).map(
    (body) => stringOf(objectOf(body['error'])['message']) ?? stringOf(body['message']) ?? '',
  );
  const kept =
    signals.message !== '' &&
    (words[0] ?? '').slice(0, 12) === signals.message.slice(0, (words[0] ?? '').slice(0, 12).length);
  count(recorded, 'error', kept && failureClass !== undefined, { failureClass, message: signals.message });
}
