/**
 * Reasoning of one vendor that travels through a caller of another vendor's dialect: whole, in a field that is opaque to
 * the caller (a signature, an encrypted datum), behind a mark. It is unpacked when the conversation comes back, and a
 * provider never gets to see it.
 */
import { Buffer } from 'node:buffer';
import { isObject, type JsonObject } from './json-values.ts';

/** Begins every opaque datum that this gateway wrote itself. No vendor's own holds a colon. */
export const CARRIED_MARK = 'arouter-carried:';

export function carry(detail: JsonObject): string {
  return CARRIED_MARK + Buffer.from(JSON.stringify(detail), 'utf8').toString('base64url');
}

/** What `carry` packed; unsigned text where it cannot be read any more. */
export function unpackCarried(opaque: string): JsonObject {
  const unsigned = { type: 'reasoning.text', format: 'unknown' };
  try {
    const packed: unknown = JSON.parse(
      Buffer.from(opaque.slice(CARRIED_MARK.length), 'base64url').toString('utf8'),
    );
    return isObject(packed) ? { ...unsigned, ...packed } : unsigned;
  } catch {
    // The caller changed it: what is left is unsigned text, which every upstream accepts or ignores.
    return unsigned;
  }
}
