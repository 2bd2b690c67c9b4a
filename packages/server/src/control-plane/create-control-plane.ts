/**
 * The management API over HTTP: exactly the routes of the contract's table, each with its schemas, its key kinds and
 * its handler. It promises that nothing is read before the caller is known, that an answer holds no field which the
 * contract does not name, that a mutation is visible to the next request, and that no error says what a caller wrote.
 */
import { openApiDocument, ROUTES, type Route, type RouteName } from '@arouter/contract';
import { describeFaces } from '../data-plane/describe-faces.ts';
import { GatewayError, type WorkspaceId } from '@arouter/core';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { apiKeyHandlers } from './api-keys.ts';
import { auditHandlers } from './audit.ts';
import { authorizeCaller, isStillAllowed, resolveWorkspace, type Asked } from './authorize.ts';
import { creditHandlers } from './credits.ts';
import { catalogueHandlers } from './catalogue.ts';
import { callerIdOf, type Caller, type Exchange } from './caller.ts';
import type { ControlPlaneDeps } from './deps.ts';
import { docsPage, docsPagePolicy } from './docs-page.ts';
import { generationHandlers } from './generations.ts';
import type { DocumentName, Handlers, RawAnswer } from './handler.ts';
import { previewHandlers } from './preview.ts';
import { priceHandlers } from './prices.ts';
import { providerKeyRouteHandlers } from './provider-key-routes.ts';
import { providerHandlers } from './providers.ts';
import { SECURITY_HEADERS } from '../http/security-headers.ts';
import { BODY_BYTES_MAX, readBody } from './read-body.ts';
import { recordChange } from './record-change.ts';
import { accountHandlers } from './account.ts';
import { firstRunHandlers } from './first-run.ts';
import { invitationHandlers } from './invitations.ts';
import { keptBodyHandlers } from './kept-bodies.ts';
import { memberHandlers } from './members.ts';
import { sendError } from './send-error.ts';
import { sessionHandlers } from './sessions.ts';
import { ssoHandlers } from './sso.ts';
import { generationStreamHandlers } from './generation-stream.ts';
import { usageErrorHandlers } from './usage-errors.ts';
import { usageExportHandlers } from './usage-export.ts';
import { usageHandlers } from './usage.ts';
import { validate } from './validate.ts';
import { webhookHandlers } from './webhooks.ts';
import { workspaceHandlers } from './workspaces.ts';

const REQUEST_ID_BYTES = 12;
const USER_AGENT_CHARACTERS_MAX = 256;

type AnyHandler = (call: {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly caller: Caller;
  readonly workspace: WorkspaceId;
  readonly exchange: Exchange;
  readonly isStillAllowed: () => Promise<boolean>;
}) => Promise<unknown>;

/** Call `ready()` and then `routing(request, response)`, or `inject`. Listens to nothing itself. */
export function createControlPlane(deps: ControlPlaneDeps): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    exposeHeadRoutes: false,
    genReqId: () => `req_${deps.random.hex(REQUEST_ID_BYTES)}`,
    // A path that is not one is refused before any hook has run.
    frameworkErrors: (error, request, reply) => {
      void reply.headers(SECURITY_HEADERS).header('x-request-id', request.id);
      void sendError(deps.log, error, request, reply);
    },
  });
  acceptJsonOnly(app);
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(SECURITY_HEADERS).header('x-request-id', request.id);
  });
  app.setErrorHandler((error, request, reply) => sendError(deps.log, error, request, reply));
  app.setNotFoundHandler((request, reply) => sendError(deps.log, notFound(request, reply), request, reply));
  registerAll(app, deps, handlersOf(deps));
  registerDocuments(app, deps);
  return app;
}

function handlersOf(deps: ControlPlaneDeps): Handlers {
  return {
    ...apiKeyHandlers(deps),
    ...providerKeyRouteHandlers(deps),
    ...creditHandlers(deps),
    ...priceHandlers(deps),
    ...workspaceHandlers(deps),
    ...sessionHandlers(deps),
    ...ssoHandlers(deps),
    ...accountHandlers(deps),
    ...firstRunHandlers(deps),
    ...memberHandlers(deps),
    ...auditHandlers(deps),
    ...catalogueHandlers(deps),
    ...webhookHandlers(deps),
    ...invitationHandlers(deps),
    ...usageHandlers(deps),
    ...usageErrorHandlers(deps),
    ...usageExportHandlers(deps),
    ...generationStreamHandlers(deps),
    ...generationHandlers(deps),
    ...keptBodyHandlers(deps),
    ...previewHandlers(deps),
    ...providerHandlers(deps),
  };
}

/** Throws when table and handlers differ: a route without a handler, or a handler without a route, must not start. */
export function registerAll(app: FastifyInstance, deps: ControlPlaneDeps, handlers: Handlers): void {
  const documents: readonly DocumentName[] = ['getOpenApi', 'getDocs'];
  const wanted = Object.keys(ROUTES).filter((name) => !documents.includes(name as DocumentName));
  const missing = wanted.filter((name) => !Object.hasOwn(handlers, name));
  const unknown = Object.keys(handlers).filter((name) => !wanted.includes(name));
  if (missing.length > 0 || unknown.length > 0) {
    throw new Error(
      `routes without handler: [${missing.join()}]; handlers without route: [${unknown.join()}]`,
    );
  }
  for (const name of wanted) register(app, deps, name as RouteName, handlers);
}

