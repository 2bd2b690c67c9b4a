/**
 * Events of a Converse stream → those of a Messages stream, as far as both say the same. Source: AWS API reference,
 * `ConverseStream`; recorded traffic (`contentBlockStart` is left out for text and reasoning; `metadata` comes last).
 */
import { Buffer } from 'node:buffer';
import { DialectError } from '@arouter/core';
import type { MessagesEventReader } from '../anthropic-messages/decode-stream.ts';
import {
  createEventMessageParser,
  type EventMessage,
  type EventMessageParser,
  textHeader,
} from '../shared/aws-event-stream.ts';
import { type JsonObject, isObject, objectOf, parseExact, stringOf } from '../shared/json-values.ts';
import { asBuffer } from '../shared/scan-json.ts';
import { usageToMessages } from './answers.ts';

export type ConverseEvent = {
  readonly kind: 'event' | 'failure';
  /** `contentBlockDelta`; of a failure `throttlingException`. */
  readonly name: string;
  readonly data: JsonObject;
};

/** Throws DialectError when the payload of an event is not a JSON object. */
export function readConverseEvent(message: EventMessage): ConverseEvent {
  const kind = textHeader(message, ':message-type');
  if (kind === 'error') {
    const name = textHeader(message, ':error-code') ?? '';
    return { kind: 'failure', name, data: { message: textHeader(message, ':error-message') ?? '' } };
  }
  const data = parsePayload(message.payload);
  if (kind === 'exception') {
    return { kind: 'failure', name: textHeader(message, ':exception-type') ?? '', data: objectOf(data) };
  }
  if (!isObject(data)) throw new DialectError('an event of the stream is not a JSON object');
  return { kind: 'event', name: textHeader(message, ':event-type') ?? '', data };
}

/** The failure as an error event of the Messages API, with the status that the exception has as an answer. */
export function failureEvent({ name, data }: ConverseEvent): JsonObject {
  const status = STATUS_OF_EXCEPTION.get(name.toLowerCase()) ?? 500;
  return {
    type: 'error',
    error: { type: name, message: stringOf(data['message']) ?? '', status_code: status },
  };
}

/** From the service's model: the `httpError` of each exception of ConverseStream. */
const STATUS_OF_EXCEPTION: ReadonlyMap<string, number> = new Map([
  ['validationexception', 400],
  ['accessdeniedexception', 403],
  ['modeltimeoutexception', 408],
  ['modelstreamerrorexception', 424],
  ['modelerrorexception', 424],
  ['throttlingexception', 429],
  ['modelnotreadyexception', 429],
  ['internalserverexception', 500],
  ['serviceunavailableexception', 503],
]);

export class ConverseEventReader implements MessagesEventReader {
  readonly #parser: EventMessageParser = createEventMessageParser();
  readonly #open = new Set<unknown>();
  #stopped = false;
  #ended = false;

  push(bytes: Uint8Array): readonly JsonObject[] {
    return this.#parser.push(bytes).flatMap((message) => this.#reword(readConverseEvent(message)));
  }

  /** A stream may end without its `metadata`: the answer is whole, its usage is not known. */
  end(): readonly JsonObject[] {
    return this.#stopped && !this.#ended ? this.#terminate() : [];
  }

  #reword(event: ConverseEvent): readonly JsonObject[] {
    if (event.kind === 'failure') return [failureEvent(event)];
    const { data } = event;
    const index = data['contentBlockIndex'];
    switch (event.name) {
      case 'messageStart':
        return [{ type: 'message_start', message: { role: data['role'] } }];
      case 'contentBlockStart':
        return this.#start(index, toolBlock(objectOf(objectOf(data['start'])['toolUse'])));
      case 'contentBlockDelta':
        return this.#delta(index, objectOf(data['delta']));
      case 'contentBlockStop':
        this.#open.delete(index);
        return [{ type: 'content_block_stop', index }];
      case 'messageStop':
        this.#stopped = true;
        return [{ type: 'message_delta', delta: { stop_reason: data['stopReason'] } }];
      case 'metadata':
        return [
          { type: 'message_delta', delta: {}, usage: usageToMessages(data['usage']) },
          ...(this.#stopped ? this.#terminate() : []),
        ];
      default:
        // Events yet to be invented.
        return [];
    }
  }

  #start(index: unknown, block: JsonObject): readonly JsonObject[] {
    this.#open.add(index);
    return [{ type: 'content_block_start', index, content_block: block }];
  }

  #delta(index: unknown, delta: JsonObject): readonly JsonObject[] {
    const reworded = rewordDelta(delta);
    if (reworded === null) return [];
    // What is encrypted comes whole, so each is a block of its own.
    const isOpen = reworded.delta !== null && this.#open.has(index);
    const opened = isOpen ? [] : this.#start(index, reworded.block);
    return reworded.delta === null
      ? opened
      : [...opened, { type: 'content_block_delta', index, delta: reworded.delta }];
  }

  #terminate(): readonly JsonObject[] {
    this.#ended = true;
    return [{ type: 'message_stop' }];
  }
}

/** A tool that Amazon runs itself is nobody's to call. */
function toolBlock(call: JsonObject): JsonObject {
  const own = call['toolUseId'] !== undefined && call['type'] !== 'server_tool_use';
  return own
    ? { type: 'tool_use', id: call['toolUseId'], name: call['name'], input: {} }
    : { type: 'server_tool' };
}

/** The delta, and the block that it belongs to where that was not opened. Null: it says nothing that counts. */
function rewordDelta(
  delta: JsonObject,
): { readonly block: JsonObject; readonly delta: JsonObject | null } | null {
  if (typeof delta['text'] === 'string') {
    return { block: { type: 'text', text: '' }, delta: { type: 'text_delta', text: delta['text'] } };
  }
  if (isObject(delta['toolUse'])) {
    const json = stringOf(delta['toolUse']['input']) ?? '';
    return { block: toolBlock({}), delta: { type: 'input_json_delta', partial_json: json } };
  }
  if (!isObject(delta['reasoningContent'])) return null;
  const { text, signature, redactedContent } = delta['reasoningContent'];
  const block = { type: 'thinking', thinking: '' };
  if (typeof text === 'string') return { block, delta: { type: 'thinking_delta', thinking: text } };
  if (typeof signature === 'string') return { block, delta: { type: 'signature_delta', signature } };
  if (typeof redactedContent !== 'string') return null;
  const data = Buffer.from(redactedContent, 'base64').toString('utf8');
  return { block: { type: 'redacted_thinking', data }, delta: null };
}

function parsePayload(payload: Uint8Array): unknown {
  try {
    return parseExact(asBuffer(payload).toString('utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new DialectError('the payload of an event is not JSON', { cause: error });
  }
}
