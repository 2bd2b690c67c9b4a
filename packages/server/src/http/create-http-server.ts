/** The one listener: inference paths to the data plane, health to a fixed word, the rest to the control plane. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { DataPlane, Face } from '../data-plane/create-data-plane.ts';
import type { StaticPages } from './static-pages.ts';

export type HttpDeps = {
  /** Null when this process only manages. */
  readonly dataPlane: DataPlane | null;
  /** Path → what is spoken there. */
  readonly faces: ReadonlyMap<string, Face>;
  /** GET /v1/models and its twin. */
  readonly models: (request: IncomingMessage, response: ServerResponse) => void;
  /** Null when this process only infers. */
  readonly controlPlane: FastifyInstance | null;
  readonly pages: StaticPages;
  readonly firstRun: (request: IncomingMessage, response: ServerResponse) => void;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** False: this process takes no new work (starting, stopping, store lost). */
  readonly ready: () => Promise<boolean>;
};

const HEADER_BYTES_MAX = 16 * 1024;
const HEADERS_MS_MAX = 10_000;
const REQUEST_MS_MAX = 60_000;
const IDLE_CONNECTION_MS_MAX = 75_000;
const CONNECTIONS_CHECK_MS = 5000;
const CONNECTIONS_MAX = 10_000;
const MODEL_PATHS = new Set(['/v1/models', '/api/v1/models']);

export function createHttpServer(deps: HttpDeps): Server {
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_MS_MAX,
      requestTimeout: REQUEST_MS_MAX,
      keepAliveTimeout: IDLE_CONNECTION_MS_MAX,
      connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
      noDelay: true,
    },
    (request, response) => route(deps, request, response),
  );
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}

function route(deps: HttpDeps, request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? '/';
  const query = url.indexOf('?');
  const path = query === -1 ? url : url.slice(0, query);
  const face = deps.dataPlane === null ? undefined : deps.faces.get(path);
  if (face !== undefined && deps.dataPlane !== null && request.method === 'POST') {
    deps.dataPlane(face, request, response);
    return;
  }
  if (MODEL_PATHS.has(path) && request.method === 'GET' && deps.dataPlane !== null) {
    deps.models(request, response);
    return;
  }
  if (path === '/livez') {
    answerWord(response, 200, 'ok');
    return;
  }
  if (path === '/readyz' || path === '/healthz') {
    void deps.ready().then((ready) => answerWord(response, ready ? 200 : 503, ready ? 'ok' : 'not ready'));
    return;
  }
  if (path === '/metrics') {
    void deps.metrics().then(({ contentType, text }) => {
      response.writeHead(200, { 'content-type': contentType });
      response.end(text);
    });
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
  response.writeHead(status, {
    'content-type': 'text/plain',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(`${word}\n`);
}
