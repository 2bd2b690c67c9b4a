/** A caller's exchange over `node:http`. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallerExchange } from './caller-exchange.ts';
import { callerSink, discardRest, limitLastBytes, nodeHead, readBody } from './caller.ts';
import { CallerSignal } from './caller-signal.ts';

/** Up to here, copying the body behind the head costs less than a second buffer in the system call. */
const JOINED_BYTES_MAX = 64 * 1024;

/** @param stallMsMax A caller who takes nothing at all for this long is cut off. */
export function nodeExchange(
  request: IncomingMessage,
  response: ServerResponse,
  stallMsMax: number,
): CallerExchange {
  const signal = new CallerSignal();
  signal.aborted = response.destroyed;
  response.on('close', () => {
    if (!response.writableFinished) signal.abort();
  });
  return {
    head: nodeHead(request),
    signal,
    get isOver() {
      return response.closed;
    },
    onOver: (listener) => void response.on('close', listener),
    readBody: (bytesMax, hold) => readBody(request, bytesMax, hold),
    answer(status, headers, body) {
      response.writeHead(status, [...headers, 'content-length', String(body.length)]);
      endWith(response, body);
      limitLastBytes(response, stallMsMax);
    },
    stream(status, headers) {
      response.writeHead(status, [...headers]);
      return {
        sink: callerSink(response, stallMsMax),
        end() {
          response.end();
          limitLastBytes(response, stallMsMax);
        },
        cut: () => void response.destroy(),
      };
    },
    async refuse({ status, headers, body }) {
      // `node:http` goes through all that it has read in one go. What it finds wrong behind the head it answers itself, and ends the
      // connection: an answer that has begun by then would be lost with it.
      await Promise.resolve();
      if (response.headersSent || response.destroyed) {
        response.destroy();
        return;
      }
      // The rest of a body that was not read would be taken for the next request.
      const isUnread = !request.complete;
      const framed = [...headers, 'content-length', String(body.length)];
      response.writeHead(status, isUnread ? [...framed, 'connection', 'close'] : framed);
      if (isUnread) {
        response.write(body);
        await discardRest(request);
        response.end();
      } else {
        response.end(body);
      }
    },
  };
}

/** Latin-1 is every byte as it is: text is what Node joins to the head, so that both leave in one write. */
function endWith(response: ServerResponse, body: Uint8Array): void {
  if (body.length > JOINED_BYTES_MAX) response.end(body);
  else response.end(Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1'), 'latin1');
}
