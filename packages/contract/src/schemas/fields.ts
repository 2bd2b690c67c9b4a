/**
 * The building blocks of all schemas. Every field has a type, a least and a most; every refusal is the end of a sentence
 * that begins with the field's name ("`weight` must be a whole number from 1 to 1000") and never repeats the value.
 */
import { MODEL_NAME_CHARACTERS_MAX } from '@arouter/core';
import { z } from 'zod';

export const USD_MAX = 1_000_000;
export const LABEL_CHARACTERS_MAX = 255;
export const LIST_ENTRIES_MAX = 1_000;
export const NAME_CHARACTERS_MAX = 128;
export const PAGE_SIZE_MAX = 100;
export const OFFSET_MAX = 1_000_000;
/** Smallest amount that is not zero once it is nano-USD. */
const USD_MIN = 1e-9;

type Issue = { readonly input?: unknown };

/** The message for every way in which a field can be wrong, save for its absence. */
export function saying(message: string): (issue: Issue) => string {
  return (issue) => (issue.input === undefined ? 'is required' : message);
}

export function whole(least: number, most: number) {
  const error = saying(`must be a whole number from ${least} to ${most}`);
  return z.int({ error }).min(least, { error }).max(most, { error });
}

/** An amount above zero. */
export function usdAboveZero() {
  const error = saying(`must be more than 0 and at most ${USD_MAX} (USD)`);
  return z.number({ error }).min(USD_MIN, { error }).max(USD_MAX, { error });
}

export function usdFromZero() {
  const error = saying(`must be an amount from 0 to ${USD_MAX} (USD)`);
  return z.number({ error }).min(0, { error }).max(USD_MAX, { error });
}

export function flag() {
  return z.boolean({ error: saying('must be true or false') });
}

/** Text for people: no control characters, nothing that reverses or hides what is read. */
export function printable(charactersMax: number) {
  const error = saying(`must be text of at most ${charactersMax} printable characters`);
  return z
    .string({ error })
    .max(charactersMax, { error })
    .regex(/^[^\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/u, { error });
}

export function nameForPeople() {
  return printable(LABEL_CHARACTERS_MAX).regex(/\S/u, { error: 'must not be empty' });
}

/** A name that machines compare: visible ASCII, no white space. */
export function token(charactersMax: number = NAME_CHARACTERS_MAX) {
  const error = saying(`must be 1 to ${charactersMax} visible ASCII characters without spaces`);
  return z
    .string({ error })
    .min(1, { error })
    .max(charactersMax, { error })
    .regex(/^[\x21-\x7e]+$/, { error });
}

/** A restriction: absent or null restricts nothing; an empty list would exclude everything, so it is refused. */
export function allowList(charactersMax: number = NAME_CHARACTERS_MAX) {
  const error = saying(`must be a list of 1 to ${LIST_ENTRIES_MAX} names, or null for all`);
  return z.array(token(charactersMax), { error }).min(1, { error }).max(LIST_ENTRIES_MAX, { error });
}

/** Names of models, exact or as globs. */
export function modelList() {
  return allowList(MODEL_NAME_CHARACTERS_MAX);
}

export function choice<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values, { error: saying(`must be one of ${values.join(', ')}`) });
}

/** RFC 3339 date and time, or a date (00:00 UTC). */
export function timestamp() {
  const error = saying('must be a date and time such as 2026-11-23T00:00:00Z');
  return z
    .string({ error })
    .max(40, { error })
    .regex(/^\d{4}-\d{2}-\d{2}([Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2}))?$/, { error })
    .refine((text) => !Number.isNaN(Date.parse(text)), { error })
    .meta({ format: 'date-time' });
}

/** Query parameters are text: these read numbers and switches out of it. */
export function queryWhole(least: number, most: number) {
  const error = saying(`must be a whole number from ${least} to ${most}`);
  return z.coerce.number<number>({ error }).int({ error }).min(least, { error }).max(most, { error });
}

export function queryUsd() {
  const error = saying(`must be an amount from 0 to ${USD_MAX} (USD)`);
  return z.coerce.number<number>({ error }).min(0, { error }).max(USD_MAX, { error });
}

export function querySwitch() {
  return z
    .enum(['true', 'false'], { error: saying('must be true or false') })
    .transform((text) => text === 'true');
}

export const offset = queryWhole(0, OFFSET_MAX)
  .optional()
  .meta({ description: 'How many to skip; default 0.' });
export const limit = queryWhole(1, PAGE_SIZE_MAX)
  .optional()
  .meta({ description: 'How many to return; default 50.' });

/** On every route of a workspace. */
export const workspaceScope = {
  workspace_id: token(64).optional().meta({
    description:
      'Which workspace. Operator keys must say it; for other keys it is their own and need not be said.',
  }),
};
