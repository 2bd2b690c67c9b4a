import { expect, test } from 'vitest';
import type { DialectId } from '../values.ts';
import type { Dialect, Operation } from './dialect.ts';
import { splitBaseUrl } from './destination.ts';
import type { ProviderDialect } from './provider-manifest.ts';
import { spokenDialect } from './spoken-dialect.ts';

function speaks(id: string, path: string, operation: Operation = 'chat'): ProviderDialect {
  // Only the identity of a dialect is looked at here.
  return { dialect: { id: id as DialectId, operation } as Dialect, path: () => path, quirks: {} };
}
const chat = speaks('openai-chat', '/chat/completions');
const messages = speaks('anthropic-messages', '/anthropic/v1/messages');
const manifest = {
  dialects: [chat] as const,
  hostDialects: [messages],
  baseUrl: 'https://api.example.com/v1',
  regions: { cn: 'https://api.example.cn/v1' },
};
function pathFor(
  base: string,
  caller: string,
  given: Parameters<typeof spokenDialect>[0] = manifest,
): string {
  const asked = { id: caller as DialectId, operation: 'chat' as const };
  const spoken = spokenDialect(given, splitBaseUrl(base), asked, 'm');
  if (spoken === undefined) throw new Error('nothing is spoken');
  const key = { baseUrl: null, region: null, options: {} };
  return spoken.pathPrefix + spoken.path({ upstreamModel: 'm', stream: false, credential: {}, key });
}

test("the caller's dialect is spoken where the provider has it", () => {
  expect(pathFor('https://api.example.com/v1', 'openai-chat')).toBe('/v1/chat/completions');
  expect(pathFor('https://api.example.com/v1', 'anthropic-messages')).toBe('/anthropic/v1/messages');
  expect(pathFor('https://api.example.cn/v1', 'anthropic-messages')).toBe('/anthropic/v1/messages');
});

test("a dialect beside the base URL is not looked for on another's host", () => {
  expect(pathFor('https://proxy.example.org/x/v1', 'anthropic-messages')).toBe('/x/v1/chat/completions');
});

test('a dialect that the provider does not speak gives its first one', () => {
  expect(pathFor('https://api.example.com/v1', 'gemini')).toBe('/v1/chat/completions');
  const { hostDialects: _none, ...plain } = manifest;
  expect(pathFor('https://api.example.com/v1', 'anthropic-messages', plain)).toBe('/v1/chat/completions');
});

test('a format of another operation is never spoken in place of the one asked for', () => {
  const embeddings = speaks('openai-embeddings', '/embeddings', 'embeddings');
  const given = { ...manifest, dialects: [embeddings, chat] as const };
  const at = splitBaseUrl('https://api.example.com/v1');
  const ask = (id: string, operation: Operation) =>
    spokenDialect(given, at, { id: id as DialectId, operation }, 'm')?.dialect.id;
  expect(ask('another-chat', 'chat')).toBe('openai-chat');
  expect(ask('openai-embeddings', 'embeddings')).toBe('openai-embeddings');
  expect(ask('cohere-rerank', 'rerank')).toBeUndefined();
});

test('a format that only some models speak is left to them', () => {
  const given = {
    ...manifest,
    dialects: [{ ...chat, serves: (model: string) => model !== 'm' }, messages] as const,
  };
  expect(pathFor('https://api.example.com/v1', 'openai-chat', given)).toBe('/v1/anthropic/v1/messages');
});
