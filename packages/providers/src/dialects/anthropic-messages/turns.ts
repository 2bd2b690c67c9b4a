/**
 * The rules by which the Messages API reads a conversation, applied to turns that were written for a laxer API: turns
 * alternate, every tool call is answered at the start of the very next user turn and only there. (An assistant may
 * begin: the API takes it, as recorded traffic shows.)
 * Source: docs.claude.com "Messages", "Handling tool use and tool result content blocks".
 */
import { type JsonObject, stringOf } from '../shared/json-values.ts';

export type Turn = { readonly role: 'user' | 'assistant'; readonly content: readonly JsonObject[] };

const NO_RESULT_TEXT = 'No result was given for this tool call.';

export function arrangeTurns(turns: readonly Turn[]): readonly Turn[] {
  return trimPrefill(answerToolCalls(mergeTurns(turns)));
}

/** Consecutive turns of one role become one; turns without content disappear. */
function mergeTurns(turns: readonly Turn[]): readonly Turn[] {
  const merged: Turn[] = [];
  for (const turn of turns) {
    if (turn.content.length === 0) continue;
    const last = merged.at(-1);
    if (last?.role === turn.role)
      merged[merged.length - 1] = { ...last, content: [...last.content, ...turn.content] };
    else merged.push(turn);
  }
  return merged;
}

/** Pairs calls with results: results first in the next user turn, one per call, missing ones said to be missing. */
function answerToolCalls(turns: readonly Turn[]): readonly Turn[] {
  const answered: Turn[] = [];
  let waiting: readonly string[] = [];
  for (const turn of turns) {
    if (turn.role === 'assistant') {
      if (waiting.length > 0) answered.push({ role: 'user', content: waiting.map(missingResult) });
      waiting = turn.content.filter(isType('tool_use')).map((block) => stringOf(block['id']) ?? '');
      answered.push(turn);
    } else {
      answered.push({ role: 'user', content: pairResults(turn.content, waiting) });
      waiting = [];
    }
  }
  if (waiting.length > 0) answered.push({ role: 'user', content: waiting.map(missingResult) });
  return answered;
}

function pairResults(content: readonly JsonObject[], waiting: readonly string[]): readonly JsonObject[] {
  const results = new Map<string, JsonObject>();
  const rest: JsonObject[] = [];
  for (const block of content) {
    const id = stringOf(block['tool_use_id']) ?? '';
    if (block['type'] !== 'tool_result') rest.push(block);
    else if (waiting.includes(id) && !results.has(id)) results.set(id, block);
    else rest.push(...strayResult(block));
  }
  return [...waiting.map((id) => results.get(id) ?? missingResult(id)), ...rest];
}

function missingResult(id: string): JsonObject {
  return { type: 'tool_result', tool_use_id: id, content: NO_RESULT_TEXT, is_error: true };
}

/** A result that answers no call of the turn before is refused as such, so it is told instead. */
function strayResult(block: JsonObject): readonly JsonObject[] {
  const content = block['content'];
  const inner =
    typeof content === 'string' ? [text(content)] : (content as readonly JsonObject[] | undefined);
  const label = text(`Result of an earlier tool call (${stringOf(block['tool_use_id']) ?? 'unnamed'}):`);
  return [label, ...(inner ?? []).filter((each) => each['type'] !== 'text' || each['text'] !== '')];
}

/** An assistant turn at the end is a prefill, which must not end in white space. */
function trimPrefill(turns: readonly Turn[]): readonly Turn[] {
  const last = turns.at(-1);
  const block = last?.content.at(-1);
  if (last?.role !== 'assistant' || block?.['type'] !== 'text') return turns;
  const trimmed = { ...block, text: (stringOf(block['text']) ?? '').trimEnd() };
  return [...turns.slice(0, -1), { ...last, content: [...last.content.slice(0, -1), trimmed] }];
}

/**
 * True when the conversation stands inside a tool loop whose last assistant turn does not begin with thinking: with a
 * thinking budget the API refuses such a request, so thinking is left off for this call.
 */
export function lacksThinkingInToolLoop(turns: readonly Turn[]): boolean {
  const last = turns.at(-1);
  if (last?.role !== 'user' || last.content[0]?.['type'] !== 'tool_result') return false;
  const first = turns.at(-2)?.content[0]?.['type'];
  return first !== 'thinking' && first !== 'redacted_thinking';
}

function isType(type: string): (block: JsonObject) => boolean {
  return (block) => block['type'] === type;
}

function text(value: string): JsonObject {
  return { type: 'text', text: value };
}
