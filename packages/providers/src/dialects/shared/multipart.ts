/**
 * Where the parts of a `multipart/form-data` body stand (RFC 7578, RFC 2046), without copying any of them. Strict: what
 * we read and what a provider reads must be the same form.
 */
import { Buffer } from 'node:buffer';
import { invalidRequest } from './request-body.ts';
import { asBuffer } from './scan-json.ts';

const PARTS_MAX = 100;
const PART_HEADER_BYTES_MAX = 4096;

/** Offsets in bytes, ends exclusive. */
export type FormPart = {
  readonly name: string;
  /** True: its header names a file. */
  readonly isFile: boolean;
  readonly valueStart: number;
  readonly valueEnd: number;
};

/** Throws GatewayError `invalid_request`. `contentType` is the header with its boundary. */
export function scanForm(body: Uint8Array, contentType: string | undefined): readonly FormPart[] {
  const bytes = asBuffer(body);
  const delimiter = Buffer.from(`--${boundaryOf(contentType)}`, 'latin1');
  const between = Buffer.concat([Buffer.from('\r\n'), delimiter]);
  if (bytes.indexOf(delimiter) !== 0) throw malformed('it does not begin with its boundary');
  const parts: FormPart[] = [];
  let at = delimiter.length;
  while (bytes.toString('latin1', at, at + 2) !== '--') {
    if (parts.length === PARTS_MAX) throw malformed(`it has more than ${PARTS_MAX} parts`);
    const part = partAt(bytes, at, between);
    parts.push(part);
    at = part.valueEnd + between.length;
  }
  return parts;
}

/** The value of the one part of this name, as text; undefined when there is none. Throws when it is a file or too long. */
export function textPart(
  body: Uint8Array,
  parts: readonly FormPart[],
  { name, charsMax }: { readonly name: string; readonly charsMax: number },
): string | undefined {
  const [part, second] = parts.filter((each) => each.name === name);
  if (part === undefined) return undefined;
  if (second !== undefined) throw invalidRequest(`The field "${name}" is given more than once.`);
  const { valueStart, valueEnd, isFile } = part;
  if (isFile || valueEnd === valueStart || valueEnd - valueStart > charsMax) {
    throw invalidRequest(`The field "${name}" must be a text of 1 to ${charsMax} bytes.`);
  }
  return asBuffer(body).toString('utf8', valueStart, valueEnd);
}

/** The body with another value for a part; other bytes stay. */
export function withPart(body: Uint8Array, part: FormPart, value: string): Uint8Array {
  return Buffer.concat([body.subarray(0, part.valueStart), Buffer.from(value), body.subarray(part.valueEnd)]);
}

function boundaryOf(contentType: string | undefined): string {
  const found = BOUNDARY.exec(contentType ?? '');
  const boundary = found?.[1] ?? found?.[2];
  if (boundary === undefined) throw malformed('its Content-Type names no boundary');
  return boundary;
}
const BOUNDARY = /;\s*boundary=(?:"([^"\r\n]{1,70})"|([\w'()+,\-./:=?]{1,70}))\s*(?:;|$)/i;

function partAt(bytes: Buffer, at: number, between: Buffer): FormPart {
  if (bytes.toString('latin1', at, at + 2) !== '\r\n')
    throw malformed('a boundary is not followed by a line break');
  const headersStart = at + 2;
  const headersEnd = bytes.indexOf('\r\n\r\n', headersStart);
  if (headersEnd < 0 || headersEnd - headersStart > PART_HEADER_BYTES_MAX) {
    throw malformed('a part has no headers, or too long ones');
  }
  const valueStart = headersEnd + 4;
  const valueEnd = bytes.indexOf(between, valueStart);
  if (valueEnd < 0) throw malformed('its last boundary is missing');
  const headers = bytes.toString('utf8', headersStart, headersEnd);
  const disposition = /^content-disposition:\s*form-data\s*(;[^\r\n]*)$/im.exec(headers)?.[1] ?? '';
  const name = /;\s*name="([^"\\\r\n]{1,200})"/i.exec(disposition)?.[1];
  if (name === undefined) throw malformed('a part has no plain name');
  return { name, isFile: /;\s*filename\*?=/i.test(disposition), valueStart, valueEnd };
}

function malformed(problem: string): Error {
  return invalidRequest(`The multipart/form-data body cannot be read: ${problem}.`);
}
