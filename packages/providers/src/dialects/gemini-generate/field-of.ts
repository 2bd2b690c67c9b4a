/**
 * Google reads a field of a request in lowerCamelCase and in its proto spelling, and its own SDKs mix both
 * (protobuf.dev, "ProtoJSON Format: field names"; recorded traffic has `thought_signature` beside `thoughtSignature`).
 */
import type { JsonObject } from '../shared/json-values.ts';

/** The value under either spelling; undefined when absent or null. `name` is in lowerCamelCase. */
export function fieldOf(object: JsonObject, name: string): unknown {
  return object[name] ?? object[protoName(name)] ?? undefined;
}

/** `maxOutputTokens` → `max_output_tokens`. */
export function protoName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
