/**
 * Canonical chunks → a Messages event stream. Blocks never overlap there: what arrives for a block while another is
 * open waits, in order, until that one can be closed. Errors never come as chunks: the relay writes them.
 */
import { Buffer } from 'node:buffer';
import type { CanonicalChunk, StreamEncodeOptions, StreamEncoder } from '@arouter/core';
import { openAiUsageOf } from '../shared/token-usage.ts';
import { textOf } from './answer-from-canonical.ts';
import { event } from './errors.ts';
import { finishReasonFromCanonical } from './finish-reasons.ts';
import { isObject, type JsonObject, objectOf, objectsOf, stringOf } from '../shared/json-values.ts';
import { plainReasoning } from './reasoning.ts';
import { BlockWriter } from './write-blocks.ts';
import { usageFromCanonical } from './usage.ts';

export function createStreamEncoder(options: StreamEncodeOptions): StreamEncoder {
  return new Encoder(options.id);
}

class Encoder implements StreamEncoder {
  readonly #id: string;
  readonly #blocks = new BlockWriter();
  #started = false;
  #finishReason: unknown = null;
  #toolCalls = false;
  #refusal = false;
  #usage: JsonObject = usageFromCanonical(undefined, null);

  constructor(id: string) {
    this.#id = id;
  }

  push(chunk: CanonicalChunk): Uint8Array | null {
    const counted = openAiUsageOf(chunk);
    if (counted !== null) this.#usage = usageFromCanonical(chunk['usage'], counted);
    const written = this.#start(chunk) + this.#writeChoice(objectOf(objectsOf(chunk['choices'])[0]));
    return written === '' ? null : Buffer.from(written, 'utf8');
  }

  finish(): Uint8Array {
    const stopReason = finishReasonFromCanonical(this.#finishReason, {
      toolCalls: this.#toolCalls,
      refusal: this.#refusal,
    });
    const delta = {
      type: 'message_delta',
      delta: { stop_reason: stopReason, stop_sequence: null },
      usage: this.#usage,
    };
    const written =
      this.#start({}) +
      this.#blocks.flush() +
      event('message_delta', delta) +
      event('message_stop', { type: 'message_stop' });
    return Buffer.from(written, 'utf8');
  }

  /** The counts of the input are known only at the end with most providers; `message_delta` restates them. */
  #start(chunk: CanonicalChunk): string {
    if (this.#started) return '';
    this.#started = true;
    return event('message_start', {
      type: 'message_start',
      message: {
        id: this.#id,
        type: 'message',
        role: 'assistant',
        model: stringOf(chunk['model']) ?? '',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: this.#usage,
      },
    });
  }

  #writeChoice(choice: JsonObject): string {
    const delta = objectOf(choice['delta']);
    this.#writeReasoning(delta);
    this.#blocks.addText(textOf(delta['content']));
    const refusal = stringOf(delta['refusal']) ?? '';
    if (refusal !== '') {
      this.#refusal = true;
      this.#blocks.addText(refusal);
    }
    for (const [position, call] of toolFragments(delta).entries()) {
      this.#toolCalls = true;
      const named = objectOf(call['function']);
      this.#blocks.addTool(typeof call['index'] === 'number' ? call['index'] : position, {
        id: stringOf(call['id']) ?? '',
        name: stringOf(named['name']) ?? '',
        fragment: fragmentOf(named['arguments']),
      });
    }
    const finished = choice['finish_reason'] !== null && choice['finish_reason'] !== undefined;
    // Some providers say it twice, and the second time with less.
    if (finished) this.#finishReason ??= choice['finish_reason'];
    return finished ? this.#blocks.flush() : this.#blocks.advance();
  }

  #writeReasoning(delta: JsonObject): void {
    const details = objectsOf(delta['reasoning_details']);
    for (const detail of details) this.#blocks.addDetail(detail);
    if (details.length === 0) this.#blocks.addThinking(plainReasoning(delta));
  }
}

function toolFragments(delta: JsonObject): readonly JsonObject[] {
  const legacy = delta['function_call'];
  return isObject(legacy) ? [{ index: 0, function: legacy }] : objectsOf(delta['tool_calls']);
}

/** Text as a rule; some servers send the arguments as the object they stand for. */
function fragmentOf(fragment: unknown): string {
  return isObject(fragment) ? JSON.stringify(fragment) : (stringOf(fragment) ?? '');
}
