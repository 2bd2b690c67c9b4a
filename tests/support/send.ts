/**
 * One HTTP exchange over a bare socket library, for tests that must see everything: bodies that are no JSON, headers sent
 * twice, answers that break off. Never rejects: what went wrong is part of what was seen.
 */
import { request, type Agent } from 'node:http';

export type Sent = {
  readonly method?: string;
  /** Names and values in pairs where one is sent twice. */
  readonly headers?: Readonly<Record<string, string>> | readonly string[];
  readonly body?: string | Uint8Array;
  /** Sends the body in pieces without saying how long it is. */
  readonly chunked?: boolean;
  /** Kept open between calls where given. */
  readonly agent?: Agent;
  readonly onPiece?: (text: string) => void;
  /** Destroys the connection when aborted. */
  readonly signal?: AbortSignal;
};
export type Seen = {
  /** 0 when no answer began. */
  readonly status: number;
  header(name: string): string | undefined;
  readonly text: string;
  /** True when HTTP says that all of the body is there. */
  readonly whole: boolean;
  /** The body as JSON; loose, since tests look into answers of every kind. */
  // oxlint-disable-next-line typescript/no-explicit-any -- see above
  json(): any;
};

const CHUNK_BYTES = 16 * 1024;

export async function send(
  url: string,
  { method = 'GET', headers = {}, body, ...options }: Sent = {},
): Promise<Seen> {
  return await new Promise((resolve) => {
    const outgoing = request(
      url,
      {
        method,
        headers: headers as Record<string, string>,
        agent: options.agent ?? false,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
      (response) => {
        const pieces: Buffer[] = [];
        const done = (): void =>
          resolve(seen(response.statusCode ?? 0, response.headers, Buffer.concat(pieces), response.complete));
        response.on('data', (piece: Buffer) => {
          pieces.push(piece);
          options.onPiece?.(piece.toString('utf8'));
        });
        response.on('close', done);
        // The end of a broken answer; `close` follows.
        response.on('error', () => undefined);
      },
    );
    outgoing.on('error', () => resolve(seen(0, {}, Buffer.alloc(0), false)));
    if (options.chunked === true) {
      const bytes = Buffer.from(body ?? '');
      for (let at = 0; at < bytes.length; at += CHUNK_BYTES)
        outgoing.write(bytes.subarray(at, at + CHUNK_BYTES));
      outgoing.end();
    } else {
      outgoing.end(body);
    }
  });
}

function seen(status: number, headers: NodeJS.Dict<string | string[]>, body: Buffer, whole: boolean): Seen {
  const text = body.toString('utf8');
  return {
    status,
    header: (name) => {
      const value = headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    text,
    whole,
    json: () => JSON.parse(text) as unknown,
  };
}
