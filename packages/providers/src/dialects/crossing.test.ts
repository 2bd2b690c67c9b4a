/** Anthropic Messages and OpenAI chat through the canonical form, on recorded traffic and with both vendors' own SDKs. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import {
  type CanonicalChunk,
  createTranslatingRelay,
  type Dialect,
  type FailureSignals,
  GatewayError,
} from '@arouter/core';
import OpenAI from 'openai';
import { afterAll, describe, expect, test } from 'vitest';
import { anthropicMessages } from './anthropic-messages/index.ts';
import { openaiChat } from './openai-chat/index.ts';

type Json = { readonly [field: string]: unknown };
type Exchange = {
  readonly url: string;
  readonly status: number;
  readonly request_body?: Json;
  readonly response_body?: Json;
  readonly response_text?: string;
};

const traffic =
  process.env['AROUTER_TRAFFIC_DIR'] ?? join(import.meta.dirname, '../../../../../shared/traffic');
const available = existsSync(join(traffic, 'recorded'));
if (!available)
  process.stdout.write(`skipped: no recorded traffic in ${traffic} (set AROUTER_TRAFFIC_DIR)\n`);
const CHAT_PROVIDERS = [
  'openai',
  'groq',
  'mistral',
  'deepseek',
  'openrouter',
  'cerebras',
  'huggingface',
  'zai',
  'azure',
];

const messages = read(['anthropic'], /\/v1\/messages(\?|$)/);
const chats = read(CHAT_PROVIDERS, /\/chat\/completions/);

function read(providers: readonly string[], url: RegExp): readonly Exchange[] {
  if (!available) return [];
  return providers.flatMap((provider) => {
    const folder = join(traffic, 'recorded', provider);
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .flatMap(
        (name) =>
          (JSON.parse(readFileSync(join(folder, name), 'utf8')) as { exchanges: Exchange[] }).exchanges,
      )
      .filter((exchange) => url.test(exchange.url));
  });
}

const table: Record<string, { tried: number; equal: number; refused: number }> = {};
function count(row: string, outcome: 'equal' | 'different' | 'refused'): void {
  const counts = (table[row] ??= { tried: 0, equal: 0, refused: 0 });
  counts.tried++;
  if (outcome !== 'different') counts[outcome]++;
}
/** Counts, and shows the difference when there is one. */
function compare(row: string, actual: unknown, expected: unknown): void {
  count(row, JSON.stringify(sorted(actual)) === JSON.stringify(sorted(expected)) ? 'equal' : 'different');
  expect(actual).toEqual(expected);
}
afterAll(() => {
  const rows = Object.entries(table).map(
    ([row, { tried, equal, refused }]) =>
      `${row.padEnd(44)} tried ${tried}, equal ${equal}, refused ${refused}\n`,
  );
  process.stdout.write(rows.join(''));
});

const target = (upstreamModel: string) => ({ upstreamModel, outputTokensMax: null, quirks: {} });
const bytesOf = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
const parse = (bytes: Uint8Array): Json => JSON.parse(new TextDecoder().decode(bytes)) as Json;
const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  );
}

/** The real SDKs over a fetch that answers with these bytes. */
function answering(body: Uint8Array, contentType: string) {
  const respond = async (): Promise<Response> =>
    new Response(Buffer.from(body), { status: 200, headers: { 'content-type': contentType } });
  return {
    anthropic: new Anthropic({
      apiKey: 'none',
      baseURL: 'http://provider.test',
      fetch: respond,
      maxRetries: 0,
    }),
    openai: new OpenAI({ apiKey: 'none', baseURL: 'http://provider.test', fetch: respond, maxRetries: 0 }),
  };
}
const ASK_ANTHROPIC = { model: 'm', max_tokens: 1, messages: [] };
const ASK_OPENAI = { model: 'm', messages: [] };

