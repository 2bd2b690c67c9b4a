/** `systemInstruction` and `contents` of a Gemini caller → canonical messages. */
import {
  isObject,
  type JsonObject,
  objectOf,
  objectsOf,
  present,
  refuse,
  stringOf,
} from '../shared/json-values.ts';
import { reasoningMembers } from './details.ts';
import { fieldOf } from './field-of.ts';
import { codeText, partToCanonical, simplestContent } from './parts-to-canonical.ts';
import { isCarried, signatureDetail, signatureOf, unpackCarried } from './signatures.ts';
import { GEMINI_FORMAT } from './signatures.ts';

export function contentsToCanonical(request: JsonObject): readonly JsonObject[] {
  const instruction = fieldOf(request, 'systemInstruction');
  const system = partsOf(instruction).flatMap(partToCanonical);
  const head = system.length === 0 ? [] : [{ role: 'system', content: simplestContent(system) }];
  const calls = new CallBook();
  return [...head, ...objectsOf(request['contents']).flatMap((content) => messagesOf(content, calls))];
}

/** The parts of a Content; a bare string is one text (the SDKs accept it, so people write it). */
function partsOf(content: unknown): readonly JsonObject[] {
  if (typeof content === 'string') return [{ text: content }];
  if (!isObject(content)) return [];
  const { parts } = content;
  return isObject(parts) ? [parts] : objectsOf(parts);
}

function messagesOf(content: JsonObject, calls: CallBook): readonly JsonObject[] {
  switch (content['role'] ?? 'user') {
    case 'model':
      return modelMessage(partsOf(content), calls);
    case 'user':
    case 'function':
    case 'tool':
      return userMessages(partsOf(content), calls);
    default:
      throw refuse('An entry of `contents` has a `role` that is none of user and model.');
  }
}

/** Results become tool messages, in order; what else the turn holds follows as the user's own message. */
function userMessages(parts: readonly JsonObject[], calls: CallBook): readonly JsonObject[] {
  const results: JsonObject[] = [];
  const said: JsonObject[] = [];
  for (const part of parts) {
    const response = fieldOf(part, 'functionResponse');
    if (!isObject(response)) {
      said.push(...partToCanonical(part));
      continue;
    }
    const id = calls.answered(stringOf(response['id']), stringOf(response['name']) ?? '');
    results.push({ role: 'tool', tool_call_id: id, content: resultText(response['response']) });
    const attachments = objectsOf(response['parts']).flatMap(partToCanonical);
    if (attachments.length > 0)
      said.push({ type: 'text', text: `Result of tool call ${id}:` }, ...attachments);
  }
  return said.length === 0 ? results : [...results, { role: 'user', content: simplestContent(said) }];
}

/** What the function gave back; a single `result` or `output` text stands for itself. */
function resultText(response: unknown): string {
  if (!isObject(response)) return JSON.stringify(response ?? {});
  const members = Object.entries(response);
  const [name, value] = members[0] ?? [];
  const stands = members.length === 1 && (name === 'result' || name === 'output');
  return stands && typeof value === 'string' ? value : JSON.stringify(response);
}

function modelMessage(parts: readonly JsonObject[], calls: CallBook): readonly JsonObject[] {
  let text = '';
  const details: JsonObject[] = [];
  const toolCalls: JsonObject[] = [];
  for (const part of parts) {
    const call = fieldOf(part, 'functionCall');
    const signature = signatureOf(part);
    if (part['thought'] === true) {
      addThought(details, stringOf(part['text']) ?? '', signature);
      continue;
    }
    if (isObject(call)) {
      const id = calls.asked(stringOf(call['id']), stringOf(call['name']) ?? '');
      if (signature !== undefined && !isCarried(signature)) details.push(signatureDetail(signature, id));
      toolCalls.push(toolCall(call, id, signature));
      continue;
    }
    text += stringOf(part['text']) ?? codeText(part) ?? '';
    if (signature !== undefined && !isCarried(signature)) details.push(signatureDetail(signature));
  }
  if (text === '' && details.length === 0 && toolCalls.length === 0) return [];
  return [
    present({
      role: 'assistant',
      content: text === '' && toolCalls.length > 0 ? null : text,
      ...reasoningMembers(details.map((detail, index) => ({ ...detail, index }))),
      tool_calls: toolCalls.length === 0 ? undefined : toolCalls,
    }),
  ];
}

/** Fragments of one thought stand in a row; its signature closes it. */
function addThought(details: JsonObject[], text: string, signature: string | undefined): void {
  const last = details.at(-1);
  const isOpen = last?.['open'] === true;
  const whole = isOpen ? `${stringOf(last['text']) ?? ''}${text}` : text;
  if (isOpen) details.pop();
  if (signature === undefined) {
    if (whole !== '') details.push({ type: 'reasoning.text', text: whole, format: 'unknown', open: true });
    return;
  }
  const kept = isCarried(signature)
    ? unpackCarried(signature)
    : { type: 'reasoning.text', signature, format: GEMINI_FORMAT };
  details.push(kept['type'] === 'reasoning.encrypted' ? kept : { ...kept, text: whole });
}

function toolCall(call: JsonObject, id: string, signature: string | undefined): JsonObject {
  const named = { name: stringOf(call['name']) ?? '', arguments: JSON.stringify(objectOf(call['args'])) };
  const kept = signature === undefined || isCarried(signature) ? undefined : signature;
  return present({
    id,
    type: 'function',
    function: named,
    extra_content: kept === undefined ? undefined : { google: { thought_signature: kept } },
  });
}

/** Gemini calls may have no ids: then results belong to calls by name, in order. */
class CallBook {
  readonly #waiting: { readonly id: string; readonly name: string }[] = [];
  #count = 0;

  asked(id: string | undefined, name: string): string {
    const known = id || `call_${this.#count}`;
    this.#count++;
    this.#waiting.push({ id: known, name });
    return known;
  }

  answered(id: string | undefined, name: string): string {
    const at = this.#waiting.findIndex((call) => (id ? call.id === id : call.name === name));
    const [call] = at === -1 ? [] : this.#waiting.splice(at, 1);
    return call?.id ?? (id || `call_${this.#count++}`);
  }
}
