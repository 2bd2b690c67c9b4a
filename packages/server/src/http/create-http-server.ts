/** The one listener: inference paths to the data plane, health to a fixed word, the rest to the control plane. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { GatewayError } from '@arouter/core';
import type { FastifyInstance, HTTPMethods } from 'fastify';
import type { DataPlane } from '../data-plane/create-data-plane.ts';
import type { Face, Faces } from '../data-plane/face.ts';
import type { TimeLimits } from '../config/time-limits.ts';
import { PLAYGROUND_CHAT, type Playground } from '../playground/create-playground.ts';
import { askedModels } from './asked-models.ts';
import { limitLastBytes, timesSent } from './caller.ts';
import { LaneServer, type LaneOptions } from './lane/lane-server.ts';
import { nodeExchange } from './node-exchange.ts';
import { originForm } from './origin-form.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import type { AskedModels } from './asked-models.ts';
import type { StaticPages } from './static-pages.ts';

export type HttpDeps = {
  /** Null when this process only manages. */
  readonly dataPlane: DataPlane | null;
  /** What is spoken where. */
  readonly faces: Faces;
  readonly timeLimits: Pick<TimeLimits, 'callerHeadersMs' | 'callerRequestMs' | 'callerStallMs'>;
  /** False: it is stopping, and connections are not kept for further requests. */
  readonly accepting: () => boolean;
  /** A refusal in the shape of the dialect that the path, or the caller's headers, speak. */
  readonly refuse: (face: Face, response: ServerResponse, refusal: Refusal) => void;
  /** GET /v1/models and its twins, in the shape that `askedModels` finds. */
  readonly models: (asked: AskedModels, request: IncomingMessage, response: ServerResponse) => void;
  /** Null when this process only infers. */
  readonly controlPlane: FastifyInstance | null;
  readonly pages: StaticPages;
  readonly firstRun: (request: IncomingMessage, response: ServerResponse) => void;
  /** Null when this process only manages or only infers: it takes both. */
  readonly playground: Playground | null;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  readonly log: { error(fields: object, message: string): void };
  /** False: this process takes no new work (starting, stopping, store lost). */
  readonly ready: () => Promise<boolean>;
};

export type Refusal = { readonly error: GatewayError; readonly headers: readonly string[] };

const HEADER_BYTES_MAX = 16 * 1024;
const IDLE_CONNECTION_MS_MAX = 75_000;
const CONNECTIONS_CHECK_MS = 5000;

/** CONNECT is what a proxy is asked. */
const NO_TUNNEL = 'HTTP/1.1 405 Method Not Allowed\r\nconnection: close\r\ncontent-length: 0\r\n\r\n';

export function createHttpServer(deps: HttpDeps): Server {
  const { callerHeadersMs, callerRequestMs } = deps.timeLimits;
  const server = new LaneServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      // Node refuses to start where the headers may take longer than the whole.
      headersTimeout: Math.min(callerHeadersMs, callerRequestMs),
      requestTimeout: callerRequestMs,
      keepAliveTimeout: IDLE_CONNECTION_MS_MAX,
      connectionsCheckingInterval: Math.min(CONNECTIONS_CHECK_MS, callerHeadersMs),
      noDelay: true,
    },
    (request, response) => route(deps, request, response),
    laneOf(deps),
  );
  // Without a listener, Node would close the connection without a word.
  server.on('connect', (_request, socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(NO_TUNNEL);
  });
  return server;
}

/** POST to a fixed path of the models, while new work is taken; all others go the way that can refuse them with words. */
function laneOf({ dataPlane, faces, accepting, timeLimits, log }: HttpDeps): LaneOptions {
  return {
    accepting,
    stallMsMax: timeLimits.callerStallMs,
    faceAt(target) {
      const face = dataPlane === null || !accepting() ? undefined : faces.fixed.get(target);
      return face === undefined || !methodsOf(face).includes('POST') ? undefined : face;
    },
    serve: (face, exchange) => dataPlane?.(face, exchange),
    stumbled: (fault) =>
      log.error(
        { fault: fault instanceof Error ? fault.stack : 'not an error' },
        'unexpected fault: the head of a request was read the slow way',
      ),
  };
}

function route(deps: HttpDeps, request: IncomingMessage, response: ServerResponse): void {
  const url = originForm(request.url ?? '/');
  // What reads the target later reads this.
  request.url = url;
  const query = url.indexOf('?');
  const path = query === -1 ? url : url.slice(0, query);
  if (!deps.accepting()) response.shouldKeepAlive = false;
  if (timesSent(request.rawHeaders, 'host') > 1) {
    // RFC 9112, 3.2: two machines in a row may each believe another one.
    const error = new GatewayError('invalid_request', 'More than one Host header was sent. Send one.');
    deps.refuse(anyFace(deps), response, { error, headers: [] });
    return;
  }
  let face: Face | undefined;
  try {
    const { method = '' } = request;
    face =
      deps.dataPlane === null
        ? undefined
        : deps.faces.at(path, query === -1 ? '' : url.slice(query + 1), method);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    deps.refuse(anyFace(deps), response, { error, headers: [] });
    return;
  }
  if (face !== undefined && deps.dataPlane !== null && methodsOf(face).includes(request.method ?? '')) {
    deps.dataPlane(face, nodeExchange(request, response, deps.timeLimits.callerStallMs));
    return;
  }
  if (deps.dataPlane !== null && routeInference(deps, { path, face, request, response })) return;
  routeRest(deps, path, request, response);
}