function register(app: FastifyInstance, deps: ControlPlaneDeps, name: RouteName, handlers: Handlers): void {
  const route: Route = ROUTES[name];
  const callers = new WeakMap<FastifyRequest, Admitted>();
  for (const path of [route.path, ...route.aliases]) {
    app.route({
      method: route.method,
      url: path.replace(/\{(\w+)\}/g, ':$1'),
      onRequest: async (request, reply) => {
        const exchange = exchangeOf(request, reply);
        const { rawHeaders, method } = request.raw;
        const origin = {
          method: method ?? 'GET',
          origin: request.headers.origin,
          fetchSite: headerOf(request, 'sec-fetch-site'),
        };
        const asked = { route, rawHeaders, origin, query: request.query, exchange };
        callers.set(request, { caller: await authorizeCaller(deps, asked), asked });
      },
      handler: async (request, reply) => {
        const admitted = callers.get(request);
        if (admitted === undefined) throw new Error('a handler ran without an authenticated caller');
        const answer = await answerCall(deps, { name, handlers }, { request, ...admitted });
        if (route.answer === null) return sendRaw(reply, route, answer as RawAnswer);
        return reply.code(route.status).type('application/json; charset=utf-8').send(JSON.stringify(answer));
      },
    });
  }
}

type Admitted = { readonly caller: Caller; readonly asked: Asked };

function exchangeOf(request: FastifyRequest, reply: FastifyReply): Exchange {
  return {
    requestId: request.id,
    client: {
      cookie: request.headers.cookie ?? '',
      userAgent: (request.headers['user-agent'] ?? '').slice(0, USER_AGENT_CHARACTERS_MAX),
      address: request.socket.remoteAddress ?? '',
    },
    setCookies: (cookies) => {
      if (cookies.length > 0) void reply.header('set-cookie', cookies);
    },
    onGone: (listener) => void request.raw.once('close', listener),
  };
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join() : value;
}

function sendRaw(reply: FastifyReply, route: Route, { headers, body }: RawAnswer): FastifyReply {
  return reply.code(route.status).type(`${route.contentType}; charset=utf-8`).headers(headers).send(body);
}

async function answerCall(
  deps: ControlPlaneDeps,
  { name, handlers }: { readonly name: RouteName; readonly handlers: Handlers },
  { request, caller, asked }: Admitted & { readonly request: FastifyRequest },
): Promise<unknown> {
  const route: Route = ROUTES[name];
  const handlerOf = (each: RouteName) => handlers[each as keyof Handlers] as AnyHandler;
  const params = validate(route.params, request.params, 'path');
  const query = validate(route.query, request.query, 'query');
  const body = validate(route.body, request.body, 'body');
  const workspace = await resolveWorkspace(deps, route, caller, query);
  const call = {
    params,
    query,
    body,
    caller,
    workspace,
    exchange: asked.exchange,
    isStillAllowed: () => isStillAllowed(deps, asked, workspace),
  };
  const readBefore = (each: RouteName) => handlerOf(each)({ ...call, query: {}, body: null });
  const answer = await recordChange(deps, { name, call, readBefore }, () => handlerOf(name)(call));
  if (route.method !== 'GET') {
    const { id: requestId } = request;
    deps.log.info(
      { requestId, route: `${route.method} ${route.path}`, workspaceId: workspace, ...callerIdOf(caller) },
      'management call',
    );
  }
  return route.answer === null ? answer : checkedAnswer(route, answer);
}

/** A field that the contract does not name cannot get out, and a missing one is our bug, not the caller's surprise. */
function checkedAnswer(route: Route, answer: unknown): unknown {
  const result = route.answer?.safeParse(answer);
  if (result?.success === true) return result.data;
  const paths = result?.error.issues.map((issue) => issue.path.join('.')).join(', ');
  throw new Error(`the answer of ${route.method} ${route.path} breaks the contract at: ${paths}`);
}

function registerDocuments(app: FastifyInstance, deps: ControlPlaneDeps): void {
  const document = openApiDocument({
    version: deps.version,
    inference: describeFaces(deps.providers),
  });
  const json = JSON.stringify(document);
  const page = docsPage(document);
  app.get(ROUTES.getOpenApi.path, (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(json),
  );
  app.get(ROUTES.getDocs.path, (_request, reply) =>
    reply.header('content-security-policy', docsPagePolicy).type('text/html; charset=utf-8').send(page),
  );
}

function acceptJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes, done) => {
    const encoding = request.headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') {
      done(new GatewayError('unsupported_media_type', 'Send the body without content encoding.'));
      return;
    }
    try {
      done(null, readBody(Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes)));
    } catch (error) {
      done(error instanceof Error ? error : new Error('body could not be read'));
    }
  });
}

/** 405 when the path exists with other methods, else 404. */
function notFound(request: FastifyRequest, reply: FastifyReply): GatewayError {
  const path = request.url.split('?', 1)[0] ?? '';
  const methods = ROUTE_PATTERNS.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
  if (methods.length === 0)
    return new GatewayError(
      'not_found',
      'There is no such path. GET /docs lists them; what a provider has besides is reached with its name in front, as /{provider}/v1/….',
    );
  const allowed = [...new Set(methods)].join(', ');
  void reply.header('allow', allowed);
  return new GatewayError('method_not_allowed', `This path answers to ${allowed}.`);
}

const ROUTE_PATTERNS = Object.values<Route>(ROUTES).flatMap(({ method, path, aliases }) =>
  [path, ...aliases].map((each) => ({
    method,
    pattern: new RegExp(`^${each.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
  })),
);
