/** Content blocks of Converse → those of the Messages API. Source: AWS API reference, `ContentBlock`. */
import { Buffer } from 'node:buffer';
import {
  isObject,
  type JsonObject,
  objectOf,
  objectsOf,
  present,
  refuse,
  stringOf,
} from '../shared/json-values.ts';

const TEXT_FORMATS: ReadonlySet<unknown> = new Set(['txt', 'md', 'csv', 'html']);
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  pdf: 'application/pdf',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xls: 'application/vnd.ms-excel',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

/** A cache point becomes a mark on the block before it that is more than white space; without one it marks nothing. */
export function messagesBlocks(content: unknown): readonly JsonObject[] {
  const blocks: JsonObject[] = [];
  for (const block of objectsOf(content)) {
    if (!isObject(block['cachePoint'])) {
      const written = messagesBlock(block);
      if (written !== null) blocks.push(written);
      continue;
    }
    const at = blocks.findLastIndex((each) => each['type'] !== 'text' || !isBlank(each['text']));
    const marked = blocks[at];
    if (marked !== undefined) blocks[at] = { ...marked, cache_control: cacheMark(block['cachePoint']) };
  }
  return blocks;
}

function isBlank(text: unknown): boolean {
  return typeof text === 'string' && text.trim() === '';
}

export function cacheMark(point: unknown): JsonObject {
  return present({ type: 'ephemeral', ttl: stringOf(objectOf(point)['ttl']) });
}

/** Null for a block that says nothing to another provider (a tool of Amazon's own and its result). */
function messagesBlock(block: JsonObject): JsonObject | null {
  if (typeof block['text'] === 'string') return { type: 'text', text: block['text'] };
  if (isObject(block['image'])) return image(block['image']);
  if (isObject(block['document'])) return document(block['document']);
  if (isObject(block['toolUse'])) return toolUse(block['toolUse']);
  if (isObject(block['toolResult'])) return toolResult(block['toolResult']);
  if (isObject(block['reasoningContent'])) return reasoning(block['reasoningContent']);
  if (isObject(block['guardContent'])) {
    return { type: 'text', text: stringOf(objectOf(block['guardContent']['text'])['text']) ?? '' };
  }
  if (isObject(block['citationsContent'])) {
    const texts = objectsOf(block['citationsContent']['content']).map((each) => stringOf(each['text']) ?? '');
    return { type: 'text', text: texts.join('') };
  }
  if (isObject(block['searchResult'])) return searchResult(block['searchResult']);
  if (isObject(block['video']) || isObject(block['audio'])) {
    throw refuse(
      'A message holds video or audio, which only some of Bedrock\u2019s own models take; choose one of these, or send text.',
    );
  }
  return null;
}

function toolUse(call: JsonObject): JsonObject | null {
  if (call['type'] === 'server_tool_use') return null;
  return { type: 'tool_use', id: call['toolUseId'], name: call['name'], input: call['input'] ?? {} };
}

function toolResult(result: JsonObject): JsonObject | null {
  // A server tool's result has a type of its own; a caller's has none.
  if (typeof result['type'] === 'string') return null;
  const content = objectsOf(result['content']).flatMap((each) =>
    each['json'] === undefined
      ? messagesBlocks([each])
      : [{ type: 'text', text: JSON.stringify(each['json']) }],
  );
  return present({
    type: 'tool_result',
    tool_use_id: result['toolUseId'],
    content,
    is_error: result['status'] === 'error' ? true : undefined,
  });
}

/** What the Messages API gives as text, Converse gives as bytes: the datum is encoded once more there. */
function reasoning(content: JsonObject): JsonObject {
  const data = stringOf(content['redactedContent']);
  if (data !== undefined) {
    return { type: 'redacted_thinking', data: Buffer.from(data, 'base64').toString('utf8') };
  }
  const thought = objectOf(content['reasoningText']);
  return {
    type: 'thinking',
    thinking: stringOf(thought['text']) ?? '',
    signature: stringOf(thought['signature']) ?? '',
  };
}

function image(given: JsonObject): JsonObject {
  const data = bytesOf(given['source']);
  const format = stringOf(given['format']) ?? 'png';
  return { type: 'image', source: { type: 'base64', media_type: `image/${format}`, data } };
}

function document(given: JsonObject): JsonObject {
  const source = objectOf(given['source']);
  const title = stringOf(given['name']);
  if (typeof source['text'] === 'string') return textDocument(source['text'], title);
  if (Array.isArray(source['content'])) {
    const texts = objectsOf(source['content']).map((each) => stringOf(each['text']) ?? '');
    return textDocument(texts.join('\n'), title);
  }
  const data = bytesOf(source);
  const { format } = given;
  if (TEXT_FORMATS.has(format)) return textDocument(Buffer.from(data, 'base64').toString('utf8'), title);
  const mediaType = MEDIA_TYPES[stringOf(format) ?? 'pdf'] ?? 'application/octet-stream';
  return present({ type: 'document', source: { type: 'base64', media_type: mediaType, data }, title });
}

function textDocument(text: string, title: string | undefined): JsonObject {
  return present({ type: 'document', source: { type: 'text', media_type: 'text/plain', data: text }, title });
}

function bytesOf(source: unknown): string {
  const data = stringOf(objectOf(source)['bytes']);
  if (data !== undefined) return data;
  throw refuse('A source names an object in S3, which only Bedrock reads; send its bytes.');
}

function searchResult(given: JsonObject): JsonObject {
  return {
    type: 'search_result',
    source: stringOf(given['source']) ?? '',
    title: stringOf(given['title']) ?? '',
    content: objectsOf(given['content']).map((each) => ({
      type: 'text',
      text: stringOf(each['text']) ?? '',
    })),
  };
}
