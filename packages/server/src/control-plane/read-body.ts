/** Bytes → a JSON value without surprises: UTF-8, bounded depth, no names that reach into prototypes. */
import { GatewayError } from '@arouter/core';

export const BODY_BYTES_MAX = 256 * 1024;
const DEPTH_MAX = 32;
const FORBIDDEN_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Undefined for an empty body. Never quotes the body: a mistyped credential stands in it. */
export function readBody(bytes: Uint8Array): unknown {
  if (bytes.byteLength === 0) return undefined;
  const value = parse(bytes);
  assertHarmless(value, 0);
  return value;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    // The parser's own message quotes the input, so it is neither shown nor kept as the cause.
    throw new GatewayError(
      'invalid_request',
      'The body is not valid JSON. Numbers are written in digits (NaN and Infinity do not exist in JSON), names and text in double quotes.',
    );
  }
}

function assertHarmless(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth >= DEPTH_MAX) {
    throw new GatewayError('invalid_request', `The body is nested deeper than ${DEPTH_MAX} levels.`);
  }
  for (const name of Object.keys(value)) {
    if (FORBIDDEN_NAMES.has(name)) {
      throw new GatewayError('invalid_request', `A field must not be called ${name}.`);
    }
    assertHarmless((value as Record<string, unknown>)[name], depth + 1);
  }
}
