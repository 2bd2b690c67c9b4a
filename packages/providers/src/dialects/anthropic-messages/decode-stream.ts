/** A Messages event stream → canonical chunks. An error event gives no chunk: it is in the state, and ends the answer. */
import {
  type AnswerFacts,
  type CanonicalChunk,
  DialectError,
  type FailureSignals,
  type StreamDecoder,
  type StreamState,
} from '@arouter/core';
import { createEventStreamParser, type EventBlock, eventJson } from '../shared/event-stream.ts';
import { readFailureInAnswer } from '../shared/failure-signals.ts';
import { annotationFrom } from './answer-to-canonical.ts';
import { finishReasonToCanonical } from './finish-reasons.ts';
import { isObject, isShallow, type JsonObject, objectOf, present, stringOf } from '../shared/json-values.ts';
import { CLAUDE_FORMAT, detailFromBlock } from './reasoning.ts';
import {
  answerFacts,
  BYTES_PER_TOKEN,
  contentBytesOf,
  isContent,
  NO_FACTS,
  type StreamFacts,
  withEvent,
} from './stream-facts.ts';
import { usageToCanonical } from './usage.ts';

export function createStreamDecoder(): StreamDecoder {
  return createMessagesDecoder(new ServerSentEvents());
}

/** Events of the Messages API in whatever framing they come. Throws DialectError for a damaged one. */
export interface MessagesEventReader {
  push(bytes: Uint8Array): readonly JsonObject[];
  end(): readonly JsonObject[];
}

export function createMessagesDecoder(reader: MessagesEventReader): StreamDecoder {
  return new Decoder(reader);
}

class ServerSentEvents implements MessagesEventReader {
  readonly #parser = createEventStreamParser();

  push(bytes: Uint8Array): readonly JsonObject[] {
    return this.#parser.push(bytes).flatMap(eventOf);
  }

  end(): readonly JsonObject[] {
    return this.#parser.end().flatMap(eventOf);
  }
}

function eventOf(block: EventBlock): readonly JsonObject[] {
  const event = eventJson(block);
  if (!isObject(event)) return [];
  return [event['type'] === undefined ? { ...event, type: block.name } : event];
}

/** A block between its start and its stop. */
type OpenBlock =
  | { readonly kind: 'text'; readonly start: number; readonly citations: JsonObject[] }
  | { readonly kind: 'thinking'; readonly detailIndex: number }
  | { readonly kind: 'tool'; readonly toolIndex: number; readonly input: unknown; argumentsSeen: boolean }
  | { readonly kind: 'ignored' };

class Decoder implements StreamDecoder {
  readonly #reader: MessagesEventReader;
  readonly #open = new Map<unknown, OpenBlock>();
  #facts: StreamFacts = NO_FACTS;
  #contentSeen = false;
  #terminalSeen = false;
  #failure: FailureSignals | null = null;
  #contentBytes = 0;
  #textLength = 0;
  #details = 0;
  #tools = 0;

  constructor(reader: MessagesEventReader) {
    this.#reader = reader;
  }

  get state(): StreamState {
    return {
      contentSeen: this.#contentSeen,
      terminalSeen: this.#terminalSeen,
      failure: this.#failure,
      answer: this.#answer(),
      contentBytes: this.#contentBytes,
    };
  }

  push(bytes: Uint8Array): readonly CanonicalChunk[] {
    return this.#reader.push(bytes).flatMap((event) => this.#decode(event));
  }

  end(): readonly CanonicalChunk[] {
    return this.#reader.end().flatMap((event) => this.#decode(event));
  }

  #answer(): AnswerFacts {
    return answerFacts(this.#facts, Math.ceil(this.#contentBytes / BYTES_PER_TOKEN));
  }