/** A whole stream from one dialect to the other, cut into pieces of this many bytes. */
function relay(stream: string, from: Dialect, to: Dialect, pieceBytes = 97): Uint8Array {
  const encodeFailure = (failure: FailureSignals): Uint8Array =>
    to.encodeStreamError({
      status: failure.status,
      code: 'upstream_error',
      message: failure.message,
      requestId: 'r',
    });
  const options = { includeUsage: true, id: 'gen-1' };
  const relaying = createTranslatingRelay(
    from.createStreamDecoder(),
    to.createStreamEncoder(options),
    encodeFailure,
  );
  const bytes = bytesOf(stream);
  const parts: (Uint8Array | null)[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes)
    parts.push(relaying.push(bytes.subarray(at, at + pieceBytes)));
  parts.push(relaying.end(), relaying.finish());
  return Buffer.concat(parts.filter((part) => part !== null));
}
/** The canonical form is the OpenAI form, so these are the chunks as they stand in the recording. */
function chunksOf(stream: string): readonly CanonicalChunk[] {
  return stream
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:') && !line.includes('[DONE]'))
    .map((line) => JSON.parse(line.slice('data:'.length)) as CanonicalChunk);
}
// What an answer says, in one form for both vendors.
type Said = {
  readonly text: string;
  readonly calls: readonly unknown[];
  readonly finish: unknown;
  readonly usage: unknown;
};

function saidByMessage(message: Json): Said {
  const blocks = list(message['content']);
  const usage = (message['usage'] ?? {}) as Record<string, number | undefined>;
  const cached = usage['cache_read_input_tokens'] ?? 0;
  const written = usage['cache_creation_input_tokens'] ?? 0;
  return {
    text: textOf(blocks),
    calls: blocks.filter(({ type }) => type === 'tool_use').map(({ name, input }) => ({ name, input })),
    finish: message['stop_reason'],
    usage: {
      input: (usage['input_tokens'] ?? 0) + cached + written,
      cached,
      output: usage['output_tokens'] ?? 0,
    },
  };
}
function saidByCompletion(completion: Json): Said {
  const choice = list(completion['choices'])[0] ?? {};
  const message = (choice['message'] ?? {}) as Json;
  const content = message['content'];
  const usage = (completion['usage'] ?? {}) as Record<string, unknown>;
  const details = (usage['prompt_tokens_details'] ?? {}) as Record<string, unknown>;
  return {
    text: typeof content === 'string' ? content : textOf(list(content)),
    calls: list(message['tool_calls']).map((call) => {
      const named = call['function'] as { name: string; arguments: string };
      return { name: named.name, input: JSON.parse(named.arguments || '{}') as unknown };
    }),
    finish: choice['finish_reason'],
    usage: {
      input: usage['prompt_tokens'] ?? 0,
      cached:
        details['cached_tokens'] ??
        usage['prompt_cache_hit_tokens'] ??
        usage['num_cached_tokens'] ??
        usage['cached_tokens'] ??
        0,
      output: usage['completion_tokens'] ?? 0,
    },
  };
}
function textOf(blocks: readonly Json[]): string {
  return blocks.map((block) => (block['type'] === 'text' ? block['text'] : '')).join('');
}
const FINISH = { end_turn: 'stop', tool_use: 'tool_calls', max_tokens: 'length', refusal: 'content_filter' };
const inOpenAiWords = (said: Said): Said => ({ ...said, finish: FINISH[said.finish as keyof typeof FINISH] });

