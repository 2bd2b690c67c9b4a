/** Reading JSON of unknown shape: nothing here throws on a value that is not what was hoped for. */
import { GatewayError } from '@arouter/core';

export type JsonObject = { readonly [field: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects of an array; anything else in it, or no array at all, counts for nothing. */
export function objectsOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

export function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** Keeps only the members that have a value, so that absent stays absent on the wire. */
export function present(members: { readonly [field: string]: unknown }): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** The one way a dialect says that the caller asked for something that cannot be said on the other side. */
export function refuse(message: string): GatewayError {
  return new GatewayError('invalid_request', message);
}

type ParseContext = { readonly source?: string };
type RawJson = { readonly rawJSON: (text: string) => unknown };

/**
 * JSON.parse that does not round integers beyond 2^53: they are kept as they were written and come out of
 * JSON.stringify unchanged. Ids in tool arguments are such numbers. Throws SyntaxError.
 */
export function parseExact(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  const keepExact = (_key: string, value: unknown, context?: ParseContext): unknown =>
    typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) && context?.source
      ? (JSON as unknown as RawJson).rawJSON(context.source)
      : value;
  return JSON.parse(text, keepExact);
}

/** Deeper than any schema or argument, and shallow enough for JSON.stringify, which recurses. */
const DEPTH_MAX = 128;

/** False for a value that a hostile server has nested until writing it would exhaust the stack. */
export function isShallow(value: unknown, depthLeft = DEPTH_MAX): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depthLeft === 0) return false;
  for (const inner of Object.values(value)) if (!isShallow(inner, depthLeft - 1)) return false;
  return true;
}

/** Tool arguments as text → the object that the Messages API wants. What is not an object is kept under one name. */
export function argumentsToInput(text: unknown): JsonObject {
  if (isObject(text)) return text;
  if (typeof text !== 'string' || text.trim() === '') return {};
  try {
    const parsed = parseExact(text);
    if (!isShallow(parsed)) return { malformed_arguments: text };
    return isObject(parsed) ? parsed : { value: parsed };
  } catch {
    // The model that wrote them made a mistake; the next model should see it rather than the caller getting an error.
    return { malformed_arguments: text };
  }
}

/** Whether this is a whole JSON object, so that nothing of it can be still to come. */
export function isWholeObject(json: string): boolean {
  if (!json.trimEnd().endsWith('}')) return false;
  try {
    JSON.parse(json);
    return true;
  } catch {
    // The rest is still to come.
    return false;
  }
}
