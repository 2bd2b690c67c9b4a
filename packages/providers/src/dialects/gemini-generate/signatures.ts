/**
 * Thought signatures between Gemini and the canonical form.
 *
 * A signature belongs to the part it came with (a function call, a text, a thought) and must come back there. In the
 * canonical form it stands in `reasoning_details` (OpenRouter's form; the `id` is the call's) and, on a tool call, also
 * where Google's own OpenAI-compatible endpoint puts it, so that clients which keep only one of the two keep it.
 * Toward a Gemini caller, details of another family travel inside `thoughtSignature` behind CARRIED_MARK; they are
 * unpacked when the conversation comes back, and never sent to Google. A signature is base64, so the mark is too.
 */
import { Buffer } from 'node:buffer';
import {
  CARRIED_MARK as PLAIN_MARK,
  carry as carryDetail,
  unpackCarried as unpackDetail,
} from '../shared/carried-reasoning.ts';
import { type JsonObject, objectOf, objectsOf, stringOf } from '../shared/json-values.ts';
import { fieldOf } from './field-of.ts';

/** The `format` of details that Gemini itself made and will accept back. */
export const GEMINI_FORMAT = 'google-gemini-v1';
/** Accepted in place of a signature for a call that Gemini did not make (ai.google.dev "Thought signatures: FAQ"). */
export const NO_SIGNATURE = 'skip_thought_signature_validator';
/** How base64 of the mark begins, whatever follows it: only whole groups of three bytes say so. */
export const CARRIED_MARK = Buffer.from(PLAIN_MARK.slice(0, 15), 'latin1').toString('base64');

export function signatureOf(part: JsonObject): string | undefined {
  const signature = stringOf(fieldOf(part, 'thoughtSignature'));
  return signature === '' || signature === NO_SIGNATURE ? undefined : signature;
}

export function isCarried(signature: unknown): boolean {
  return typeof signature === 'string' && signature.startsWith(CARRIED_MARK);
}

/** A detail of another family as the signature of a thought part. */
export function carry(detail: JsonObject): string {
  const { text: _text, summary: _summary, index: _index, ...rest } = detail;
  return Buffer.from(carryDetail(rest), 'latin1').toString('base64');
}

export function unpackCarried(signature: string): JsonObject {
  return unpackDetail(Buffer.from(signature, 'base64').toString('latin1'));
}

/** The detail that keeps the signature of a function call (with its id) or of a text (without). */
export function signatureDetail(signature: string, id?: string): JsonObject {
  const detail = { type: 'reasoning.encrypted', data: signature, format: GEMINI_FORMAT };
  return id === undefined ? detail : { ...detail, id };
}

/** What a canonical assistant message says about signatures that Gemini will accept back. */
export type KeptSignatures = {
  readonly byCall: ReadonlyMap<string, string>;
  /** Of the answer's text; undefined when none. */
  readonly ofText: string | undefined;
};

export function keptSignatures(message: JsonObject): KeptSignatures {
  const byCall = new Map<string, string>();
  let ofText: string | undefined;
  for (const detail of objectsOf(message['reasoning_details'])) {
    const data = stringOf(detail['data']) ?? stringOf(detail['signature']);
    if (detail['format'] !== GEMINI_FORMAT || data === undefined || data === '') continue;
    const id = stringOf(detail['id']);
    if (id === undefined || id === '') ofText = data;
    else byCall.set(id, data);
  }
  for (const call of objectsOf(message['tool_calls'])) {
    const { google } = objectOf(call['extra_content']);
    const signature = stringOf(objectOf(google)['thought_signature']);
    if (signature) byCall.set(stringOf(call['id']) ?? '', signature);
  }
  return { byCall, ofText };
}