  #decode(event: JsonObject): readonly CanonicalChunk[] {
    if (this.#terminalSeen || this.#failure !== null) return [];
    if (!isShallow(event)) throw new DialectError('an event of the stream is nested too deep');
    this.#facts = withEvent(this.#facts, event);
    this.#contentBytes += contentBytesOf(event);
    if (isContent(event)) this.#contentSeen = true;
    switch (event['type']) {
      case 'message_start':
        return [this.#chunk({ role: 'assistant', content: '' })];
      case 'content_block_start':
        return this.#startBlock(event['index'], objectOf(event['content_block']));
      case 'content_block_delta':
        return this.#continueBlock(this.#open.get(event['index']), objectOf(event['delta']));
      case 'content_block_stop':
        return this.#stopBlock(event['index']);
      case 'message_delta':
        return this.#finish(objectOf(event['delta']));
      case 'message_stop':
        return this.#terminate();
      case 'error':
        this.#failure = readFailureInAnswer(event);
        return [];
      default:
        // `ping`, and events yet to be invented.
        return [];
    }
  }

  #startBlock(index: unknown, block: JsonObject): readonly CanonicalChunk[] {
    switch (block['type']) {
      case 'text': {
        this.#open.set(index, { kind: 'text', start: this.#textLength, citations: [] });
        return this.#text(stringOf(block['text']) ?? '');
      }
      case 'thinking': {
        this.#open.set(index, { kind: 'thinking', detailIndex: this.#details++ });
        const text = stringOf(block['thinking']) ?? '';
        return text === '' ? [] : [this.#thinking(text, this.#details - 1)];
      }
      case 'redacted_thinking': {
        const detail = detailFromBlock(block, this.#details++);
        return detail === undefined ? [] : [this.#chunk({ reasoning_details: [detail] })];
      }
      case 'tool_use': {
        const toolIndex = this.#tools++;
        this.#open.set(index, { kind: 'tool', toolIndex, input: block['input'], argumentsSeen: false });
        const named = { name: stringOf(block['name']) ?? '', arguments: '' };
        const call = { index: toolIndex, id: stringOf(block['id']) ?? '', type: 'function', function: named };
        return [this.#chunk({ tool_calls: [call] })];
      }
      default:
        this.#open.set(index, { kind: 'ignored' });
        return [];
    }
  }

  #continueBlock(block: OpenBlock | undefined, delta: JsonObject): readonly CanonicalChunk[] {
    if (block?.kind === 'tool' && delta['type'] === 'input_json_delta') {
      const fragment = stringOf(delta['partial_json']) ?? '';
      if (fragment === '') return [];
      block.argumentsSeen = true;
      return [this.#arguments(block.toolIndex, fragment)];
    }
    if (block?.kind === 'text' && delta['type'] === 'text_delta')
      return this.#text(stringOf(delta['text']) ?? '');
    if (block?.kind === 'text' && delta['type'] === 'citations_delta') {
      block.citations.push(objectOf(delta['citation']));
      return [];
    }
    if (block?.kind !== 'thinking') return [];
    if (delta['type'] === 'thinking_delta') {
      const text = stringOf(delta['thinking']) ?? '';
      return text === '' ? [] : [this.#thinking(text, block.detailIndex)];
    }
    if (delta['type'] !== 'signature_delta') return [];
    const signature = stringOf(delta['signature']) ?? '';
    const detail = { type: 'reasoning.text', signature, format: CLAUDE_FORMAT, index: block.detailIndex };
    return signature === '' ? [] : [this.#chunk({ reasoning_details: [detail] })];
  }

  /**
   * A tool without arguments gets no argument events; what it is called with is then what the start said, or `{}`.
   * Where cited text ends is known only here.
   */
  #stopBlock(index: unknown): readonly CanonicalChunk[] {
    const block = this.#open.get(index);
    this.#open.delete(index);
    if (block?.kind === 'text') {
      const annotations = block.citations
        .map((citation) => annotationFrom(citation, block.start, this.#textLength))
        .filter((annotation) => annotation !== undefined);
      return annotations.length === 0 ? [] : [this.#chunk({ annotations })];
    }
    if (block?.kind !== 'tool' || block.argumentsSeen) return [];
    return [this.#arguments(block.toolIndex, JSON.stringify(objectOf(block.input)))];
  }

  #finish(delta: JsonObject): readonly CanonicalChunk[] {
    const reason = stringOf(delta['stop_reason']);
    if (reason === undefined) return [];
    const explained =
      reason === 'refusal' ? stringOf(objectOf(delta['stop_details'])['explanation']) : undefined;
    const finish = { finish_reason: finishReasonToCanonical(reason), native_finish_reason: reason };
    return [this.#chunk(present({ refusal: explained }), finish)];
  }

  #terminate(): readonly CanonicalChunk[] {
    this.#terminalSeen = true;
    const usage = usageToCanonical(this.#facts.usage);
    return usage === undefined ? [] : [{ ...this.#chunk({}), choices: [], usage }];
  }

  #text(text: string): readonly CanonicalChunk[] {
    this.#textLength += text.length;
    return text === '' ? [] : [this.#chunk({ content: text })];
  }

  #thinking(text: string, index: number): CanonicalChunk {
    const detail = { type: 'reasoning.text', text, format: CLAUDE_FORMAT, index };
    return this.#chunk({ reasoning: text, reasoning_content: text, reasoning_details: [detail] });
  }

  #arguments(toolIndex: number, fragment: string): CanonicalChunk {
    return this.#chunk({ tool_calls: [{ index: toolIndex, function: { arguments: fragment } }] });
  }

  #chunk(delta: JsonObject, finish: JsonObject = { finish_reason: null }): CanonicalChunk {
    return {
      id: this.#facts.id ?? '',
      object: 'chat.completion.chunk',
      created: 0,
      model: this.#facts.model,
      choices: [{ index: 0, delta, logprobs: null, ...finish }],
    };
  }
}
