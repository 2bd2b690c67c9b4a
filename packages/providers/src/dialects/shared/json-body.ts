/** Bodies as JSON values, and back. */
import { parseExact } from './json-values.ts';
import { asBuffer } from './scan-json.ts';

/** Undefined when it is not JSON: what follows from that differs, a caller's mistake or a provider's. */
export function parseBody(body: Uint8Array): unknown {
  try {
    return parseExact(asBuffer(body).toString('utf8'));
  } catch {
    return undefined;
  }
}

export function encodeBody(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value), 'utf8');
}