describe.skipIf(!available)('Anthropic Messages ⇄ OpenAI chat', () => {
  test('a Messages request through the canonical form keeps its meaning', () => {
    for (const { request_body: request } of messages) {
      if (request === undefined) continue;
      const crossed = cross(request);
      if (crossed === undefined) {
        expect(needsAnthropic(request)).toBe(true);
        count('anthropic request → canonical → anthropic', 'refused');
        continue;
      }
      expect(problemsOf(crossed)).toEqual([]);
      compare('anthropic request → canonical → anthropic', meaningOf(crossed), meaningOf(request));
    }
  });

  test('a chat request becomes a Messages request that keeps the rules of the API', () => {
    for (const { request_body: request, status } of chats) {
      if (request === undefined || status >= 400) continue;
      const row = 'chat request → anthropic (valid)';
      try {
        const canonical = openaiChat.toCanonical(openaiChat.readRequest(bytesOf(request)));
        const encoded = parse(anthropicMessages.fromCanonical(canonical, target('claude-sonnet-4-5')).body);
        compare(row, problemsOf(encoded), []);
        const asksForJson = (request['response_format'] as Json | undefined)?.['type'] === 'json_object';
        const said = asksForJson ? { ...encoded, system: list(encoded['system']).slice(0, -1) } : encoded;
        expect(wordsOf(said)).toEqual(wordsOf(request));
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        expect(error.code).toBe('invalid_request');
        expect(JSON.stringify(request)).toMatch(/file_id|input_audio|video_url|web_search|openrouter:/);
        count(row, 'refused');
      }
    }
  });

  test('a Messages answer becomes a completion that the OpenAI SDK reads as the same', async () => {
    for (const { response_body: answer, status } of messages) {
      if (answer === undefined || status !== 200) continue;
      const canonical = anthropicMessages.answerToCanonical(bytesOf(answer));
      const { openai } = answering(
        openaiChat.answerFromCanonical(canonical, { id: 'gen-1' }),
        'application/json',
      );
      const completion = await openai.chat.completions.create(ASK_OPENAI);
      compare(
        'anthropic answer → openai SDK',
        saidByCompletion({ ...completion }),
        inOpenAiWords(saidByMessage(answer)),
      );
    }
  });

  test('a Messages answer through the canonical form keeps thinking, text, calls and usage', () => {
    for (const { response_body: answer, status } of messages) {
      if (answer === undefined || status !== 200) continue;
      const canonical = anthropicMessages.answerToCanonical(bytesOf(answer));
      const back = parse(anthropicMessages.answerFromCanonical(canonical, { id: 'gen-1' }));
      compare(
        'anthropic answer → canonical → anthropic',
        [saidByMessage(back), thoughtsOf(back)],
        [saidByMessage(answer), thoughtsOf(answer)],
      );
    }
  });

  test('a completion becomes a message that the Anthropic SDK reads as the same', async () => {
    for (const { response_body: answer, status } of chats) {
      if (answer === undefined || status !== 200) continue;
      const canonical = openaiChat.answerToCanonical(bytesOf(answer));
      const encoded = anthropicMessages.answerFromCanonical(canonical, { id: 'gen-1' });
      const { anthropic } = answering(encoded, 'application/json');
      const message = await anthropic.messages.create(ASK_ANTHROPIC);
      expect(message.id).toBe('gen-1');
      compare(
        'chat answer → anthropic SDK',
        inOpenAiWords(saidByMessage({ ...message })),
        saidByCompletion(answer),
      );
    }
  });

  test('a chat stream becomes an event stream that the Anthropic SDK reads as the same', async () => {
    for (const { response_text: stream, status } of chats) {
      if (stream === undefined || status !== 200) continue;
      const chunks = chunksOf(stream);
      const failed = chunks.some((chunk) => chunk['error'] !== undefined);
      const { anthropic } = answering(relay(stream, openaiChat, anthropicMessages), 'text/event-stream');
      const reading = anthropic.messages.stream(ASK_ANTHROPIC).finalMessage();
      if (failed) {
        await expect(reading).rejects.toThrow(Anthropic.APIError);
        count('chat stream → anthropic SDK', 'refused');
        continue;
      }
      const expected = accumulate(chunks);
      const message = await reading;
      compare('chat stream → anthropic SDK', inOpenAiWords(saidByMessage({ ...message })), expected);
    }
  });

  test('a Messages stream becomes chunks that the OpenAI SDK reads as the same', async () => {
    for (const { response_text: stream } of messages) {
      if (stream === undefined) continue;
      const original = answering(bytesOf(stream), 'text/event-stream');
      const message = await original.anthropic.messages.stream(ASK_ANTHROPIC).finalMessage();
      const { openai } = answering(relay(stream, anthropicMessages, openaiChat), 'text/event-stream');
      const completion = await openai.chat.completions
        .stream({ ...ASK_OPENAI, stream: true })
        .finalChatCompletion();
      compare(
        'anthropic stream → openai SDK',
        saidByCompletion({ ...completion }),
        inOpenAiWords(saidByMessage({ ...message })),
      );
    }
  });

  test('a Messages stream through the canonical form keeps thinking and signatures', async () => {
    for (const { response_text: stream } of messages) {
      if (stream === undefined) continue;
      const before = await answering(bytesOf(stream), 'text/event-stream')
        .anthropic.messages.stream(ASK_ANTHROPIC)
        .finalMessage();
      const crossed = relay(stream, anthropicMessages, anthropicMessages);
      const after = await answering(crossed, 'text/event-stream')
        .anthropic.messages.stream(ASK_ANTHROPIC)
        .finalMessage();
      compare(
        'anthropic stream → canonical → anthropic',
        [saidByMessage({ ...after }), thoughtsOf({ ...after })],
        [saidByMessage({ ...before }), thoughtsOf({ ...before })],
      );
    }
  });
});

