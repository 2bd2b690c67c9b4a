/**
 * The rules by which Gemini reads a conversation, applied to turns that were written for a laxer API: turns alternate,
 * the first is the user's, every function call is answered in the very next turn and only there.
 * Source: ai.google.dev "Function calling", and its 400 answers ("function call turn comes immediately after …",
 * "number of function response parts is equal to the number of function call parts").
 */
import { isObject, type JsonObject, objectOf, stringOf } from '../shared/json-values.ts';

export type Turn = { readonly role: 'user' | 'model'; readonly parts: readonly JsonObject[] };

const NO_RESULT_TEXT = 'No result was given for this function call.';

export function arrangeTurns(turns: readonly Turn[]): readonly Turn[] {
  const merged = mergeTurns(turns);
  const begun: readonly Turn[] =
    merged[0]?.role === 'model' ? [{ role: 'user', parts: [{ text: ' ' }] }, ...merged] : merged;
  return answerCalls(begun);
}

/** Consecutive turns of one role become one; turns without parts disappear. */
function mergeTurns(turns: readonly Turn[]): readonly Turn[] {
  const merged: Turn[] = [];
  for (const turn of turns) {
    if (turn.parts.length === 0) continue;
    const last = merged.at(-1);
    if (last?.role === turn.role)
      merged[merged.length - 1] = { ...last, parts: [...last.parts, ...turn.parts] };
    else merged.push(turn);
  }
  return merged;
}

/** Pairs calls with results: results first in the next turn, one per call, missing ones said to be missing. */
function answerCalls(turns: readonly Turn[]): readonly Turn[] {
  const answered: Turn[] = [];
  let waiting: readonly JsonObject[] = [];
  for (const turn of turns) {
    if (turn.role === 'model') {
      waiting = turn.parts.map((part) => part['functionCall']).filter(isObject);
      answered.push(turn);
    } else {
      answered.push({ role: 'user', parts: pairResults(turn.parts, waiting) });
      waiting = [];
    }
  }
  if (waiting.length > 0) answered.push({ role: 'user', parts: waiting.map(missingResult) });
  return answered;
}

function pairResults(parts: readonly JsonObject[], waiting: readonly JsonObject[]): readonly JsonObject[] {
  const results = new Map<unknown, JsonObject>();
  const rest: JsonObject[] = [];
  for (const part of parts) {
    const response = part['functionResponse'];
    if (!isObject(response)) rest.push(part);
    else if (waiting.some(({ id }) => id === response['id']) && !results.has(response['id']))
      results.set(response['id'], part);
    else rest.push(strayResult(response));
  }
  return [...waiting.map((call) => results.get(call['id']) ?? missingResult(call)), ...rest];
}

function missingResult(call: JsonObject): JsonObject {
  const { id, name } = call;
  return { functionResponse: { id, name, response: { error: NO_RESULT_TEXT } } };
}

/** A result that answers no call of the turn before is refused as such, so it is told instead. */
function strayResult(response: JsonObject): JsonObject {
  const said = objectOf(response['response']);
  const text = stringOf(said['result']) ?? JSON.stringify(said);
  return { text: `Result of an earlier function call (${stringOf(response['name']) ?? 'unnamed'}): ${text}` };
}
