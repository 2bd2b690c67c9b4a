import type { RawHeaders } from './answer-parser.ts';

/** The first value of a header. @param name In lower case. */
export function headerIn(headers: RawHeaders, name: string): string | undefined {
  for (let index = 0; index < headers.length; index += 2) {
    const candidate = headers[index];
    if (candidate?.length === name.length && candidate.toLowerCase() === name) return headers[index + 1];
  }
  return undefined;
}