function thoughtsOf(message: Json): readonly unknown[] {
  return list(message['content']).filter(({ type }) => type === 'thinking' || type === 'redacted_thinking');
}

/** What the chunks of a stream add up to, told independently of any SDK. */
function accumulate(chunks: readonly CanonicalChunk[]): Said {
  const calls = new Map<unknown, { name: string; arguments: string }>();
  let text = '';
  let finish: unknown = null;
  let usage: unknown;
  for (const chunk of chunks) {
    usage = chunk['usage'] ?? (chunk['x_groq'] as Json | undefined)?.['usage'] ?? usage;
    for (const choice of list(chunk['choices'])) {
      const delta = (choice['delta'] ?? {}) as Json;
      const content = delta['content'];
      text += typeof content === 'string' ? content : textOf(list(content));
      finish ??= choice['finish_reason'] ?? null;
      for (const call of list(delta['tool_calls'])) {
        const known = calls.get(call['index']) ?? { name: '', arguments: '' };
        const named = (call['function'] ?? {}) as Partial<typeof known>;
        calls.set(call['index'], {
          name: known.name + (named.name ?? ''),
          arguments: known.arguments + (named.arguments ?? ''),
        });
      }
    }
  }
  const message = { content: text, tool_calls: [...calls.values()].map((each) => ({ function: each })) };
  return saidByCompletion({ choices: [{ message, finish_reason: finish }], usage });
}

/** Through the canonical form and back; undefined when the table of fates refuses it. */
function cross(request: Json): Json | undefined {
  try {
    const canonical = anthropicMessages.toCanonical(anthropicMessages.readRequest(bytesOf(request)));
    return parse(anthropicMessages.fromCanonical(canonical, target(String(request['model']))).body);
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'invalid_request') return undefined;
    throw error;
  }
}

function needsAnthropic(request: Json): boolean {
  const text = JSON.stringify(request['messages']);
  const ownTools = list(request['tools']).some(
    ({ type }) => type !== undefined && type !== 'custom' && !String(type).startsWith('tool_search_tool'),
  );
  return (
    ownTools ||
    request['mcp_servers'] !== undefined ||
    text.includes('container_upload') ||
    text.includes('"file_id"')
  );
}

