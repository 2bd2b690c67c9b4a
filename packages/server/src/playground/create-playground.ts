/**
 * Chat for who is signed in to the dashboard: the session proves who asks, a page of this gateway must have asked, the role
 * must allow it; from there on it is a request like any other, on the person's playground key. No key is in the browser.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { defineRoute } from '@arouter/contract';
import { ERROR_CODES, GatewayError } from '@arouter/core';
import { z } from 'zod';
import { authorizeCaller, resolveWorkspace } from '../control-plane/authorize.ts';
import { signedIn, type Exchange } from '../control-plane/caller.ts';
import type { ControlPlaneDeps } from '../control-plane/deps.ts';
import { validate } from '../control-plane/validate.ts';
import type { DataPlane } from '../data-plane/create-data-plane.ts';
import type { Face } from '../data-plane/face.ts';
import { discardRest } from '../http/caller.ts';
import { errorAnswer } from '../http/error-answer.ts';
import { nodeExchange } from '../http/node-exchange.ts';
import { createPlaygroundKeys, type PlaygroundKeys } from './playground-key.ts';

export type Playground = (request: IncomingMessage, response: ServerResponse) => void;

/** Judged by the rules of the management API's routes; its answers are those of an inference path. */
export const PLAYGROUND_CHAT = defineRoute({
  method: 'POST',
  path: '/api/v1/playground/chat/completions',
  tag: 'Playground',
  summary: 'A chat completion as the signed-in person.',
  kinds: [],
  permission: 'playground.use',
  query: z.strictObject({ workspace_id: z.string().max(64).optional() }),
  answer: null,
});

type Deps = Pick<
  ControlPlaneDeps,
  | 'keyVerifier'
  | 'snapshot'
  | 'refreshSnapshot'
  | 'clock'
  | 'random'
  | 'people'
  | 'store'
  | 'origins'
  | 'issueApiKey'
  | 'audit'
> & {
  readonly dataPlane: DataPlane;
  /** Of OpenAI chat, with the cost in every answer. */
  readonly face: Face;
  /** A caller who takes nothing at all of an answer for this long is cut off. */
  readonly callerStallMs: number;
  readonly log: { error(fields: object, message: string): void };
};

const USER_AGENT_CHARACTERS_MAX = 256;

export function createPlayground(deps: Deps): Playground {
  const keys = createPlaygroundKeys(deps);
  return (request, response) => {
    const requestId = `req_${deps.random.hex(12)}`;
    handle(deps, keys, { requestId, request, response }).catch((error: unknown) =>
      refuse(deps, { requestId, request, response }, error),
    );
  };
}

type Asked = {
  readonly requestId: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
};

async function handle(deps: Deps, keys: PlaygroundKeys, asked: Asked): Promise<void> {
  const { request, response, requestId } = asked;
  const query = validate(PLAYGROUND_CHAT.query, queryOf(request), 'query');
  const exchange = exchangeOf(asked);
  const caller = signedIn(
    await authorizeCaller(deps, {
      route: PLAYGROUND_CHAT,
      rawHeaders: request.rawHeaders,
      origin: {
        method: request.method ?? '',
        origin: request.headers.origin,
        fetchSite: fetchSiteOf(request),
      },
      query,
      exchange,
    }),
  );
  const workspace = await resolveWorkspace(deps, PLAYGROUND_CHAT, caller, query);
  const { address } = exchange.client;
  const apiKeyId = await keys.idFor(caller, workspace, { requestId, address });
  deps.dataPlane(deps.face, nodeExchange(request, response, deps.callerStallMs), apiKeyId);
}

function queryOf({ url = '' }: IncomingMessage): Record<string, string> {
  const at = url.indexOf('?');
  return at === -1 ? {} : Object.fromEntries(new URLSearchParams(url.slice(at + 1)));
}

function fetchSiteOf({ headers }: IncomingMessage): string | undefined {
  const value = headers['sec-fetch-site'];
  return Array.isArray(value) ? value.join() : value;
}

function exchangeOf({ request, response, requestId }: Asked): Exchange {
  return {
    requestId,
    client: {
      cookie: request.headers.cookie ?? '',
      userAgent: (request.headers['user-agent'] ?? '').slice(0, USER_AGENT_CHARACTERS_MAX),
      address: request.socket.remoteAddress ?? '',
    },
    setCookies: (cookies) => {
      if (cookies.length > 0) response.setHeader('set-cookie', cookies);
    },
    onGone: (listener) => void request.once('close', listener),
  };
}

/** What was refused before the data plane had it. */
async function refuse(deps: Deps, { requestId, request, response }: Asked, thrown: unknown): Promise<void> {
  if (response.headersSent || response.destroyed) return void response.destroy();
  const error = thrown instanceof GatewayError ? thrown : unexpected(deps, requestId, thrown);
  const { headers, body } = errorAnswer(deps.face.dialect, requestId, error);
  // The rest of a body that was not read would be taken for the next request.
  response.writeHead(error.status, [
    ...headers,
    'content-length',
    String(body.length),
    'connection',
    'close',
  ]);
  response.write(body);
  await discardRest(request);
  response.end();
}

function unexpected({ log }: Deps, requestId: string, thrown: unknown): GatewayError {
  log.error(
    { requestId, fault: thrown instanceof Error ? thrown.stack : 'not an error' },
    'unexpected fault',
  );
  return new GatewayError('internal_error', ERROR_CODES.internal_error.summary);
}
