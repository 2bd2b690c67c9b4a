/**
 * Canonical chunks → a Gemini stream. A function call is whole there, so its fragments wait until the next call begins
 * or the answer ends; the last object, with the finish reason and the counts, is written by `finish`.
 */
import { Buffer } from 'node:buffer';
import {
  type CanonicalChunk,
  DialectError,
  type StreamEncodeOptions,
  type StreamEncoder,
} from '@arouter/core';
import {
  isObject,
  type JsonObject,
  numberOf,
  objectOf,
  objectsOf,
  present,
  stringOf,
} from '../shared/json-values.ts';
import { openAiUsageOf } from '../shared/token-usage.ts';
import { callPart, imagePart, textOf, thoughtPart } from './answer-from-canonical.ts';
import { event } from './errors.ts';
import { finishReasonFromCanonical } from './finish-reasons.ts';
import { keptSignatures } from './signatures.ts';
import { usageFromCanonical } from './usage.ts';

/** What may wait for a call to be whole. */
const WAITING_CHARS_MAX = 8 * 1024 * 1024;

export function createStreamEncoder(options: StreamEncodeOptions): StreamEncoder {
  return new Encoder(options.id);
}

type OpenCall = { id: string; name: string; fragments: string; extra: unknown };
/** One choice's answer so far. */
type Choice = {
  readonly calls: Map<number, OpenCall>;
  readonly signatures: Map<string, string>;
  finishReason: unknown;
  refusal: string;
};

class Encoder implements StreamEncoder {
  readonly #id: string;
  readonly #choices = new Map<number, Choice>();
  #model = '';
  #usage: JsonObject = {};
  #waitingChars = 0;

  constructor(id: string) {
    this.#id = id;
  }

  push(chunk: CanonicalChunk): Uint8Array | null {
    this.#model = stringOf(chunk['model']) || this.#model;
    const counted = openAiUsageOf(chunk);
    if (counted !== null) this.#usage = usageFromCanonical(counted);
    const candidates = objectsOf(chunk['choices']).flatMap((choice, at) => this.#candidate(choice, at));
    return candidates.length === 0 ? null : encode(this.#answer({ candidates }));
  }

  finish(): Uint8Array {
    if (this.#choices.size === 0) this.#choiceOf(0);
    const candidates = [...this.#choices].map(([index, choice]) =>
      present({
        content: { parts: this.#takeCalls(choice, Infinity), role: 'model' },
        finishReason: finishReasonFromCanonical(choice.finishReason, choice.refusal !== ''),
        finishMessage: choice.refusal === '' ? undefined : choice.refusal,
        index,
      }),
    );
    return encode(this.#answer({ candidates, usageMetadata: this.#usage }));
  }

  #answer(members: JsonObject): JsonObject {
    return { ...members, modelVersion: this.#model, responseId: this.#id };
  }

  #candidate(choice: JsonObject, at: number): readonly JsonObject[] {
    const index = numberOf(choice['index']) ?? at;
    const seen = this.#choiceOf(index);
    const delta = objectOf(choice['delta']);
    // Some providers say it twice, and the second time with less.
    seen.finishReason ??= choice['finish_reason'];
    seen.refusal += stringOf(delta['refusal']) ?? '';
    const parts = [...reasoningParts(delta), ...textParts(delta), ...this.#callParts(delta, seen)];
    return parts.length === 0 ? [] : [{ content: { parts, role: 'model' }, index }];
  }

  #choiceOf(index: number): Choice {
    const known = this.#choices.get(index);
    if (known !== undefined) return known;
    const choice = { calls: new Map(), signatures: new Map(), finishReason: null, refusal: '' };
    this.#choices.set(index, choice);
    return choice;
  }

  /** Calls that are whole because a later one has begun. */
  #callParts(delta: JsonObject, seen: Choice): readonly JsonObject[] {
    for (const [id, signature] of keptSignatures(delta).byCall) seen.signatures.set(id, signature);
    let latest = -1;
    for (const [position, fragment] of callFragments(delta).entries()) {
      const index = numberOf(fragment['index']) ?? position;
      this.#collect(seen.calls, index, fragment);
      latest = Math.max(latest, index);
    }
    return latest === -1 ? [] : this.#takeCalls(seen, latest);
  }

  #collect(calls: Map<number, OpenCall>, index: number, fragment: JsonObject): void {
    const named = objectOf(fragment['function'] ?? fragment['custom']);
    const call = calls.get(index) ?? { id: '', name: '', fragments: '', extra: undefined };
    calls.set(index, call);
    call.id ||= stringOf(fragment['id']) ?? '';
    call.name ||= stringOf(named['name']) ?? '';
    call.extra ??= fragment['extra_content'];
    const more = named['arguments'] ?? named['input'];
    // Text as a rule; some servers send the arguments as the object they stand for.
    const text = isObject(more) ? JSON.stringify(more) : (stringOf(more) ?? '');
    call.fragments += text;
    this.#waitingChars += text.length;
    if (this.#waitingChars > WAITING_CHARS_MAX) {
      throw new DialectError(`more than ${WAITING_CHARS_MAX} characters wait for function calls to end`);
    }
  }

  #takeCalls({ calls, signatures }: Choice, before: number): readonly JsonObject[] {
    const whole = [...calls].filter(([index]) => index < before).toSorted(([one], [other]) => one - other);
    return whole.map(([index, { id, name, fragments }]) => {
      calls.delete(index);
      this.#waitingChars -= fragments.length;
      return callPart({ id, function: { name, arguments: fragments } }, signatures.get(id));
    });
  }
}

function reasoningParts(delta: JsonObject): readonly JsonObject[] {
  const details = objectsOf(delta['reasoning_details']);
  if (details.length > 0) return details.flatMap(thoughtPart);
  const text = stringOf(delta['reasoning_content']) || stringOf(delta['reasoning']);
  return text ? [{ text, thought: true }] : [];
}

function textParts(delta: JsonObject): readonly JsonObject[] {
  const text = textOf(delta['content']);
  const { ofText } = keptSignatures(delta);
  const said = text === '' && ofText === undefined ? [] : [present({ text, thoughtSignature: ofText })];
  return [...said, ...objectsOf(delta['images']).flatMap(imagePart)];
}

function callFragments(delta: JsonObject): readonly JsonObject[] {
  const legacy = delta['function_call'];
  return isObject(legacy) ? [{ index: 0, function: legacy }] : objectsOf(delta['tool_calls']);
}

function encode(answer: JsonObject): Uint8Array {
  return Buffer.from(event(answer), 'utf8');
}