/** Breaches of the rules by which the Messages API answers 400. */
function problemsOf(request: Json): readonly string[] {
  const problems: string[] = [];
  const turns = list(request['messages']);
  if (typeof request['max_tokens'] !== 'number') problems.push('max_tokens is missing');
  const thinking = (request['thinking'] ?? {}) as Json;
  if (Number(thinking['budget_tokens'] ?? 0) >= Number(request['max_tokens']))
    problems.push('budget ≥ max_tokens');
  let waiting: unknown[] = [];
  for (const [index, turn] of turns.entries()) {
    const blocks = list(turn['content']);
    if (index > 0 && turns[index - 1]?.['role'] === turn['role'])
      problems.push(`turn ${index} repeats the role`);
    if (blocks.length === 0) problems.push(`turn ${index} is empty`);
    if (blocks.some(({ type, text }) => type === 'text' && String(text).trim() === ''))
      problems.push('empty text');
    const results = blocks.filter(({ type }) => type === 'tool_result').map((block) => block['tool_use_id']);
    if (turn['role'] === 'user' && JSON.stringify(results) !== JSON.stringify(waiting))
      problems.push('unpaired results');
    if (blocks.slice(0, results.length).some(({ type }) => type !== 'tool_result'))
      problems.push('results not first');
    waiting = blocks.filter(({ type }) => type === 'tool_use').map((block) => block['id']);
    if (waiting.some((id) => !/^[a-zA-Z0-9_-]+$/.test(String(id)))) problems.push('bad tool id');
  }
  if (JSON.stringify(turns).includes('"tool_use"') && list(request['tools']).length === 0)
    problems.push('no tools');
  return problems;
}

/** What is said in addition where an image or a file of a tool's result follows the result. */
const SAID_BY_US = /^\(The result follows in the next message\.\)$|^Result of tool call \S+:$/gm;

/** All that a request says to the model, in order, without the form it is said in. */
function meaningOf(request: Json): unknown {
  const system = request['system'];
  const turns = list(request['messages']).flatMap((turn) => {
    const content = turn['content'];
    return typeof content === 'string' ? [content] : list(content).flatMap(blockMeaning);
  });
  return {
    system: typeof system === 'string' ? system : textOf(list(system)),
    texts: turns
      .filter((each) => typeof each === 'string')
      .join('\n')
      .replace(SAID_BY_US, '')
      .split(/\s+/)
      .filter(Boolean)
      .toSorted(),
    others: turns.filter((each) => typeof each !== 'string'),
    tools: list(request['tools'])
      .filter(({ type }) => type === undefined || type === 'custom')
      .map(({ name, description, input_schema }) => ({ name, description, input_schema })),
    choice: list(request['tools']).length > 0 && request['tool_choice'],
    format: ((request['output_config'] ?? {}) as Json)['format'] !== undefined,
    thinking: ((request['thinking'] ?? {}) as Json)['budget_tokens'],
    max_tokens: request['max_tokens'],
    stream: request['stream'] ?? false,
  };
}

function blockMeaning(block: Json): readonly unknown[] {
  switch (block['type']) {
    case 'text':
      return [block['text']];
    case 'tool_use':
      return [{ call: block['name'], input: block['input'], id: block['id'] }];
    case 'thinking':
      return [{ thinking: block['thinking'], signature: block['signature'] }];
    case 'redacted_thinking':
      return [{ data: block['data'] }];
    case 'image':
    case 'document':
      return [
        ((block['source'] ?? {}) as Json)['type'] === 'text'
          ? (block['source'] as Json)['data']
          : { source: block['source'] },
      ];
    case 'tool_reference':
      // The one block that is said in other words.
      return [`Tool found: ${String(block['tool_name'])}`];
    case 'tool_result': {
      const content = block['content'];
      return typeof content === 'string' ? [content] : list(content).flatMap(blockMeaning);
    }
    default:
      return [];
  }
}

/** The words of all messages, whichever dialect they are in; the order of parts within a turn does not matter. */
function wordsOf(request: Json): readonly string[] {
  const words: string[] = [];
  const collect = (value: unknown): void => {
    if (typeof value === 'string') words.push(...value.split(/\s+/).filter(Boolean));
    else if (Array.isArray(value)) value.forEach(collect);
    else if (typeof value === 'object' && value !== null) {
      const { type, text, content } = value as Json;
      if (type === 'text') collect(text);
      else if (type === 'tool_result' || 'role' in value) collect(content);
    }
  };
  collect(request['system']);
  collect(request['messages']);
  return words.toSorted();
}