type Routed = {
  readonly path: string;
  readonly face: Face | undefined;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
};

const POST_ONLY: readonly string[] = ['POST'];
function methodsOf({ methods = POST_ONLY }: Face): readonly string[] {
  return methods;
}

/** What is asked of the inference paths besides the one thing they do; true when it was answered. */
function routeInference(deps: HttpDeps, { path, face, request, response }: Routed): boolean {
  const models = askedModels(path, request);
  if (models !== undefined && (request.method === 'GET' || request.method === 'HEAD')) {
    deps.models(models, request, response);
    return true;
  }
  if (face !== undefined || models !== undefined) {
    const allowed = face === undefined ? 'GET, HEAD' : methodsOf(face).join(', ');
    const error = new GatewayError('method_not_allowed', `This path answers to ${allowed}.`);
    deps.refuse(face ?? familyOf(deps, path) ?? anyFace(deps), response, {
      error,
      headers: ['allow', allowed],
    });
    return true;
  }
  const beside = faceBeside(deps, path, request);
  if (beside === undefined) return false;
  const error = new GatewayError(
    'not_found',
    `There is no such path. Models answer at ${[...deps.faces.fixed.keys()].filter((each) => each.startsWith('/v1/')).join(' and ')}. What a provider has besides is reached with its name in front, as /{provider}/v1/….`,
  );
  deps.refuse(beside, response, { error, headers: [] });
  return true;
}

function familyOf({ faces }: Pick<HttpDeps, 'faces'>, path: string): Face | undefined {
  for (const [prefix, face] of faces.families) if (path.startsWith(prefix)) return face;
  return undefined;
}

/** Whose library asks for an inference path that does not exist: one below a known path, or one of its own header. */
function faceBeside(
  { faces, controlPlane }: HttpDeps,
  path: string,
  request: IncomingMessage,
): Face | undefined {
  if (controlPlane?.hasRoute({ method: request.method as HTTPMethods, url: path }) === true) return undefined;
  const family = familyOf({ faces }, path);
  if (family !== undefined) return family;
  for (const [known, face] of faces.fixed) {
    const ownHeader = face.dialect.callerHeaders.some((name) => request.headers[name] !== undefined);
    if (path.startsWith(`${known}/`) || (ownHeader && path.startsWith('/v1/'))) return face;
  }
  return controlPlane === null && path.startsWith('/v1/') ? anyFace({ faces }) : undefined;
}

function anyFace({ faces }: Pick<HttpDeps, 'faces'>): Face {
  const [first] = faces.fixed.values();
  if (first === undefined) throw new Error('there is no inference path');
  return first;
}

function routeRest(deps: HttpDeps, path: string, request: IncomingMessage, response: ServerResponse): void {
  response.once('prefinish', () => limitLastBytes(response, deps.timeLimits.callerStallMs));
  if (path === '/livez') {
    answerWord(response, 200, 'ok');
    return;
  }
  if (path === '/readyz' || path === '/healthz') {
    deps.ready().then(
      (ready) => answerWord(response, ready ? 200 : 503, ready ? 'ok' : 'not ready'),
      () => answerWord(response, 503, 'not ready'),
    );
    return;
  }
  if (path === '/metrics') {
    deps.metrics().then(
      ({ contentType, text }) => {
        response.writeHead(200, { 'content-type': contentType, ...SECURITY_HEADERS });
        response.end(text);
      },
      () => answerWord(response, 503, 'not ready'),
    );
    return;
  }
  if (path === PLAYGROUND_CHAT.path && request.method === 'POST' && deps.playground !== null) {
    deps.playground(request, response);
    return;
  }
  if (path === '/bootstrap' && request.method === 'POST') {
    deps.firstRun(request, response);
    return;
  }
  if (deps.controlPlane === null || deps.pages(path, request, response)) {
    if (deps.controlPlane === null) answerWord(response, 404, 'not found');
    return;
  }
  deps.controlPlane.routing(request, response);
}

/** Probes get a fixed word: what is wrong is for the operator's log, not for whoever asks. */
function answerWord(response: ServerResponse, status: number, word: string): void {
  response.writeHead(status, { 'content-type': 'text/plain', ...SECURITY_HEADERS });
  response.end(`${word}\n`);
}
