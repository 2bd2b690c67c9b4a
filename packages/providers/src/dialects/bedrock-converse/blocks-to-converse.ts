/** Content blocks of the Messages API → those of Converse. Source: AWS API reference, `ContentBlock`. */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import {
  isObject,
  type JsonObject,
  objectOf,
  objectsOf,
  present,
  refuse,
  stringOf,
} from '../shared/json-values.ts';
import type { ConverseModel } from './converse-models.ts';

const IMAGE_FORMATS: ReadonlySet<string> = new Set(['png', 'jpeg', 'gif', 'webp']);
const TOOL_ID_CHARS_MAX = 64;
const NAME_CHARS_MAX = 100;

/** Gives each document of a request a name of its own, since Converse refuses a name twice. */
export type DocumentNames = { readonly claim: (title: unknown) => string };

export function createDocumentNames(): DocumentNames {
  const taken = new Set<string>();
  return {
    claim(title) {
      const base = documentName(title);
      let name = base;
      for (let count = 2; taken.has(name); count++) name = `${base} ${count}`;
      taken.add(name);
      return name;
    },
  };
}

/** The block, and a cache point behind it where it is marked and the model takes one there. */
export function converseBlocks(
  block: JsonObject,
  model: ConverseModel,
  names: DocumentNames,
): readonly JsonObject[] {
  const written = converseBlock(block, model, names);
  return written === null ? [] : [written, ...cachePoint(block['cache_control'], model)];
}

/** Also for system text and, where the model takes it there, tools. */
export function cachePoint(mark: unknown, model: ConverseModel): readonly JsonObject[] {
  if (!isObject(mark) || model.cachePoints === 'nowhere') return [];
  const ttl = model.isClaude && mark['ttl'] === '1h' ? '1h' : undefined;
  return [{ cachePoint: present({ type: 'default', ttl }) }];
}

/** Ids beyond Converse's length are renamed, the same way wherever they occur. */
export function converseToolId(id: unknown): string {
  const written = stringOf(id) ?? '';
  if (written.length <= TOOL_ID_CHARS_MAX) return written;
  return `call_${createHash('sha256').update(written).digest('hex').slice(0, 24)}`;
}

function converseBlock(block: JsonObject, model: ConverseModel, names: DocumentNames): JsonObject | null {
  switch (block['type']) {
    case 'text':
      return { text: block['text'] };
    case 'image':
      return { image: image(objectOf(block['source'])) };
    case 'document':
      return { document: document(block, names) };
    case 'thinking':
      return {
        reasoningContent: {
          reasoningText: present({ text: block['thinking'], signature: block['signature'] || undefined }),
        },
      };
    case 'redacted_thinking':
      return { reasoningContent: { redactedContent: base64Of(stringOf(block['data']) ?? '') } };
    case 'tool_use': {
      const { id, name, input } = block;
      return { toolUse: { toolUseId: converseToolId(id), name, input: input ?? {} } };
    }
    case 'tool_result':
      return { toolResult: toolResult(block, model, names) };
    default:
      return null;
  }
}

function image(source: JsonObject): JsonObject {
  if (source['type'] !== 'base64') {
    throw refuse(
      'An image is given by its URL; Bedrock fetches none. Send the image itself as a data: URL with base64.',
    );
  }
  const format = (stringOf(source['media_type']) ?? '').replace(/^image\//, '');
  if (!IMAGE_FORMATS.has(format)) throw refuse('An image is none of PNG, JPEG, GIF and WebP; convert it.');
  return { format, source: { bytes: source['data'] } };
}

function document(block: JsonObject, names: DocumentNames): JsonObject {
  const source = objectOf(block['source']);
  const name = names.claim(block['title']);
  if (source['type'] === 'base64') return { format: 'pdf', name, source: { bytes: source['data'] } };
  if (source['type'] === 'text') {
    return { format: 'txt', name, source: { bytes: base64Of(stringOf(source['data']) ?? '') } };
  }
  throw refuse(
    'A document is given by its URL; Bedrock fetches none. Send the document itself as base64 (`file_data`).',
  );
}

function toolResult(block: JsonObject, model: ConverseModel, names: DocumentNames): JsonObject {
  const { content } = block;
  const inner =
    typeof content === 'string'
      ? [{ text: content }]
      : objectsOf(content)
          .map((each) => converseBlock(each, model, names))
          .filter((each) => each !== null);
  const said = inner.filter((each: JsonObject) => stringOf(each['text'])?.trim() !== '');
  return present({
    toolUseId: converseToolId(block['tool_use_id']),
    // Converse refuses blank text, and a result without content.
    content: said.length === 0 ? [{ text: '(empty)' }] : said,
    status: block['is_error'] === true && model.toolStatus ? 'error' : undefined,
  });
}

/** Letters, digits, single spaces, hyphens, parentheses and brackets are all that Converse takes in a name. */
function documentName(title: unknown): string {
  const clean = (stringOf(title) ?? '')
    .replace(/\.[A-Za-z0-9]{1,5}$/, '')
    .replace(/[^A-Za-z0-9\-()[\]]+/g, ' ')
    .trim()
    .slice(0, NAME_CHARS_MAX)
    .trim();
  return clean === '' ? 'document' : clean;
}

function base64Of(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
