/** Canonical chunks → a Responses event stream. Errors never come as chunks: `encodeError` writes them. */
import { Buffer } from 'node:buffer';
import type { CallerError, CanonicalChunk, StreamEncodeOptions, StreamEncoder } from '@arouter/core';
import { createdOf } from '../openai-chat/canonical.ts';
import { isObject, type JsonObject, objectOf, objectsOf, stringOf } from '../shared/json-values.ts';
import { textOf } from './answer-from-canonical.ts';
import { errorEvent, event } from './errors.ts';
import { endOf } from './finish-reasons.ts';
import { argumentsText } from './output-items.ts';
import { requestOf, type ResourceHead, responseResource, type ResourceState } from './response-resource.ts';
import { usageFromCanonical } from './usage.ts';
import { ItemWriter } from './write-items.ts';

export function createStreamEncoder(options: StreamEncodeOptions): StreamEncoder {
  return new Encoder(options);
}

class Encoder implements StreamEncoder {
  readonly #options: StreamEncodeOptions;
  readonly #items: ItemWriter;
  #head: ResourceHead | null = null;
  #finishReason: unknown = null;
  #usage: JsonObject | null = null;
  #serviceTier: string | undefined;

  constructor(options: StreamEncodeOptions) {
    this.#options = options;
    this.#items = new ItemWriter(options.id);
  }

  push(chunk: CanonicalChunk): Uint8Array | null {
    this.#usage = usageFromCanonical(chunk['usage'] ?? objectOf(chunk['x_groq'])['usage']) ?? this.#usage;
    this.#serviceTier = stringOf(chunk['service_tier']) ?? this.#serviceTier;
    this.#start(chunk);
    this.#writeChoice(objectOf(objectsOf(chunk['choices'])[0]));
    const written = this.#items.take();
    return written === '' ? null : Buffer.from(written, 'utf8');
  }

  finish(): Uint8Array {
    const head = this.#start({});
    const end = endOf(this.#finishReason);
    this.#items.closeAll(end.status);
    const { clock } = this.#options;
    const now = clock === undefined ? head.createdAt : Math.floor(clock.now() / 1000);
    const completedAt = end.status === 'completed' ? now : null;
    this.#lifecycle(`response.${end.status}`, { ...end, completedAt });
    return Buffer.from(this.#items.take(), 'utf8');
  }

  /** The error event, and the response as having failed: some clients read the one, some the other. */
  encodeError(error: CallerError): Uint8Array {
    const head = this.#start({});
    const written = this.#items.take() + errorEvent(error, this.#items.nextSequenceNumber);
    const { code, message } = error;
    const failed = event({
      type: 'response.failed',
      response: responseResource(
        head,
        this.#state({ status: 'failed', completedAt: null, error: { code, message } }),
      ),
      sequence_number: this.#items.nextSequenceNumber + 1,
    });
    return Buffer.from(written + failed, 'utf8');
  }

  #start(chunk: CanonicalChunk): ResourceHead {
    if (this.#head !== null) return this.#head;
    const { id, request } = this.#options;
    this.#head = {
      id,
      model: stringOf(chunk['model']) ?? '',
      createdAt: createdOf(chunk, id),
      request: requestOf(request),
    };
    const state = { status: 'in_progress', completedAt: null } as const;
    this.#lifecycle('response.created', state);
    this.#lifecycle('response.in_progress', state);
    return this.#head;
  }

  #lifecycle(type: string, state: Omit<ResourceState, 'output' | 'usage'>): void {
    if (this.#head === null) return;
    this.#items.emit({ type, response: responseResource(this.#head, this.#state(state)) });
  }

  #state(state: Omit<ResourceState, 'output' | 'usage'>): ResourceState {
    const isOver = state.status !== 'in_progress';
    return {
      ...state,
      output: isOver ? this.#items.output : [],
      usage: isOver ? this.#usage : null,
      ...(this.#serviceTier === undefined ? {} : { serviceTier: this.#serviceTier }),
    };
  }

  #writeChoice(choice: JsonObject): void {
    const delta = objectOf(choice['delta']);
    this.#writeReasoning(delta);
    this.#items.addText(textOf(delta['content']), objectsOf(objectOf(choice['logprobs'])['content']));
    this.#items.addRefusal(stringOf(delta['refusal']) ?? '');
    for (const annotation of objectsOf(delta['annotations'])) this.#items.addAnnotation(annotation);
    for (const [position, call] of callFragments(delta).entries()) this.#writeCall(call, position);
    const reason = choice['finish_reason'];
    if (reason === null || reason === undefined) return;
    // Some providers say it twice, and the second time with less.
    this.#finishReason ??= reason;
    this.#items.closeAll(endOf(this.#finishReason).status);
  }

  #writeReasoning(delta: JsonObject): void {
    const details = objectsOf(delta['reasoning_details']);
    for (const detail of details) this.#items.addThought(detail);
    if (details.length > 0) return;
    const text = stringOf(delta['reasoning_content']) || stringOf(delta['reasoning']);
    if (text) this.#items.addThought({ type: 'reasoning.text', text });
  }

  #writeCall(call: JsonObject, position: number): void {
    const isCustom = isObject(call['custom']);
    const named = objectOf(call['function'] ?? call['custom']);
    this.#items.addCall(typeof call['index'] === 'number' ? call['index'] : position, {
      id: stringOf(call['id']) ?? '',
      name: stringOf(named['name']) ?? '',
      fragment: argumentsText(named['arguments'] ?? named['input']),
      isCustom,
    });
  }
}

function callFragments(delta: JsonObject): readonly JsonObject[] {
  const legacy = delta['function_call'];
  return isObject(legacy) ? [{ index: 0, function: legacy }] : objectsOf(delta['tool_calls']);
}
