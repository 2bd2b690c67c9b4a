/** A Gemini stream → canonical chunks. An error gives no chunk: it is in the state, and ends the answer. */
import {
  type AnswerFacts,
  type CanonicalChunk,
  DialectError,
  type FailureSignals,
  type StreamDecoder,
  type StreamState,
} from '@arouter/core';
import { readFailureInAnswer } from '../shared/failure-signals.ts';
import {
  isObject,
  isShallow,
  type JsonObject,
  numberOf,
  objectsOf,
  present,
  stringOf,
} from '../shared/json-values.ts';
import { type AnswerEvent, createAnswerReader, eventValue } from './answer-events.ts';
import { blockedBecause, createdOf } from './answer-to-canonical.ts';
import { type PartDelta, partsOfCandidate, readPart } from './candidate-parts.ts';
import { finishReasonToCanonical } from './finish-reasons.ts';
import { annotationsOf } from './grounding.ts';
import { logprobsToCanonical } from './logprobs.ts';
import {
  answerFacts,
  contentBytesOf,
  hasContent,
  isFailure,
  NO_FACTS,
  type StreamFacts,
  withAnswer,
} from './stream-facts.ts';
import { usageToCanonical } from './usage.ts';

/** Text that is kept to find the places of citations in; beyond it they are left out. */
const TEXT_CHARS_MAX = 2 * 1024 * 1024;

export function createStreamDecoder(): StreamDecoder {
  return new Decoder();
}

/** One candidate's answer so far. */
type Candidate = { text: string; calls: number; details: number; begun: boolean; nativeReason: unknown };

class Decoder implements StreamDecoder, StreamState {
  contentSeen = false;
  contentBytes = 0;
  failure: FailureSignals | null = null;
  /** The protocol has no terminal event: the answer is complete when the stream ends after a finish reason. */
  readonly terminalSeen = false;
  readonly #reader = createAnswerReader();
  readonly #candidates = new Map<number, Candidate>();
  #facts: StreamFacts = NO_FACTS;
  #head: JsonObject = { id: '', object: 'chat.completion.chunk', created: 0, model: '' };

  get state(): StreamState {
    return this;
  }

  get answer(): AnswerFacts {
    return answerFacts(this.#facts, this.contentBytes);
  }

  push(bytes: Uint8Array): readonly CanonicalChunk[] {
    return this.#reader.push(bytes).flatMap((event) => this.#decode(event));
  }

  end(): readonly CanonicalChunk[] {
    const rest = this.#reader.end().flatMap((event) => this.#decode(event));
    if (this.failure !== null) return rest;
    const ends = [...this.#candidates].flatMap(([index, seen]) => this.#finish(index, seen));
    const usage = usageToCanonical(this.#facts.usage);
    return [...rest, ...ends, ...(usage === undefined ? [] : [{ ...this.#head, choices: [], usage }])];
  }

  #decode(event: AnswerEvent): readonly CanonicalChunk[] {
    const answer = eventValue(event);
    if (this.failure !== null) return [];
    if (isFailure(answer)) {
      this.failure = readFailureInAnswer(answer);
      return [];
    }
    if (!isObject(answer)) return [];
    if (!isShallow(answer)) throw new DialectError('an answer of the stream is nested too deep');
    this.#facts = withAnswer(this.#facts, answer);
    this.contentBytes += contentBytesOf(answer);
    this.contentSeen ||= hasContent(answer);
    this.#head = {
      id: this.#facts.id ?? '',
      object: 'chat.completion.chunk',
      created: this.#head['created'] || createdOf(answer),
      model: stringOf(answer['modelVersion']) ?? this.#head['model'],
    };
    const candidates = objectsOf(answer['candidates']);
    if (candidates.length === 0) return this.#blocked(answer);
    return candidates.flatMap((candidate, at) =>
      this.#candidate(candidate, numberOf(candidate['index']) ?? at),
    );
  }

  #blocked(answer: JsonObject): readonly CanonicalChunk[] {
    const blocked = blockedBecause(answer);
    if (blocked === null) return [];
    const finish = { finish_reason: 'content_filter', native_finish_reason: blocked.reason };
    return [this.#chunk(0, { role: 'assistant', content: '', refusal: blocked.message }, finish)];
  }

  #candidate(candidate: JsonObject, index: number): readonly CanonicalChunk[] {
    const seen = this.#candidates.get(index) ?? {
      text: '',
      calls: 0,
      details: 0,
      begun: false,
      nativeReason: null,
    };
    this.#candidates.set(index, seen);
    const chunks: CanonicalChunk[] = [];
    for (const part of partsOfCandidate(candidate)) {
      const context = {
        answerId: this.#facts.id ?? '',
        candidate: index,
        callsSeen: seen.calls,
        detailsSeen: seen.details,
      };
      const delta = this.#delta(readPart(part, context), seen);
      if (Object.keys(delta).length > 0) chunks.push(this.#chunk(index, this.#begun(delta, seen)));
    }
    return [...chunks, ...this.#rest(candidate, index, seen)];
  }

  /** The first chunk of a candidate names the role. */
  #begun(delta: JsonObject, seen: Candidate): JsonObject {
    if (seen.begun) return delta;
    seen.begun = true;
    return { role: 'assistant', ...delta };
  }

  #delta(part: PartDelta, seen: Candidate): JsonObject {
    const { text, reasoning, details, calls, images, audio } = part;
    if (seen.text.length <= TEXT_CHARS_MAX) seen.text += text;
    seen.details += details.length;
    const numbered = calls.map((call) => ({ index: seen.calls++, ...call }));
    return present({
      content: text === '' ? undefined : text,
      reasoning: reasoning === '' ? undefined : reasoning,
      reasoning_content: reasoning === '' ? undefined : reasoning,
      reasoning_details: details.length === 0 ? undefined : details,
      tool_calls: numbered.length === 0 ? undefined : numbered,
      images: images.length === 0 ? undefined : images,
      audio,
    });
  }

  /** What stands beside the parts. The finish reason waits for the end: more may follow it. */
  #rest(candidate: JsonObject, index: number, seen: Candidate): readonly CanonicalChunk[] {
    seen.nativeReason = candidate['finishReason'] ?? seen.nativeReason;
    const annotations = seen.text.length <= TEXT_CHARS_MAX ? annotationsOf(candidate, seen.text) : [];
    const logprobs = logprobsToCanonical(candidate['logprobsResult']);
    if (annotations.length === 0 && logprobs === null) return [];
    const delta = this.#begun(annotations.length === 0 ? {} : { annotations }, seen);
    return [this.#chunk(index, delta, { finish_reason: null, logprobs })];
  }

  #finish(index: number, seen: Candidate): readonly CanonicalChunk[] {
    const reason = finishReasonToCanonical(seen.nativeReason, seen.calls > 0);
    if (reason === null) return [];
    const finish = { finish_reason: reason, native_finish_reason: seen.nativeReason };
    return [this.#chunk(index, this.#begun({}, seen), finish)];
  }

  #chunk(index: number, delta: JsonObject, finish: JsonObject = { finish_reason: null }): CanonicalChunk {
    return { ...this.#head, choices: [{ index, delta, logprobs: null, ...finish }] };
  }
}
