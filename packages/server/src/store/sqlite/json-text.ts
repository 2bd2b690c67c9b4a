/**
 * Small values as JSON, put together by who writes the journal: what `JSON.stringify` would say, without the call into native
 * code that costs more than they do.
 */

/** Most words are letters, digits and marks that JSON takes as they are. */
export function jsonOf(text: string | null): string {
  if (text === null) return 'null';
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < SPACE || code > TILDE || code === QUOTE || code === BACKSLASH) return JSON.stringify(text);
  }
  return `"${text}"`;
}
const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const TILDE = 0x7e;

/** As it reads in a text; what is no number in JSON is null. */
export function jsonNumber(value: number | null): number | 'null' {
  return value !== null && value - value === 0 ? value : 'null';
}

/** JSON within a string of JSON, as a column of text holds it. */
export function jsonInText(value: object): string {
  return JSON.stringify(JSON.stringify(value));
}
