/** Content blocks that a caller of the Messages API wrote → content parts of the canonical form. */
import { isObject, type JsonObject, objectOf, objectsOf, refuse, stringOf } from '../shared/json-values.ts';

export type Parts = readonly JsonObject[];

/** A user's or system's blocks → parts; string content is one text part. */
export function partsFromBlocks(content: unknown): Parts {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return objectsOf(content).flatMap(partsFromBlock);
}

/** One text part without marks is a plain string: the form every provider takes. */
export function simplestContent(parts: Parts): unknown {
  const only = parts.length === 1 ? parts[0] : undefined;
  if (only?.['type'] === 'text' && only['cache_control'] === undefined) return only['text'];
  return parts;
}

function partsFromBlock(block: JsonObject): Parts {
  switch (block['type']) {
    case 'text':
      return [marked({ type: 'text', text: stringOf(block['text']) ?? '' }, block)];
    case 'image':
      return [marked(imagePart(objectOf(block['source'])), block)];
    case 'document':
      return documentParts(block);
    case 'search_result':
      return [marked({ type: 'text', text: searchResultText(block) }, block)];
    case 'tool_reference':
      return [{ type: 'text', text: `Tool found: ${stringOf(block['tool_name']) ?? ''}` }];
    case 'container_upload':
      throw refuse(
        'A message holds `container_upload`, a file in a container of one provider; send its content as a document.',
      );
    default:
      // Blocks of server tools and of tool availability: see field-fates.ts.
      return [];
  }
}

function marked(part: JsonObject, block: JsonObject): JsonObject {
  return isObject(block['cache_control']) ? { ...part, cache_control: block['cache_control'] } : part;
}

function imagePart(source: JsonObject): JsonObject {
  if (source['type'] === 'base64') {
    const mediaType = stringOf(source['media_type']) ?? 'image/png';
    return {
      type: 'image_url',
      image_url: { url: `data:${mediaType};base64,${stringOf(source['data']) ?? ''}` },
    };
  }
  if (source['type'] === 'url')
    return { type: 'image_url', image_url: { url: stringOf(source['url']) ?? '' } };
  throw storedFile();
}

function documentParts(block: JsonObject): Parts {
  const source = objectOf(block['source']);
  const title = stringOf(block['title']);
  switch (source['type']) {
    case 'base64': {
      const mediaType = stringOf(source['media_type']) ?? 'application/pdf';
      const file = {
        filename: title ?? 'document.pdf',
        file_data: `data:${mediaType};base64,${stringOf(source['data']) ?? ''}`,
      };
      return [marked({ type: 'file', file }, block)];
    }
    case 'url': {
      const file = { filename: title ?? 'document.pdf', file_data: stringOf(source['url']) ?? '' };
      return [marked({ type: 'file', file }, block)];
    }
    case 'text':
      return [marked({ type: 'text', text: titled(title, stringOf(source['data']) ?? '') }, block)];
    case 'content':
      return partsFromBlocks(source['content']);
    default:
      throw storedFile();
  }
}

function titled(title: string | undefined, text: string): string {
  return title === undefined ? text : `${title}\n\n${text}`;
}

function searchResultText(block: JsonObject): string {
  const heading = [stringOf(block['title']), stringOf(block['source'])].filter(Boolean).join('\n');
  const body = objectsOf(block['content'])
    .map((each) => stringOf(each['text']) ?? '')
    .join('\n');
  return titled(heading === '' ? undefined : heading, body);
}

function storedFile(): Error {
  return refuse(
    'A source names a `file_id`, which only the provider that stores it can read; send the content as base64 or a URL.',
  );
}

/** What a tool gave back: text for the tool message, and what a tool message cannot hold (images, files). */
export function splitToolResult(block: JsonObject): { readonly text: string; readonly attachments: Parts } {
  const parts = partsFromBlocks(block['content']);
  const text = parts
    .filter((part) => part['type'] === 'text')
    .map((part) => stringOf(part['text']) ?? '')
    .join('\n');
  const attachments = parts.filter((part) => part['type'] !== 'text');
  const noted = attachments.length > 0 && text === '' ? '(The result follows in the next message.)' : text;
  // The canonical form has no error flag; the word says it to every model.
  const failed = block['is_error'] === true && !/error|fail/i.test(noted.slice(0, 200));
  return { text: failed ? `Error: ${noted}` : noted, attachments };
}
