import { expect, test } from 'vitest';
import type { DialectId } from '../values.ts';
import type { Dialect } from './dialect.ts';
import { splitBaseUrl } from './destination.ts';
import type { ProviderDialect } from './provider-manifest.ts';
import { spokenDialect } from './spoken-dialect.ts';

function speaks(id: string, path: string): ProviderDialect {
  // Only the identity of a dialect is looked at here.
  return { dialect: { id: id as DialectId } as Dialect, path: () => path, quirks: {} };
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
  const spoken = spokenDialect(given, splitBaseUrl(base), caller as DialectId);
  return spoken.pathPrefix + spoken.path('m', false);
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
