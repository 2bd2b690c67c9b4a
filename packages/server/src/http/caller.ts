/** What both ways to a caller have in common, and the parts of the one over `node:http`: a token, a body, a sink. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { GatewayError, type CallerSink, type WireHeaders } from '@arouter/core';
import { createBodyBuilder, releaseBytes } from './body-builder.ts';
import type { CallerHead } from './caller-exchange.ts';

/**
 * The caller's key, from whichever header its client library uses. Throws 400 when two different ones were sent: then
 * nobody could say whose request it was.
 */
export function tokenOf(head: Omit<CallerHead, 'token'>): string | undefined {
  const authorization = head.header('authorization');
  if (authorization !== undefined && head.timesSent('authorization') > 1) {
    throw new GatewayError('invalid_request', 'More than one Authorization header was sent. Send one.');
  }
  const bearer = authorization === undefined ? undefined : tokenIn(authorization);
  const apiKey = keyInHeaders(head) ?? keyInQuery(head.url);
  // Some libraries send a placeholder in one of the two; what looks like a key of ours is meant.
  if (bearer === undefined || apiKey === undefined || bearer === apiKey) return bearer ?? apiKey;
  const ours = [bearer, apiKey].filter((token) => token.startsWith('lr_'));
  if (ours.length > 1) {
    throw new GatewayError(
      'invalid_request',
      'Two different API keys were sent. Send one: Authorization: Bearer, x-api-key, x-goog-api-key, api-key or ?key=.',
    );
  }
  return ours[0] ?? bearer;
}

/** Besides `authorization`; the first of them counts. */
export const KEY_HEADERS = ['x-api-key', 'x-goog-api-key', 'api-key'] as const;

function keyInHeaders(head: Pick<CallerHead, 'header'>): string | undefined {
  for (const name of KEY_HEADERS) {
    const value = head.header(name);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The scheme's own value: a bearer token, or the access key id of an AWS signature, whose secret nobody here knows. */
function tokenIn(authorization: string): string {
  if (BEARER.test(authorization)) return authorization.slice('bearer '.length).trim();
  return AWS_CREDENTIAL.exec(authorization)?.[1] ?? authorization;
}
/** The name of a scheme is compared without regard to case (RFC 9110, 11.1). */
const BEARER = /^bearer /i;
const AWS_CREDENTIAL = /^AWS4-HMAC-SHA256 (?:.{0,2000}[ ,])?Credential=([^/,\s]{1,200})\//;

/** Google's libraries put the key into the query. */
function keyInQuery(url: string): string | undefined {
  if (!url.includes('key=')) return undefined;
  const queryAt = url.indexOf('?');
  // A path may hold anything, and is no query.
  return queryAt === -1 ? undefined : (new URLSearchParams(url.slice(queryAt)).get('key') ?? undefined);
}

/** Node keeps the first of several and drops the rest without a word. `name` is in lower case. */
export function timesSent(rawHeaders: readonly string[], name: string): number {
  let times = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const sent = rawHeaders[index];
    if (sent?.length === name.length && sent.toLowerCase() === name) times += 1;
  }
  return times;
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** The head of a request as `node:http` read it; `url` is its target in origin form. */
export function nodeHead(request: IncomingMessage): CallerHead {
  const length = request.headers['content-length'];
  const head = {
    method: request.method ?? '',
    url: request.url ?? '/',
    bodyBytes: length === undefined ? undefined : Number(length),
    header: (name: string) => single(request.headers[name]),
    timesSent: (name: string) => timesSent(request.rawHeaders, name),
  };
  return { ...head, token: () => tokenOf(head) };
}

/** What a refused caller goes on sending is thrown away for this long and this far, then the connection is cut. */
const DISCARD_MS_MAX = 2000;
const DISCARD_BYTES_MAX = 64 * 1024 * 1024;

/**
 * The whole body, up to the bound; throws 413 beyond it.
 * @param hold Told of each piece, in bytes, before it is kept; throws where there is no room for it.
 */
export async function readBody(
  request: IncomingMessage,
  bytesMax: number,
  hold?: (bytes: number) => void,
): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > bytesMax) throw tooLarge(bytesMax);
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new GatewayError(
      'unsupported_media_type',
      'The request body must not be compressed; send it without Content-Encoding.',
    );
  }
  return new Promise((resolve, reject) => {
    const body = createBodyBuilder(declared > 0 ? declared : bytesMax);
    let bytes = 0;
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      try {
        if (bytes > bytesMax) throw tooLarge(bytesMax);
        hold?.(chunk.length);
        body.append(chunk);
      } catch (error) {
        request.off('data', onData);
        request.pause();
        body.drop();
        reject(error);
      }
    };
    request.on('data', onData);
    request.on('end', () => resolve(body.whole()));
    request.on('error', () => {
      // After the end the bytes belong to whoever asked for them.
      if (!request.complete) body.drop();
      reject(new GatewayError('request_timeout', 'The request broke off before its body was complete.'));
    });
  });
}

/**
 * Resolves when the rest of a body that nobody wants has come, or its bounds are reached. A connection closed under a
 * caller who is still sending is reset, and the answer is lost with it.
 */
export async function discardRest(request: IncomingMessage): Promise<void> {
  await new Promise<void>((resolve) => {
    let bytes = 0;
    const timer = setTimeout(resolve, DISCARD_MS_MAX);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      releaseBytes(chunk);
      if (bytes > DISCARD_BYTES_MAX) done();
    });
    request.on('close', done);
    request.on('end', done);
    request.resume();
  });
}

export function tooLarge(bytesMax: number): GatewayError {
  const limit =
    bytesMax < 1_048_576 ? `${Math.floor(bytesMax / 1024)} KiB` : `${Math.floor(bytesMax / 1_048_576)} MiB`;
  return new GatewayError(
    'payload_too_large',
    `The request body is larger than ${limit}. Send less, e.g. smaller images, or refer to them by URL.`,
  );
}

/**
 * Writing after the caller has gone does nothing and takes everything: the upstream is drained, not paused. A caller who takes
 * nothing at all for `stallMsMax` is cut off: their stream holds a slot of a provider key.
 */
export function callerSink(response: ServerResponse, stallMsMax: number): CallerSink {
  let isWaiting = false;
  // The socket's own clock, which sees every byte that the caller takes; it runs only while there is something to take.
  response.on('timeout', () => response.destroy());
  response.on('drain', () => {
    isWaiting = false;
    response.setTimeout(0);
  });
  return {
    write(bytes) {
      if (response.destroyed) return true;
      const hasRoom = response.write(bytes);
      if (!hasRoom && !isWaiting) {
        isWaiting = true;
        response.setTimeout(stallMsMax);
      }
      return hasRoom;
    },
    onDrain: (listener) => {
      response.on('drain', listener);
      response.on('close', listener);
    },
  };
}

/**
 * The last bytes of an answer wait for the caller as long as any of a stream, not for ever: call it once the answer has ended. A caller
 * who reads nothing at all for `stallMsMax` is cut off.
 */
export function limitLastBytes(response: ServerResponse, stallMsMax: number): void {
  const { socket } = response;
  if (socket === null || response.writableLength === 0) return;
  response.setTimeout(stallMsMax, () => response.destroy());
  // Where a further request is waiting on the connection already, its answer has a clock of its own.
  response.once('finish', () => {
    if (socket.timeout === stallMsMax) socket.setTimeout(0);
  });
}

/** Node takes a flat list of names and values without looking at each. */
export function flatHeaders(headers: WireHeaders): string[] {
  const flat: string[] = [];
  for (const [name, value] of headers) flat.push(name, value);
  return flat;
}
