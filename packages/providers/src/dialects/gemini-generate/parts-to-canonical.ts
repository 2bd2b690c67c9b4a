/** Parts that a Gemini caller wrote in a user's or system's turn → content parts of the canonical form. */
import { type JsonObject, objectOf, present, refuse, stringOf } from '../shared/json-values.ts';
import { fieldOf } from './field-of.ts';
import { audioFormatOf } from './media-types.ts';

export type Parts = readonly JsonObject[];

/** One text part is a plain string: the form every provider takes. */
export function simplestContent(parts: Parts): unknown {
  const only = parts.length === 1 ? parts[0] : undefined;
  return only?.['type'] === 'text' ? only['text'] : parts;
}

export function partToCanonical(part: JsonObject): Parts {
  const text = stringOf(part['text']);
  if (text !== undefined) return text === '' ? [] : [{ type: 'text', text }];
  const inline = fieldOf(part, 'inlineData');
  if (inline !== undefined) return [inlinePart(objectOf(inline))];
  const file = fieldOf(part, 'fileData');
  if (file !== undefined) return [filePart(objectOf(file))];
  const code = codeText(part);
  // Parts that only Google's own tools write, and parts yet to be invented: see field-fates.ts.
  return code === undefined ? [] : [{ type: 'text', text: code }];
}

/** Code that Gemini ran and what came of it, as text: there is no other way to say it. */
export function codeText(part: JsonObject): string | undefined {
  const code = fieldOf(part, 'executableCode');
  if (code !== undefined) {
    const { language, code: source } = objectOf(code);
    return `\n\`\`\`${(stringOf(language) ?? '').toLowerCase()}\n${stringOf(source) ?? ''}\n\`\`\`\n`;
  }
  const result = fieldOf(part, 'codeExecutionResult');
  return result === undefined
    ? undefined
    : `\n\`\`\`\n${stringOf(objectOf(result)['output']) ?? ''}\n\`\`\`\n`;
}

/** `{mimeType, data}` as a data URL. */
export function dataUrl(blob: JsonObject): { readonly mediaType: string; readonly url: string } {
  const mediaType = stringOf(fieldOf(blob, 'mimeType')) ?? 'application/octet-stream';
  return { mediaType, url: `data:${mediaType};base64,${standardBase64(stringOf(blob['data']) ?? '')}` };
}

function inlinePart(blob: JsonObject): JsonObject {
  const { mediaType, url } = dataUrl(blob);
  if (mediaType.startsWith('image/')) return { type: 'image_url', image_url: { url } };
  if (mediaType.startsWith('audio/')) {
    const data = url.slice(url.indexOf(',') + 1);
    return { type: 'input_audio', input_audio: { data, format: audioFormatOf(mediaType) ?? 'wav' } };
  }
  if (mediaType.startsWith('video/')) return { type: 'video_url', video_url: { url } };
  const filename = stringOf(fieldOf(blob, 'displayName')) ?? fileName(mediaType);
  return { type: 'file', file: { filename, file_data: url } };
}

function filePart(file: JsonObject): JsonObject {
  const uri = stringOf(fieldOf(file, 'fileUri')) ?? '';
  const mediaType = stringOf(fieldOf(file, 'mimeType')) ?? '';
  if (!/^https?:\/\//i.test(uri) || /^https:\/\/generativelanguage\.googleapis\.com\//i.test(uri)) {
    throw refuse(
      'A `fileData` names a file that only Google can read; send its content as `inlineData`, or choose a Gemini model.',
    );
  }
  if (mediaType.startsWith('video/') || /^https?:\/\/(?:www\.)?youtu/i.test(uri))
    return { type: 'video_url', video_url: { url: uri } };
  if (mediaType.startsWith('audio/')) {
    throw refuse(
      'A `fileData` is sound behind a URL, which this provider cannot fetch; send it as `inlineData`.',
    );
  }
  if (mediaType === '' || mediaType.startsWith('image/'))
    return { type: 'image_url', image_url: { url: uri } };
  const filename = stringOf(fieldOf(file, 'displayName')) ?? fileName(mediaType);
  return { type: 'file', file: present({ filename, file_data: uri }) };
}

function fileName(mediaType: string): string {
  return mediaType === 'application/pdf' ? 'document.pdf' : 'document.txt';
}

/** Google also reads the URL-safe alphabet; others do not. */
function standardBase64(data: string): string {
  return /[-_]/.test(data) ? data.replaceAll('-', '+').replaceAll('_', '/') : data;
}
