/** Content parts of the canonical form → content blocks of the Messages API. */
import { Buffer } from 'node:buffer';
import { isObject, type JsonObject, objectOf, present, refuse, stringOf } from '../shared/json-values.ts';

/** String or parts → blocks. Empty text is left out: the API refuses it. */
export function blocksFromContent(content: unknown): readonly JsonObject[] {
  if (typeof content === 'string') return textBlocks(content, undefined);
  if (!Array.isArray(content)) return [];
  return content.flatMap((part: unknown) => {
    if (typeof part === 'string') return textBlocks(part, undefined);
    return isObject(part) ? blocksFromPart(part) : [];
  });
}

function textBlocks(text: unknown, cacheControl: unknown): readonly JsonObject[] {
  if (typeof text !== 'string' || text.trim() === '') return [];
  return [present({ type: 'text', text, cache_control: cacheControl ?? undefined })];
}

function blocksFromPart(part: JsonObject): readonly JsonObject[] {
  const cacheControl = part['cache_control'];
  switch (part['type']) {
    case 'text':
    case 'input_text':
    case 'output_text':
      return textBlocks(part['text'], cacheControl);
    case 'refusal':
      return textBlocks(part['refusal'], cacheControl);
    case 'image_url':
      return [marked({ type: 'image', source: imageSource(part['image_url']) }, cacheControl)];
    case 'file':
      return fileBlocks(objectOf(part['file']), cacheControl);
    case 'document_url': {
      const url = stringOf(part['document_url']) ?? stringOf(objectOf(part['document_url'])['url']);
      return fileBlocks({ file_data: url, filename: part['document_name'] }, cacheControl);
    }
    case 'thinking':
      // Another vendor's thinking has no signature that Claude would accept.
      return [];
    case 'input_audio':
      throw refuse(
        'A message holds `input_audio`; the Messages API takes no audio. Choose a model that hears, or send text.',
      );
    default:
      throw refuse(
        'A message holds a content part whose `type` the Messages API cannot express; use text, image_url or file.',
      );
  }
}

function marked(block: JsonObject, cacheControl: unknown): JsonObject {
  return isObject(cacheControl) ? { ...block, cache_control: cacheControl } : block;
}

/** `image_url` as object or string; a data URL becomes base64, http(s) is passed on for the provider to fetch. */
function imageSource(image: unknown): JsonObject {
  const url = stringOf(image) ?? stringOf(objectOf(image)['url']) ?? '';
  const data = parseDataUrl(url);
  if (data !== null) {
    const mediaType = data.mediaType === 'image/jpg' ? 'image/jpeg' : data.mediaType;
    return { type: 'base64', media_type: mediaType, data: data.base64 };
  }
  if (isHttpUrl(url)) return { type: 'url', url };
  throw refuse('An `image_url` is neither a data: URL with base64 nor an http(s) URL; send one of these.');
}

function fileBlocks(file: JsonObject, cacheControl: unknown): readonly JsonObject[] {
  const title = stringOf(file['filename']);
  const data = stringOf(file['file_data']) ?? stringOf(file['file_url']);
  if (data === undefined) {
    throw refuse(
      'A `file` part names a `file_id`, which only the provider that stores it can read; send `file_data` instead.',
    );
  }
  if (isHttpUrl(data)) return [document({ type: 'url', url: data }, title, cacheControl)];
  const parsed = parseDataUrl(data) ?? { mediaType: mediaTypeOf(title), base64: data };
  if (parsed.mediaType.startsWith('image/')) {
    return [
      marked(
        { type: 'image', source: { type: 'base64', media_type: parsed.mediaType, data: parsed.base64 } },
        cacheControl,
      ),
    ];
  }
  if (parsed.mediaType === 'application/pdf') {
    const source = { type: 'base64', media_type: 'application/pdf', data: parsed.base64 };
    return [document(source, title, cacheControl)];
  }
  if (parsed.mediaType.startsWith('text/') || parsed.mediaType === 'application/json') {
    const text = Buffer.from(parsed.base64, 'base64').toString('utf8');
    return [document({ type: 'text', media_type: 'text/plain', data: text }, title, cacheControl)];
  }
  throw refuse('A `file` part is neither PDF, text nor image; the Messages API takes only these.');
}

function document(source: JsonObject, title: string | undefined, cacheControl: unknown): JsonObject {
  return marked(present({ type: 'document', source, title }), cacheControl);
}

/** Files sent as bare base64 say what they are by name only. */
function mediaTypeOf(filename: string | undefined): string {
  return filename !== undefined && /\.(txt|md|csv|html?|xml|json)$/i.test(filename)
    ? 'text/plain'
    : 'application/pdf';
}

/** `data:TYPE[;param…];base64,DATA`; percent-encoded data URLs are brought to base64. Null for any other string. */
function parseDataUrl(url: string): { readonly mediaType: string; readonly base64: string } | null {
  if (!/^data:/i.test(url)) return null;
  const comma = url.indexOf(',');
  if (comma === -1) return null;
  const head = url.slice('data:'.length, comma).split(';');
  const mediaType = (head[0] ?? '').toLowerCase() || 'text/plain';
  const payload = url.slice(comma + 1);
  if (head.some((parameter) => parameter.toLowerCase() === 'base64')) return { mediaType, base64: payload };
  try {
    return { mediaType, base64: Buffer.from(decodeURIComponent(payload), 'utf8').toString('base64') };
  } catch {
    // A percent sign that encodes nothing.
    throw refuse('A data: URL is not valid; encode its content as base64.');
  }
}

function isHttpUrl(url: string): boolean {
  return /^https?:\/\//i.test(url);
}
