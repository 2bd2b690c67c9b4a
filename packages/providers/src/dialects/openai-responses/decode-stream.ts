/** A Responses event stream → canonical chunks. An error event gives no chunk: it is in the state, and ends the answer. */
import {
  type CanonicalChunk,
  DialectError,
  type FailureSignals,
  type StreamDecoder,
  type StreamState,
} from '@arouter/core';
import {
  createEventStreamParser,
  EVENT_BYTES_MAX,
  type EventBlock,
  eventJson,
} from '../shared/event-stream.ts';
import {
  isObject,
  isShallow,
  type JsonObject,
  objectOf,
  objectsOf,
  present,
  stringOf,
} from '../shared/json-values.ts';
import { annotationFrom, callFromItem, MESSAGE_GAP } from './answer-to-canonical.ts';
import { PART_GAP, RESPONSES_FORMAT } from './reasoning.ts';
import {
  contentBytesOf,
  failureOfEvent,
  isContent,
  isTerminal,
  NO_FACTS,
  withEvent,
} from './stream-facts.ts';
import { usageToCanonical } from './usage.ts';

export function createStreamDecoder(): StreamDecoder {
  return new Decoder();
}

type OpenCall = { readonly index: number; readonly isCustom: boolean; argumentsSeen: boolean };

class Decoder implements StreamDecoder {
  /** The last event repeats the whole answer in one line. */
  readonly #parser = createEventStreamParser({
    lineBytesMax: EVENT_BYTES_MAX,
    eventBytesMax: EVENT_BYTES_MAX,
  });
  readonly #calls = new Map<unknown, OpenCall>();
  /** Item and part → index of its detail. */
  readonly #details = new Map<string, number>();
  #detailCount = 0;
  #facts = NO_FACTS;
  #created = 0;
  #model = '';
  #textSeen = false;
  #gapDue = false;
  #thoughtSeen = false;
  #contentSeen = false;
  #terminalSeen = false;
  #failure: FailureSignals | null = null;
  #contentBytes = 0;

  get state(): StreamState {
    return {
      contentSeen: this.#contentSeen,
      terminalSeen: this.#terminalSeen,
      failure: this.#failure,
      answer: this.#facts.answer,
      contentBytes: this.#contentBytes,
    };
  }

  push(bytes: Uint8Array): readonly CanonicalChunk[] {
    return this.#parser.push(bytes).flatMap((block) => this.#decode(block));
  }

  end(): readonly CanonicalChunk[] {
    return this.#parser.end().flatMap((block) => this.#decode(block));
  }

  #decode(block: EventBlock): readonly CanonicalChunk[] {
    const event = eventJson(block);
    if (!isObject(event) || this.#terminalSeen || this.#failure !== null) return [];
    if (!isShallow(event)) throw new DialectError('an event of the stream is nested too deep');
    const named = event['type'] === undefined ? { ...event, type: block.name } : event;
    this.#failure = failureOfEvent(named);
    if (this.#failure !== null) return [];
    this.#facts = withEvent(this.#facts, named);
    this.#contentBytes += contentBytesOf(named);
    if (isContent(named)) this.#contentSeen = true;
    if (isTerminal(named)) return this.#terminate(objectOf(named['response']));
    return this.#chunksOf(named);
  }

  #chunksOf(event: JsonObject): readonly CanonicalChunk[] {
    const delta = stringOf(event['delta']) ?? '';
    switch (event['type']) {
      case 'response.created':
        return this.#start(objectOf(event['response']));
      case 'response.output_text.delta':
        return this.#text(delta, objectsOf(event['logprobs']));
      case 'response.refusal.delta':
        return delta === '' ? [] : [this.#chunk({ refusal: delta })];
      case 'response.reasoning_summary_text.delta':
        return this.#thought(event, { type: 'reasoning.summary', summary: delta });
      case 'response.reasoning_text.delta':
        return this.#thought(event, { type: 'reasoning.text', text: delta });
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        return this.#arguments(this.#calls.get(event['output_index']), delta);
      case 'response.function_call_arguments.done':
        return this.#unseenArguments(event['output_index'], event['arguments']);
      case 'response.custom_tool_call_input.done':
        return this.#unseenArguments(event['output_index'], event['input']);
      case 'response.output_text.annotation.added':
        return this.#annotation(objectOf(event['annotation']));
      case 'response.output_item.added':
        return this.#openItem(event['output_index'], objectOf(event['item']));
      case 'response.output_item.done':
        return this.#closeItem(event['output_index'], objectOf(event['item']));
      default:
        // Progress of hosted tools, what repeats the deltas, and events yet to be invented.
        return [];
    }
  }

  #start(response: JsonObject): readonly CanonicalChunk[] {
    this.#readHead(response);
    return [this.#chunk({ role: 'assistant', content: '' })];
  }

  #readHead(response: JsonObject): void {
    const { created_at: created, model } = response;
    if (typeof created === 'number') this.#created = Math.floor(created);
    if (typeof model === 'string') this.#model = model;
  }

  #openItem(outputIndex: unknown, item: JsonObject): readonly CanonicalChunk[] {
    if (item['type'] === 'message') this.#gapDue = this.#textSeen;
    const call = callFromItem(item);
    if (call === undefined) return [];
    const open = { index: this.#calls.size, isCustom: call['type'] === 'custom', argumentsSeen: false };
    this.#calls.set(outputIndex, open);
    const body = open.isCustom
      ? { custom: { ...objectOf(call['custom']), input: '' } }
      : { function: { ...objectOf(call['function']), arguments: '' } };
    return [
      this.#chunk({ tool_calls: [{ index: open.index, id: call['id'], type: call['type'], ...body }] }),
    ];
  }

  /** Encrypted reasoning is known only here, and so are the arguments of servers that stream none. */
  #closeItem(outputIndex: unknown, item: JsonObject): readonly CanonicalChunk[] {
    if (item['type'] === 'reasoning') return this.#encrypted(item);
    if (callFromItem(item) === undefined) return [];
    const opened = this.#calls.has(outputIndex) ? [] : this.#openItem(outputIndex, item);
    return [...opened, ...this.#unseenArguments(outputIndex, item['arguments'] ?? item['input'])];
  }

  #encrypted(item: JsonObject): readonly CanonicalChunk[] {
    const data = stringOf(item['encrypted_content']) ?? '';
    if (data === '') return [];
    const detail = present({
      type: 'reasoning.encrypted',
      data,
      format: RESPONSES_FORMAT,
      id: stringOf(item['id']),
      index: this.#detailCount++,
    });
    return [this.#chunk({ reasoning_details: [detail] })];
  }

  #text(text: string, logprobs: readonly JsonObject[]): readonly CanonicalChunk[] {
    if (text === '') return [];
    const said = this.#gapDue ? MESSAGE_GAP + text : text;
    this.#gapDue = false;
    this.#textSeen = true;
    const stated = logprobs.length === 0 ? null : { content: logprobs, refusal: null };
    return [this.#chunk({ content: said }, { logprobs: stated })];
  }

  #thought(event: JsonObject, detail: JsonObject): readonly CanonicalChunk[] {
    const text = stringOf(event['delta']) ?? '';
    if (text === '') return [];
    const id = stringOf(event['item_id']);
    const part = `${id ?? ''} ${String(event['summary_index'] ?? event['content_index'])} ${String(detail['type'])}`;
    const known = this.#details.get(part);
    const index = known ?? this.#detailCount++;
    this.#details.set(part, index);
    const plain = known === undefined && this.#thoughtSeen ? PART_GAP + text : text;
    this.#thoughtSeen = true;
    const stated = present({ ...detail, format: RESPONSES_FORMAT, id, index });
    return [this.#chunk({ reasoning: plain, reasoning_content: plain, reasoning_details: [stated] })];
  }

  #arguments(call: OpenCall | undefined, fragment: string): readonly CanonicalChunk[] {
    if (call === undefined || fragment === '') return [];
    call.argumentsSeen = true;
    const body = call.isCustom ? { custom: { input: fragment } } : { function: { arguments: fragment } };
    return [this.#chunk({ tool_calls: [{ index: call.index, ...body }] })];
  }

  #unseenArguments(outputIndex: unknown, whole: unknown): readonly CanonicalChunk[] {
    const call = this.#calls.get(outputIndex);
    return call?.argumentsSeen === false ? this.#arguments(call, stringOf(whole) ?? '') : [];
  }

  #annotation(given: JsonObject): readonly CanonicalChunk[] {
    const annotation = annotationFrom(given);
    return annotation === undefined ? [] : [this.#chunk({ annotations: [annotation] })];
  }

  #terminate(response: JsonObject): readonly CanonicalChunk[] {
    this.#terminalSeen = true;
    this.#readHead(response);
    const usage = usageToCanonical(response['usage']);
    const end = this.#chunk({}, { finish_reason: this.#facts.answer.finishReason });
    return usage === undefined ? [end] : [end, { ...this.#chunk({}), choices: [], usage }];
  }

  #chunk(delta: JsonObject, more: JsonObject = {}): CanonicalChunk {
    return {
      id: this.#facts.answer.upstreamId ?? '',
      object: 'chat.completion.chunk',
      created: this.#created,
      model: this.#model,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: null, ...more }],
    };
  }
}
