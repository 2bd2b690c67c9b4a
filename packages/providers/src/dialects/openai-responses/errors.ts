/** Errors and events in the form that clients of the Responses API read. */
import { Buffer } from 'node:buffer';
import type { CallerError } from '@arouter/core';
import type { JsonObject } from '../shared/json-values.ts';

/** One server-sent event, named as its type. */
export function event(data: JsonObject): string {
  return `event: ${String(data['type'])}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** The API's own error event. */
export function errorEvent({ code, message }: CallerError, sequenceNumber: number): string {
  return event({ type: 'error', code, message, param: null, sequence_number: sequenceNumber });
}

/** For a stream of which nothing is known; one that is under way numbers its own. */
export function encodeStreamError(error: CallerError): Uint8Array {
  return Buffer.from(errorEvent(error, 0), 'utf8');
}
