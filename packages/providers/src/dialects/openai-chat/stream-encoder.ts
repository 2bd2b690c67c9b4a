/** Canonical chunks → a chat completions stream. */
import type { CanonicalChunk, StreamEncodeOptions, StreamEncoder } from '@arouter/core';
import { isRecord } from '../shared/token-usage.ts';
import { createdOf } from './canonical.ts';

/** Usage is kept back and, if the caller wants it, written as OpenAI does: in a last chunk without choices. */
export function createStreamEncoder(options: StreamEncodeOptions): StreamEncoder {
  const { id, includeUsage } = options;
  let created: number | undefined;
  let model: unknown = '';
  let lastUsage: unknown;

  function head(chunk: CanonicalChunk): Readonly<Record<string, unknown>> {
    created ??= createdOf(chunk, id);
    if (typeof chunk['model'] === 'string') model = chunk['model'];
    return { id, object: 'chat.completion.chunk', created, model };
  }

  return {
    push(chunk) {
      const { usage, ...rest } = chunk;
      const fields = head(chunk);
      if (isRecord(usage)) lastUsage = usage;
      const { choices } = rest;
      if (isRecord(usage) && (!Array.isArray(choices) || choices.length === 0)) return null;
      return event({ ...fields, ...rest, ...fields });
    },
    finish() {
      const usageEvent =
        includeUsage && lastUsage !== undefined
          ? eventText({ ...head({}), choices: [], usage: lastUsage })
          : '';
      return new TextEncoder().encode(`${usageEvent}data: [DONE]\n\n`);
    },
  };
}

function event(chunk: CanonicalChunk): Uint8Array {
  return new TextEncoder().encode(eventText(chunk));
}

function eventText(chunk: CanonicalChunk): string {
  return `data: ${JSON.stringify(chunk)}\n\n`;
}
