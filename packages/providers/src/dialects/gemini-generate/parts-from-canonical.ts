/** Content parts of the canonical form → parts of a Gemini request. */
import { Buffer } from 'node:buffer';
import { isObject, type JsonObject, objectOf, present, refuse, stringOf } from '../shared/json-values.ts';
import { audioMediaType, mediaTypeOf } from './media-types.ts';

/** String or parts → parts. Empty text is left out: the API refuses it. */
export function partsFromContent(content: unknown): readonly JsonObject[] {
  if (typeof content === 'string') return textParts(content);
  if (!Array.isArray(content)) return [];
  return content.flatMap((part: unknown) => {
    if (typeof part === 'string') return textParts(part);
    return isObject(part) ? partsFromPart(part) : [];
  });
}

function textParts(text: unknown): readonly JsonObject[] {
  return typeof text !== 'string' || text === '' ? [] : [{ text }];
}

function partsFromPart(part: JsonObject): readonly JsonObject[] {
  switch (part['type']) {
    case 'text':
    case 'input_text':
    case 'output_text':
      return textParts(part['text']);
    case 'refusal':
      return textParts(part['refusal']);
    case 'image_url':
      return [mediaPart(urlOf(part['image_url']), 'image/jpeg', 'image_url')];
    case 'video_url':
      return [mediaPart(urlOf(part['video_url']), 'video/mp4', 'video_url')];
    case 'document_url':
      return [mediaPart(urlOf(part['document_url']), 'application/pdf', 'document_url')];
    case 'input_audio':
      return [audioPart(objectOf(part['input_audio']))];
    case 'file':
      return [filePart(objectOf(part['file']))];
    case 'thinking':
      // Another vendor's thinking, without a signature that Gemini would accept.
      return [];
    default:
      throw refuse(
        'A message holds a content part whose `type` Gemini cannot express; use text, image_url, input_audio, video_url or file.',
      );
  }
}

/** `{url}` or the URL itself. */
function urlOf(value: unknown): string {
  return stringOf(value) ?? stringOf(objectOf(value)['url']) ?? '';
}

/** A data URL goes inline; http(s) and Cloud Storage are fetched by Google, which wants to know what it is. */
function mediaPart(url: string, mediaTypeDefault: string, field: string): JsonObject {
  const data = parseDataUrl(url);
  if (data !== null) return { inlineData: { mimeType: data.mediaType, data: data.base64 } };
  if (/^https?:\/\/(?:www\.)?(?:youtube\.com|youtu\.be)\//i.test(url)) return { fileData: { fileUri: url } };
  if (/^(?:https?|gs):\/\//i.test(url)) {
    return { fileData: { mimeType: mediaTypeOf(url) ?? mediaTypeDefault, fileUri: url } };
  }
  throw refuse(`A \`${field}\` is neither a data: URL with base64 nor an http(s) URL; send one of these.`);
}

function audioPart(audio: JsonObject): JsonObject {
  const format = stringOf(audio['format']) ?? 'wav';
  const data = stringOf(audio['data']) ?? '';
  const url = parseDataUrl(data);
  return { inlineData: { mimeType: url?.mediaType ?? audioMediaType(format), data: url?.base64 ?? data } };
}

function filePart(file: JsonObject): JsonObject {
  const name = stringOf(file['filename']);
  const data = stringOf(file['file_data']) ?? stringOf(file['file_url']);
  const byName = name === undefined ? undefined : mediaTypeOf(name);
  if (data === undefined) return storedFile(stringOf(file['file_id']), byName);
  if (/^(?:https?|gs):\/\//i.test(data)) {
    return { fileData: { mimeType: byName ?? mediaTypeOf(data) ?? 'application/pdf', fileUri: data } };
  }
  const parsed = parseDataUrl(data) ?? { mediaType: byName ?? 'application/pdf', base64: data };
  return { inlineData: { mimeType: parsed.mediaType, data: parsed.base64 } };
}

/** A file that was uploaded to Google is named by its URI. */
function storedFile(id: string | undefined, mediaType: string | undefined): JsonObject {
  if (id !== undefined && /^https:\/\/generativelanguage\.googleapis\.com\/|^gs:\/\//.test(id)) {
    return { fileData: present({ mimeType: mediaType, fileUri: id }) };
  }
  throw refuse(
    'A `file` part names a `file_id`, which only the provider that stores it can read; send `file_data` instead.',
  );
}

/** `data:TYPE[;param…];base64,DATA`; percent-encoded data URLs are brought to base64. Null for any other string. */
function parseDataUrl(url: string): { readonly mediaType: string; readonly base64: string } | null {
  const comma = /^data:/i.test(url) ? url.indexOf(',') : -1;
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
