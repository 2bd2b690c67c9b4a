/**
 * An answer as a script: what is done on the socket, step by step. Dialects write plain scripts, faults rewrite them,
 * and `run-script.ts` is the only place that touches a socket. So every misbehaviour is a value that can be read.
 */

export type HeaderList = readonly (readonly [name: string, value: string])[];

/** What a well-behaved provider would answer. `frames` are the pieces in which a stream leaves; JSON has one. */
export type Answer = {
  readonly status: number;
  readonly headers: HeaderList;
  readonly frames: readonly (string | Uint8Array)[];
  readonly streamed: boolean;
};

/** `Infinity` waits until the client leaves. */
export type Step =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'information'; readonly status: 100 | 102 | 103 }
  | { readonly kind: 'head'; readonly status: number; readonly headers: HeaderList }
  | { readonly kind: 'write'; readonly bytes: Uint8Array }
  /** The same bytes many times, with backpressure: a huge body in constant memory. */
  | { readonly kind: 'repeat'; readonly bytes: Uint8Array; readonly times: number }
  | { readonly kind: 'end' }
  /** TCP reset (RST). */
  | { readonly kind: 'reset' }
  /** FIN without the end that HTTP asks for. */
  | { readonly kind: 'close' }
  /** Bytes past node's HTTP writer, whatever they break. */
  | { readonly kind: 'raw'; readonly bytes: Uint8Array };
export type Script = readonly Step[];

export const EVENT_STREAM = 'text/event-stream; charset=utf-8';

/** A whole JSON body under a status and headers. */
export function jsonAnswer(status: number, headers: HeaderList, body: unknown): Answer {
  return {
    status,
    headers: [['content-type', 'application/json'], ...headers],
    frames: [typeof body === 'string' ? body : JSON.stringify(body)],
    streamed: false,
  };
}

/** The script of a provider on its best day. */
export function plainScript(answer: Answer): Script {
  return [
    { kind: 'head', status: answer.status, headers: headersWithLength(answer) },
    ...answer.frames.map((frame): Step => ({ kind: 'write', bytes: toBytes(frame) })),
    { kind: 'end' },
  ];
}

/** The answer's headers; a body known beforehand gets its length, a stream is sent in chunks. */
export function headersWithLength(answer: Answer): HeaderList {
  if (answer.streamed) return answer.headers;
  let length = 0;
  for (const frame of answer.frames)
    length += typeof frame === 'string' ? Buffer.byteLength(frame) : frame.length;
  return [...answer.headers, ['content-length', String(length)]];
}

export function toBytes(frame: string | Uint8Array): Uint8Array {
  return typeof frame === 'string' ? Buffer.from(frame) : frame;
}
