/** Content parts of Responses input → content parts of the canonical form. */
import { type JsonObject, objectOf, objectsOf, present, refuse, stringOf } from '../shared/json-values.ts';

export type Parts = readonly JsonObject[];

/** String content is one text part; empty text says nothing. */
export function partsFromContent(content: unknown): Parts {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  return objectsOf(content)
    .map(partFrom)
    .filter((part) => part['text'] !== '');
}

/** One text part is a plain string: the form every provider takes. */
export function simplestContent(parts: Parts): unknown {
  const only = parts.length === 1 ? parts[0] : undefined;
  return only?.['type'] === 'text' ? only['text'] : parts;
}

/** What an assistant said before: text and refusals. */
export function textOfContent(content: unknown): string {
  if (typeof content === 'string') return content;
  return objectsOf(content)
    .map((part) => stringOf(part['text']) ?? stringOf(part['refusal']) ?? '')
    .join('');
}

/** What a tool gave back: text for the tool message, and what a tool message cannot hold (images, files). */
export function splitOutput(output: unknown): { readonly text: string; readonly attachments: Parts } {
  if (typeof output === 'string') return { text: output, attachments: [] };
  const parts = partsFromContent(output);
  const isText = (part: JsonObject): boolean => part['type'] === 'text';
  const text = parts
    .filter(isText)
    .map((part) => stringOf(part['text']) ?? '')
    .join('\n');
  const attachments = parts.filter((part) => !isText(part));
  const noted = attachments.length > 0 && text === '' ? '(The result follows in the next message.)' : text;
  return { text: noted, attachments };
}

function partFrom(part: JsonObject): JsonObject {
  switch (part['type']) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { type: 'text', text: stringOf(part['text']) ?? '' };
    case 'refusal':
      return { type: 'text', text: stringOf(part['refusal']) ?? '' };
    case 'input_image':
      return imagePart(part);
    case 'input_file':
      return filePart(part);
    case 'input_audio':
      return { type: 'input_audio', input_audio: objectOf(part['input_audio']) };
    default:
      throw refuse(
        'A message holds a content part whose `type` has no counterpart; use input_text, input_image or input_file.',
      );
  }
}

function imagePart(part: JsonObject): JsonObject {
  const url = stringOf(part['image_url']);
  if (url === undefined) throw storedFile('input_image', 'image_url');
  const detail = stringOf(part['detail']);
  return { type: 'image_url', image_url: present({ url, detail: detail === 'original' ? 'high' : detail }) };
}

function filePart(part: JsonObject): JsonObject {
  const data = stringOf(part['file_data']) ?? stringOf(part['file_url']);
  if (data === undefined) throw storedFile('input_file', 'file_data');
  return { type: 'file', file: { filename: stringOf(part['filename']) ?? 'document.pdf', file_data: data } };
}

function storedFile(part: string, field: string): Error {
  return refuse(
    `A part \`${part}\` names a \`file_id\`, which only the provider that stores it can read; send \`${field}\` instead.`,
  );
}
