/** Starts the faces over one instance and stops in order: no new work, then the tails, then the store. */
import type { Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { authenticate, ERROR_CODES, GatewayError } from '@arouter/core';
import { geminiGenerate, openaiChat } from '@arouter/providers';
import { createAuditLog, type AuditLog } from './audit/create-audit-log.ts';
import type { Settings } from './config/settings.ts';
import { ownOrigins } from './config/own-origins.ts';
import { startPurging } from './control-plane/purge-deleted.ts';
import { createControlPlane } from './control-plane/create-control-plane.ts';
import type { FirstRun } from './control-plane/deps.ts';
import { createDataPlane } from './data-plane/create-data-plane.ts';
import { createFaces, defaultProviderOf } from './data-plane/faces.ts';
import { findGeminiModel, listGeminiModels } from './data-plane/list-gemini-models.ts';
import { listEndpoints } from './data-plane/list-endpoints.ts';
import { findListedModel, listModels, type ModelListing } from './data-plane/list-models.ts';
import { consumeBootstrapToken, issueBootstrapToken } from './first-run/bootstrap-token.ts';
import { createFirstApiKey, createFirstKeys, isFirstRun } from './first-run/first-workspace.ts';
import { createFirstRunHandler } from './first-run/handle-first-run.ts';
import { nodeHead } from './http/caller.ts';
import { createBodyRoom } from './http/body-room.ts';
import type { AskedModels } from './http/asked-models.ts';
import { createHttpServer, type HttpDeps } from './http/create-http-server.ts';
import { limitConnections } from './http/limit-connections.ts';
import { listen } from './http/listen.ts';
import { sendErrorAnswer } from './http/error-answer.ts';
import { SECURITY_HEADERS } from './http/security-headers.ts';
import { singleSignOn } from './people/sso/single-sign-on.ts';
import { loadStaticPages, type StaticPages } from './http/static-pages.ts';
import { buildEngine, type Engine } from './instance/build-engine.ts';
import { openInstance, type Instance } from './instance/open-instance.ts';
import { watchEventLoop } from './instance/watch-event-loop.ts';
import { createKeyTester } from './key-test/create-key-tester.ts';
import { createLog } from './log/create-log.ts';
import { createMetrics } from './metrics/create-metrics.ts';
import { startPlayground } from './playground/start-playground.ts';
import { previewRoute } from './preview/preview-route.ts';
import { checkDestination } from './transport/check-destination.ts';
import { VERSION } from './version.ts';
import { startWebhooks, type Webhooks } from './webhooks/start-webhooks.ts';

export type RunningServer = {
  readonly url: string;
  readonly instance: Instance;
  readonly engine: Engine;
  /** The link that makes the first owner; null when there is one. */
  readonly firstRunUrl: string | null;
  /** Stops taking work, waits for what is under way (at most `graceMs`), settles, closes. */
  close(graceMs: number): Promise<void>;
};

/** For settlements and last words after the grace. */
const SETTLE_MS_MAX = 5000;
const DASHBOARD_FOLDER = fileURLToPath(new URL('../../dashboard/dist/', import.meta.url));

export async function startServer(settings: Settings): Promise<RunningServer> {
  const log = createLog(settings.logLevel);
  const metrics = createMetrics();
  const instance = await openInstance(settings, log);
  try {
    const engine = await buildEngine(settings, instance, { log, metrics });
    if (engine.orphansSettled > 0) {
      log.warn({ attempts: engine.orphansSettled }, 'settled attempts that an earlier process left open');
    }
    const tails = createTails();
    let accepting = true;
    const origins = new Set<string>();
    const audit = await openAuditLog(instance);
    const parts = { settings, log, audit, origins };
    const webhooks = settings.role === 'gateway' ? null : startWebhooks(instance, engine, log);
    const controlPlane =
      webhooks === null ? null : await startControlPlane(instance, engine, { ...parts, webhooks });
    const dataPlane = settings.role === 'control' ? null : startDataPlane(settings, engine, { log, tails });
    const faces = createFaces(engine.providers);
    const server = createHttpServer({
      dataPlane,
      faces,
      timeLimits: settings.timeLimits,
      accepting: () => accepting,
      refuse: ({ dialect }, response, { error, headers }) =>
        sendErrorAnswer(response, { dialect, requestId: requestIdOf(engine) }, error, headers),
      models: modelsHandler(engine, log),
      controlPlane,
      pages: pagesBeside(controlPlane),
      playground: startPlayground(instance, engine, { ...parts, dataPlane, controlPlane, faces }),
      firstRun: firstRunHandler(instance, engine),
      metrics: metrics.scrape,
      log,
      ready: async () => accepting && (await instance.store.ping()),
    });
    limitConnections(server, settings.connectionsMax, log);
    // Nothing may fail any more once it listens: a listener that nobody knows of would stay.
    const firstRun = await firstRunPath(instance);
    const url = await listen(server, settings);
    server.once('close', watchEventLoop(log));
    for (const origin of ownOrigins(settings, url)) origins.add(origin);
    const purging = controlPlane === null ? null : startPurging({ ...instance, log });
    return {
      url,
      instance,
      engine,
      firstRunUrl:
        firstRun === null ? null : (settings.publicUrl === '' ? url : settings.publicUrl) + firstRun,
      async close(graceMs) {
        accepting = false;
        await stopServing(server, engine, { tails, graceMs });
        await controlPlane?.close();
        await purging?.close();
        await instance.close();
      },
    };
  } catch (error) {
    await instance.close();
    throw error;
  }
}

/** One for all who append: each entry goes on from the last. What a crash cut off is recorded before anything new. */
async function openAuditLog({ store }: Instance): Promise<AuditLog> {
  const audit = createAuditLog(store.audit);
  await audit.recordLeftNotes();
  return audit;
}

function firstRunHandler(instance: Instance, engine: Engine): HttpDeps['firstRun'] {
  return createFirstRunHandler({ claim: (token, name) => claimFirstRun(instance, engine, token, name) });
}

/** The dashboard, save for the paths that the control plane answers. */
function pagesBeside(controlPlane: Awaited<ReturnType<typeof startControlPlane>> | null): StaticPages {
  return loadStaticPages(
    DASHBOARD_FOLDER,
    (path) => controlPlane?.hasRoute({ method: 'GET', url: path }) === true,
  );
}

function startDataPlane(
  { bodyBytesMax, bodiesHeldBytesMax }: Settings,
  { ports, bodies }: Engine,
  { log, tails }: { readonly log: ReturnType<typeof createLog>; readonly tails: Tails },
) {
  // A body that may be sent must find room when it comes alone.
  const bodyRoom = createBodyRoom({
    bytesMax: Math.max(bodyBytesMax, bodiesHeldBytesMax),
    isShared: () => ports.config().workspaceCount > 1,
  });
  return createDataPlane({
    ports,
    bodyBytesMax,
    bodyRoom,
    bodies: bodies.recorder,
    track: tails.track,
    log,
  });
}

type ControlPlaneParts = {
  readonly settings: Settings;
  readonly log: ReturnType<typeof createLog>;
  readonly audit: AuditLog;
  readonly origins: ReadonlySet<string>;
  readonly webhooks: Webhooks;
};

async function startControlPlane(
  instance: Instance,
  engine: Engine,
  { settings, log, audit, origins, webhooks }: ControlPlaneParts,
) {
  const { store, vault, clock, random, verifier, issueApiKey } = instance;
  const { ports, counters, live, transport, egress, providers } = engine;
  const controlPlane = createControlPlane({
    store,
    vault,
    issueApiKey,
    keyVerifier: verifier,
    snapshot: live.current,
    refreshSnapshot: live.refresh,
    health: counters,
    testKey: createKeyTester({ transport, providers, clock }),
    previewRoute: (request) =>
      previewRoute(
        { ports, dialect: openaiChat, defaultProvider: defaultProviderOf(openaiChat.id, providers) },
        request,
      ),
    checkDestination: (url) => checkDestination(url, egress),
    providers,
    creditsGranted: async (workspace, amountNano) => counters.addCredits(workspace, amountNano),
    people: instance.people,
    generationFeed: engine.generationFeed,
    bodies: engine.bodies,
    audit,
    transport,
    webhookDispatcher: webhooks.dispatcher,
    webhooksChanged: webhooks.events.destinationsChanged,
    firstRun: firstRunOf(instance),
    sso: singleSignOn(settings.oidc, { transport, clock }),
    origins: () => origins,
    pageUrl: () => [...origins][0] ?? '',
    clock,
    random,
    log,
    version: VERSION,
  });
  await controlPlane.ready();
  return controlPlane;
}

/** GET /v1/models answers as the caller may use the catalogue. */
function modelsHandler(engine: Engine, log: ReturnType<typeof createLog>): HttpDeps['models'] {
  const { ports, providers, live } = engine;
  return ({ shape, model, query }, request, response) => {
    const dialect = shape === 'gemini' ? geminiGenerate : openaiChat;
    const requestId = requestIdOf(engine);
    try {
      const apiKey = authenticate(ports, nodeHead(request).token(), ['inference', 'management', 'operator']);
      const defaultProvider = defaultProviderOf(dialect.id, providers);
      const listing = { providers, snapshot: live.current(), apiKey, defaultProvider };
      const answer = shownModels(listing, { shape, model, query });
      response.writeHead(200, {
        'content-type': 'application/json',
        'x-request-id': requestId,
        ...SECURITY_HEADERS,
      });
      response.end(JSON.stringify(answer));
    } catch (error) {
      sendErrorAnswer(response, { dialect, requestId }, shownError(error, requestId, log));
    }
  };
}

function shownModels(listing: ModelListing, { shape, model, query }: AskedModels): object {
  if (shape === 'gemini')
    return model === undefined ? listGeminiModels(listing, query) : findGeminiModel(listing, model);
  if (model === undefined) return listModels(listing, query);
  return shape === 'endpoints' ? listEndpoints(listing, model) : findListedModel(listing, model);
}

/** What is thrown in a listener ends the process; a fault of ours is logged and answered instead. */
function shownError(error: unknown, requestId: string, log: ReturnType<typeof createLog>): GatewayError {
  if (error instanceof GatewayError) return error;
  log.error({ requestId, fault: error instanceof Error ? error.stack : 'not an error' }, 'unexpected fault');
  return new GatewayError('internal_error', ERROR_CODES.internal_error.summary);
}

function requestIdOf({ ports }: Engine): string {
  return `req_${ports.random.hex(12)}`;
}

function firstRunOf({ store, clock, vault, issueApiKey }: Instance): FirstRun {
  const deps = { store, ensureWorkspace: vault.ensureWorkspace, issueApiKey, clock };
  return {
    isOpen: async () => !(await store.members.usersExist()),
    consume: (token) => consumeBootstrapToken(store.vaultRows, clock, token),
    createWorkspace: (name) => createFirstApiKey(deps, name),
  };
}

async function claimFirstRun(instance: Instance, engine: Engine, token: string, name: string) {
  const { store, clock, vault, issueApiKey } = instance;
  if (!(await isFirstRun(store))) return null;
  if (!(await consumeBootstrapToken(store.vaultRows, clock, token))) return null;
  const keys = await createFirstKeys(
    { store, ensureWorkspace: vault.ensureWorkspace, issueApiKey, clock },
    name,
  );
  await engine.live.refresh();
  return keys;
}

async function firstRunPath({ store, clock }: Instance): Promise<string | null> {
  if (await store.members.usersExist()) return null;
  return `/bootstrap#token=${await issueBootstrapToken(store.vaultRows, clock)}`;
}

type Tails = {
  readonly track: (tail: Promise<unknown>) => void;
  /** Resolves when nothing is under way, or after the grace. */
  settled(graceMs: number): Promise<void>;
};

/** How often a stop looks whether the last tail has ended. */
const TAILS_LOOKED_AT_MS = 10;

function createTails(): Tails {
  let running = 0;
  const forget = (): void => {
    running -= 1;
  };
  return {
    track(tail) {
      running += 1;
      tail.then(forget, forget);
    },
    async settled(graceMs) {
      const deadline = performance.now() + graceMs;
      while (running > 0 && performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, TAILS_LOOKED_AT_MS));
      }
    },
  };
}

async function stopServing(
  server: Server,
  { transport, bodies }: Engine,
  { tails, graceMs }: { readonly tails: Tails; readonly graceMs: number },
): Promise<void> {
  const closed = stopListening(server);
  await tails.settled(graceMs);
  // What has not ended by now is cut at the provider: its caller gets an error, its attempt is settled.
  await transport.close();
  await tails.settled(SETTLE_MS_MAX);
  await closeConnections(server, closed);
  await bodies.close();
}

/** Idle connections close at once, busy ones after their answer. Resolves when all are closed. */
function stopListening(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  return closed;
}

/** Ends what is left: connections between two requests now, those with something still to take in a moment. */
async function closeConnections(server: Server, closed: Promise<void>): Promise<void> {
  server.closeIdleConnections();
  const rest = setTimeout(() => server.closeAllConnections(), 1000);
  await closed;
  clearTimeout(rest);
}
