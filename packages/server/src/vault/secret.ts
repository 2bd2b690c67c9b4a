/** A value that must not be printed. Whatever prints it by accident (JSON, templates, logs, inspect) gets a mask. */
import { inspect } from 'node:util';
import type { Credential } from '@arouter/core';

export const MASK = '[secret]';

export class Secret<Value> {
  readonly #value: Value;
  constructor(value: Value) {
    this.#value = value;
  }
  /** The value in clear. Each call is a place to check in review. */
  reveal(): Value {
    return this.#value;
  }
  toString(): string {
    return MASK;
  }
  toJSON(): string {
    return MASK;
  }
  [Symbol.toPrimitive](): string {
    return MASK;
  }
  [inspect.custom](): string {
    return MASK;
  }
}

/**
 * A credential whose fields read as usual (`credential.api_key`) but are neither listed, copied, spread nor printed.
 * The fields are accessors, so that even an inspect that shows hidden properties finds no value.
 */
export function maskedCredential(fields: Readonly<Record<string, string>>): Credential {
  const credential: Record<string, string> = Object.create(MASKED) as Record<string, string>;
  for (const [name, value] of Object.entries(fields)) {
    Object.defineProperty(credential, name, { get: () => value, enumerable: false });
  }
  return Object.freeze(credential);
}

const MASKED: object = Object.freeze(
  Object.assign(Object.create(null) as object, {
    toString: () => MASK,
    toJSON: () => MASK,
    [Symbol.toPrimitive]: () => MASK,
    [inspect.custom]: () => MASK,
  }),
);
