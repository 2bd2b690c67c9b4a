/**
 * What a recorded answer says of its tokens and what that costs, worked out without any of the product's code: the
 * numbers as the provider wrote them, the prices as they stand in the model lists, exact arithmetic.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject } from './recorded-chats.ts';
import type { JsonObject, RecordedChat } from './recorded-chats.ts';

/** `input` includes what was read from and written to a cache; `output` includes reasoning. */
export type StatedUsage = {
  readonly input: number;
  readonly cached: number;
  readonly written5m: number;
  readonly written1h: number;
  readonly output: number;
};

/** The last usage that the answer states; null when it states none. */
export function statedUsage({
  answer,
  contentType,
  dialect,
}: Pick<RecordedChat, 'answer' | 'contentType' | 'dialect'>): StatedUsage | null {
  const text = answer.toString('utf8');
  const parts = contentType.startsWith('text/event-stream') ? eventsOf(text) : [JSON.parse(text) as unknown];
  switch (dialect) {
    case 'openai-chat':
      return openAiUsage(parts);
    case 'anthropic-messages':
      return anthropicUsage(parts);
    case 'openai-responses':
      return responsesUsage(parts);
  }
}

/** The JSON of every `data:` line; `[DONE]` is none. */
export function eventsOf(text: string): readonly unknown[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('data:') && line.includes('{'))
    .map((line) => JSON.parse(line.slice('data:'.length)) as unknown);
}

/** Nano-USD, half a nano-dollar up; null when the list has no price for the model. */
export function listPriceNano(provider: string, model: string, usage: StatedUsage): bigint | null {
  const price = priceOf(provider, model);
  if (price === null) return null;
  const tier = (price.tiers ?? [])
    .filter(({ aboveInputTokens }) => usage.input > aboveInputTokens)
    .reduce<PriceTier | undefined>(
      (highest, each) => (each.aboveInputTokens > (highest?.aboveInputTokens ?? -1) ? each : highest),
      undefined,
    );
  const input = tier?.input ?? price.input;
  const write = tier?.cacheWrite5m ?? price.cacheWrite5m ?? input;
  const fresh = usage.input - usage.cached - usage.written5m - usage.written1h;
  const total =
    BigInt(fresh) * BigInt(input) +
    BigInt(usage.cached) * BigInt(tier?.cachedInput ?? price.cachedInput ?? input) +
    BigInt(usage.written5m) * BigInt(write) +
    BigInt(usage.written1h) * BigInt(price.cacheWrite1h ?? write) +
    BigInt(usage.output) * BigInt(tier?.output ?? price.output);
  // Prices are per million tokens; the request is rounded once.
  return (total + 500_000n) / 1_000_000n;
}

type PriceTier = {
  readonly aboveInputTokens: number;
  readonly input: number;
  readonly output: number;
  readonly cachedInput?: number;
  readonly cacheWrite5m?: number;
};
type Price = Omit<PriceTier, 'aboveInputTokens'> & {
  readonly cacheWrite1h?: number;
  readonly tiers?: readonly PriceTier[];
};
type ListedModel = { readonly id: string; readonly released: string | null; readonly price: Price | null };

const PROVIDERS_DIR = join(import.meta.dirname, '../../packages/providers/src');
const lists = new Map<string, readonly ListedModel[]>();
const VERSION = /-(?:\d{4}-\d{2}-\d{2}|\d{8}|latest)$/;

function priceOf(provider: string, model: string): Price | null {
  const models = listOf(provider);
  const exact = models.find(({ id }) => id === model);
  if (exact !== undefined) return exact.price;
  // A dated name is priced as the model that it is a version of, a bare one as its newest version.
  const bare = model.replace(VERSION, '');
  const versions = models.filter(({ id }) => id.replace(VERSION, '') === bare);
  return versions.toSorted((a, b) => (b.released ?? '').localeCompare(a.released ?? ''))[0]?.price ?? null;
}

function listOf(provider: string): readonly ListedModel[] {
  const known = lists.get(provider);
  if (known !== undefined) return known;
  const file = join(PROVIDERS_DIR, provider, 'models.json');
  const { models } = JSON.parse(readFileSync(file, 'utf8')) as { readonly models: readonly ListedModel[] };
  lists.set(provider, models);
  return models;
}

/** `usage` at the top, or in `x_groq` where Groq puts it in streams. Cached and written are details of the prompt. */
function openAiUsage(parts: readonly unknown[]): StatedUsage | null {
  const usage = parts
    .filter(isJsonObject)
    .map((part) => objectAt(part, 'usage') ?? objectAt(objectAt(part, 'x_groq'), 'usage'))
    .findLast((found) => found !== undefined);
  if (usage === undefined) return null;
  const details = objectAt(usage, 'prompt_tokens_details');
  return {
    input: numberAt(usage, 'prompt_tokens'),
    // DeepSeek and Mistral have names of their own for what was read from the cache.
    cached:
      numberAt(details, 'cached_tokens') ||
      numberAt(usage, 'prompt_cache_hit_tokens') ||
      numberAt(usage, 'num_cached_tokens'),
    written5m: numberAt(details, 'cache_write_tokens'),
    written1h: 0,
    output: numberAt(usage, 'completion_tokens'),
  };
}

/** `message_start` states what went in, `message_delta` restates it and what came out; `input_tokens` is what no cache held. */
function anthropicUsage(parts: readonly unknown[]): StatedUsage | null {
  const stated = parts
    .filter(isJsonObject)
    .map((part) => objectAt(part, 'usage') ?? objectAt(objectAt(part, 'message'), 'usage'))
    .filter((found) => found !== undefined);
  if (stated.length === 0) return null;
  const usage: JsonObject = Object.assign({}, ...stated) as JsonObject;
  const cached = numberAt(usage, 'cache_read_input_tokens');
  const written = numberAt(usage, 'cache_creation_input_tokens');
  const written1h = numberAt(objectAt(usage, 'cache_creation'), 'ephemeral_1h_input_tokens');
  return {
    input: numberAt(usage, 'input_tokens') + cached + written,
    cached,
    written5m: written - written1h,
    written1h,
    output: numberAt(usage, 'output_tokens'),
  };
}

/** In the resource, or in the one that the last event of a stream holds. */
function responsesUsage(parts: readonly unknown[]): StatedUsage | null {
  const usage = parts
    .filter(isJsonObject)
    .map((part) => objectAt(part, 'usage') ?? objectAt(objectAt(part, 'response'), 'usage'))
    .findLast((found) => found !== undefined);
  if (usage === undefined) return null;
  const details = objectAt(usage, 'input_tokens_details');
  return {
    input: numberAt(usage, 'input_tokens'),
    cached: numberAt(details, 'cached_tokens'),
    written5m: numberAt(details, 'cache_write_tokens'),
    written1h: 0,
    output: numberAt(usage, 'output_tokens'),
  };
}

function objectAt(value: JsonObject | undefined, name: string): JsonObject | undefined {
  const found = value?.[name];
  return isJsonObject(found) ? found : undefined;
}

function numberAt(value: JsonObject | undefined, name: string): number {
  const found = value?.[name];
  return typeof found === 'number' ? found : 0;
}
