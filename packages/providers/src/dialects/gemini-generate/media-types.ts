/** Media types that a file's name or URL says, for parts that state none: Google wants one with every file. */

const BY_EXTENSION: ReadonlyMap<string, string> = new Map([
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['webp', 'image/webp'],
  ['gif', 'image/gif'],
  ['heic', 'image/heic'],
  ['heif', 'image/heif'],
  ['pdf', 'application/pdf'],
  ['txt', 'text/plain'],
  ['md', 'text/markdown'],
  ['csv', 'text/csv'],
  ['html', 'text/html'],
  ['htm', 'text/html'],
  ['xml', 'text/xml'],
  ['json', 'application/json'],
  ['mp3', 'audio/mpeg'],
  ['wav', 'audio/wav'],
  ['ogg', 'audio/ogg'],
  ['flac', 'audio/flac'],
  ['m4a', 'audio/mp4'],
  ['mp4', 'video/mp4'],
  ['mov', 'video/quicktime'],
  ['webm', 'video/webm'],
  ['mpeg', 'video/mpeg'],
]);

/** By the last extension of a path or URL; undefined when it says nothing. */
export function mediaTypeOf(name: string): string | undefined {
  const path = name.split(/[?#]/, 1)[0] ?? '';
  const extension = /\.([a-z0-9]{2,5})$/i.exec(path)?.[1];
  return extension === undefined ? undefined : BY_EXTENSION.get(extension.toLowerCase());
}

/** `mp3`, `wav`, … as OpenAI names the formats of sound. */
export function audioMediaType(format: string): string {
  if (format === 'mp3') return 'audio/mpeg';
  return format === 'pcm16' ? 'audio/pcm' : `audio/${format}`;
}

/** The other way; undefined for what OpenAI has no name for. */
export function audioFormatOf(mediaType: string): string | undefined {
  const subtype = /^audio\/(?:x-)?([a-z0-9-]+)/i.exec(mediaType)?.[1]?.toLowerCase();
  if (subtype === 'mpeg' || subtype === 'mp3') return 'mp3';
  if (subtype === 'wav' || subtype === 'wave') return 'wav';
  return subtype === 'pcm' || subtype === 'l16' ? 'pcm16' : subtype;
}
