/**
 * Claude's own API at Bedrock (`/model/{id}/invoke`, `/invoke-with-response-stream`): the Messages API but for a few
 * fields of the body, and its stream in AWS event messages. Sources: AWS Bedrock user guide, "Anthropic Claude Messages
 * API"; AWS API reference, `InvokeModelWithResponseStream`; recorded traffic.
 */
import { Buffer } from 'node:buffer';
import { DialectError, type FrameReader, type StreamFraming, type WireRequest } from '@arouter/core';
import { readConverseEvent } from '../dialects/bedrock-converse/stream-events.ts';
import { createEventMessageParser, type EventMessage } from '../dialects/shared/aws-event-stream.ts';
import { isObject, objectOf, stringOf } from '../dialects/shared/json-values.ts';
import { findMember, memberValue, scanJsonObject } from '../dialects/shared/scan-json.ts';
import { type JsonEdit, spliceJson } from '../dialects/shared/splice.ts';

const VERSION = 'bedrock-2023-05-31';
/** Betas that Bedrock knows; it refuses a request for the sake of any other. Source: Bedrock user guide, read 2026-07. */
const BETAS: ReadonlySet<string> = new Set([
  'computer-use-2024-10-22',
  'computer-use-2025-01-24',
  'computer-use-2025-11-24',
  'token-efficient-tools-2025-02-19',
  'interleaved-thinking-2025-05-14',
  'output-128k-2025-02-19',
  'dev-full-thinking-2025-05-14',
  'context-1m-2025-08-07',
  'context-management-2025-06-27',
  'effort-2025-11-24',
  'tool-search-tool-2025-10-19',
  'tool-examples-2025-10-29',
]);

/** The path says the model and the stream, and the body says what elsewhere stands in headers. */
export function toInvokeRequest(request: WireRequest): WireRequest {
  const { body } = request;
  if (body === null) return request;
  const members = scanJsonObject(body);
  const stated = findMember(members, 'anthropic_beta');
  const betas = [...betasOf(request), ...listOf(stated === undefined ? [] : memberValue(body, stated))];
  const known = [...new Set(betas)].filter((beta) => BETAS.has(beta));
  const edits: JsonEdit[] = [
    { kind: 'remove', key: 'model' },
    { kind: 'remove', key: 'stream' },
    { kind: 'set', key: 'anthropic_version', json: JSON.stringify(VERSION) },
    known.length === 0
      ? { kind: 'remove', key: 'anthropic_beta' }
      : { kind: 'set', key: 'anthropic_beta', json: JSON.stringify(known) },
  ];
  const headers = request.headers.filter(([name]) => !name.startsWith('anthropic-'));
  return { ...request, headers, body: spliceJson(body, members, edits) };
}

function betasOf({ headers }: WireRequest): readonly string[] {
  return headers
    .filter(([name]) => name === 'anthropic-beta')
    .flatMap(([, value]) => value.split(',').map((beta) => beta.trim()));
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];
}

export const invokeFraming: StreamFraming = {
  contentType: 'application/vnd.amazon.eventstream',
  createReader: () => new Reader(),
};

/** Each message holds one event of the Messages stream in base64. */
class Reader implements FrameReader {
  readonly #parser = createEventMessageParser();

  push(bytes: Uint8Array): Uint8Array {
    const events = this.#parser.push(bytes).map(serverSentEvent);
    return events.length === 0 ? NOTHING : Buffer.from(events.join(''), 'utf8');
  }
}

const NOTHING = new Uint8Array();

function serverSentEvent(message: EventMessage): string {
  const event = readConverseEvent(message);
  if (event.kind === 'failure') {
    const error = {
      type: ERROR_TYPES.get(event.name.toLowerCase()) ?? 'api_error',
      message: stringOf(event.data['message']) ?? event.name,
    };
    return `event: error\ndata: ${JSON.stringify({ type: 'error', error })}\n\n`;
  }
  const encoded = stringOf(event.data['bytes']);
  if (encoded === undefined) return '';
  const json = Buffer.from(encoded, 'base64').toString('utf8');
  return `event: ${eventType(json)}\ndata: ${json}\n\n`;
}

function eventType(json: string): string {
  try {
    const event: unknown = JSON.parse(json);
    if (isObject(event)) return stringOf(objectOf(event)['type']) ?? 'message';
  } catch (error) {
    throw new DialectError('a chunk of the stream is not JSON', { cause: error });
  }
  throw new DialectError('a chunk of the stream is not a JSON object');
}

/** Exceptions of the stream as the error types of the Messages API. */
const ERROR_TYPES: ReadonlyMap<string, string> = new Map([
  ['throttlingexception', 'rate_limit_error'],
  ['serviceunavailableexception', 'overloaded_error'],
  ['modelnotreadyexception', 'overloaded_error'],
  ['modeltimeoutexception', 'timeout_error'],
  ['validationexception', 'invalid_request_error'],
]);
