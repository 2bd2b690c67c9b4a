/** The one place where what came from outside becomes what the contract says, or a sentence that names the field. */
import { GatewayError } from '@arouter/core';
import type { z } from 'zod';

const PROBLEMS_SHOWN_MAX = 5;
/**
 * A field name as a person or a program writes it: short words in snake_case or camelCase. Anything else may be a
 * secret pasted into the wrong place, and is not repeated.
 */
const PLAIN_NAME =
  /^(?:[a-z][a-z0-9]{0,15}(?:[_.][a-z0-9]{1,15}){0,7}|[a-z]{1,15}(?:[A-Z][a-z]{1,15}){1,4})$/;

export type Place = 'path' | 'query' | 'body';

/** Throws GatewayError `invalid_request`; `metadata.fields` lists what is wrong where. */
export function validate(schema: z.ZodType | null, value: unknown, place: Place): unknown {
  if (schema === null) return refuseContent(value, place);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = new Map(
    result.error.issues
      .flatMap((issue) => describe(issue, place))
      // A field may break two rules that are one sentence to a person.
      .map((problem) => [`${problem.field} ${problem.sentence}`, problem]),
  );
  const shown = [...problems.values()].slice(0, PROBLEMS_SHOWN_MAX);
  throw new GatewayError('invalid_request', shown.map(({ sentence }) => sentence).join(' '), {
    metadata: { fields: [...new Set(shown.map(({ field }) => field))].filter((field) => field !== '') },
  });
}

/** Shown in a message only when it is plainly a name. */
export function safeName(name: string): string {
  return PLAIN_NAME.test(name) ? `\`${name}\`` : 'A field';
}

/** A route without parameters or body ignores neither: a misspelt filter must not look like an answer. */
function refuseContent(value: unknown, place: Place): undefined {
  if (typeof value === 'object' && value !== null) {
    const [first] = Object.keys(value);
    if (first !== undefined) throw unknownField(first, place);
  }
  return undefined;
}

function unknownField(name: string, place: Place): GatewayError {
  return new GatewayError('invalid_request', `${safeName(name)} is not a ${kindOf(place)} of this request.`, {
    metadata: { fields: [] },
  });
}

type Problem = { readonly field: string; readonly sentence: string };

function describe(issue: z.core.$ZodIssue, place: Place): Problem[] {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: '',
      sentence: `${safeName(path === '' ? key : `${path}.${key}`)} is not a ${kindOf(place)} of this request.`,
    }));
  }
  if (path === '') return [{ field: '', sentence: `The ${place} must be a JSON object.` }];
  return [{ field: path, sentence: `${safeName(path)} ${issue.message}.` }];
}

function kindOf(place: Place): string {
  return place === 'body' ? 'field' : 'parameter';
}
