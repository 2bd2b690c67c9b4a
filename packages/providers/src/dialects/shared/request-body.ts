/** A caller's body, read as members. Complaints are `invalid_request`: they name the field and quote nothing. */
import { GatewayError, type RequestFacts } from '@arouter/core';
import { parseBody } from './json-body.ts';
import { isObject, type JsonObject } from './json-values.ts';
import {
  findMember,
  JsonScanError,
  memberValue,
  scanJsonObject,
  type JsonMember,
  type NestedKeyListener,
} from './scan-json.ts';

/** The members of a caller's body. Throws GatewayError `invalid_request`. */
export function scanRequestBody(body: Uint8Array, onNestedKey?: NestedKeyListener): readonly JsonMember[] {
  try {
    return scanJsonObject(body, onNestedKey);
  } catch (error) {
    if (!(error instanceof JsonScanError)) throw error;
    throw invalidRequest(
      `The request body must be a JSON object: ${error.reason} (byte ${error.offset}).`,
      error,
    );
  }
}

/** What was read of a body, with the members that were found: who passes it on needs them again. */
export type ScannedFacts = RequestFacts & { readonly members: readonly JsonMember[] };

/** The members of the body, scanned again only where that was not done for these facts. */
export function requestMembers(facts: RequestFacts): readonly JsonMember[] {
  return (facts as Partial<ScannedFacts>).members ?? scanRequestBody(facts.body);
}

/** The whole of a body that has been scanned. Throws GatewayError `invalid_request`. */
export function parsedBody(body: Uint8Array): JsonObject {
  const value = parseBody(body);
  if (isObject(value)) return value;
  // Its structure has been checked: raw control characters are what is left to complain of.
  throw invalidRequest('The request body has control characters in a string; escape them.');
}

/**
 * Refuses keys that differ from the given ones in case only: a parser that ignores case would take them for the real
 * ones, and we would have judged another request than the provider serves.
 */
export function refuseLookalikes(members: readonly JsonMember[], keys: ReadonlySet<string>): void {
  for (const { key, folded } of members) {
    if (folded !== key && keys.has(folded)) {
      throw invalidRequest(`The field "${folded}" must be written in lower case.`);
    }
  }
}

/** The value of a field; undefined when it is absent or null. Throws GatewayError `invalid_request`. */
export function fieldValue(body: Uint8Array, members: readonly JsonMember[], key: string): unknown {
  const member = findMember(members, key);
  if (member === undefined || member.kind === 'null') return undefined;
  try {
    return memberValue(body, member);
  } catch (error) {
    // Raw control characters are all that the scan lets pass and the parser does not.
    throw invalidRequest(`The field "${key}" has control characters in a string; escape them.`, error);
  }
}

/** A whole number from `min` to `max`; null when the field is absent or null. */
export function integerField(
  body: Uint8Array,
  members: readonly JsonMember[],
  field: { readonly key: string; readonly min: number; readonly max: number },
): number | null {
  const { key, min, max } = field;
  const value = fieldValue(body, members, key);
  if (value === undefined) return null;
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw invalidRequest(`The field "${key}" must be a whole number from ${min} to ${max}.`);
}

/** False when absent or null. */
export function booleanField(body: Uint8Array, members: readonly JsonMember[], key: string): boolean {
  const value = fieldValue(body, members, key);
  if (value === undefined) return false;
  if (typeof value === 'boolean') return value;
  throw invalidRequest(`The field "${key}" must be true or false.`);
}

/** Undefined when absent or null. */
export function stringField(
  body: Uint8Array,
  members: readonly JsonMember[],
  field: { readonly key: string; readonly charsMax: number },
): string | undefined {
  const { key, charsMax } = field;
  const value = fieldValue(body, members, key);
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value !== '' && value.length <= charsMax) return value;
  throw invalidRequest(`The field "${key}" must be a string of 1 to ${charsMax} characters.`);
}

export function invalidRequest(message: string, cause?: unknown): GatewayError {
  return new GatewayError('invalid_request', message, cause === undefined ? {} : { cause });
}
