/**
 * How the sandbox counts tokens, so that a test can count the same:
 *
 * - input: every text, tool definition included, counts one token per 4 UTF-16 units, rounded up; every message 4 more,
 *   every image 85, every request 3. Never more than the body's UTF-8 bytes, as with a byte-level tokenizer.
 * - output: one token per piece, a piece being white space and up to 8 following characters. A streamed answer sends one
 *   piece per event; tool arguments are pieces of 8 characters.
 */

export const TOKENS_PER_REQUEST = 3;
export const TOKENS_PER_MESSAGE = 4;
export const TOKENS_PER_IMAGE = 85;
const UNITS_PER_TOKEN = 4;
const PIECE = /\s*\S{1,8}|\s+$/gu;
const ARGUMENT_PIECE = /[^]{1,8}/gu;

export function textTokens(text: string): number {
  return Math.ceil(text.length / UNITS_PER_TOKEN);
}

/** The pieces of an answer; joined, they are the text again. */
export function textPieces(text: string): readonly string[] {
  return text.match(PIECE) ?? [];
}

export function argumentPieces(json: string): readonly string[] {
  return json.match(ARGUMENT_PIECE) ?? [];
}
