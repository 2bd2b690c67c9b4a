/** Starts the faces over one instance and stops in order: no new work, then the tails, then the store. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { authenticate, GatewayError, errorHeaders } from '@arouter/core';
import { openaiChat } from '@arouter/providers';
import type { Settings } from './config/settings.ts';
import { createControlPlane } from './control-plane/create-control-plane.ts';
import { createDataPlane } from './data-plane/create-data-plane.ts';
import { listModels } from './data-plane/list-models.ts';
import { consumeBootstrapToken, issueBootstrapToken } from './first-run/bootstrap-token.ts';
import { createFirstKeys } from './first-run/first-workspace.ts';
import { createFirstRunHandler } from './first-run/handle-first-run.ts';
import { flatHeaders, tokenOf } from './http/caller.ts';
import { createHttpServer } from './http/create-http-server.ts';
import { loadStaticPages } from './http/static-pages.ts';
import { buildEngine, defaultProviderOf, facesOf, type Engine } from './instance/build-engine.ts';
import { openInstance, type Instance } from './instance/open-instance.ts';
import { createKeyTester } from './key-test/create-key-tester.ts';
import { createLog } from './log/create-log.ts';
import { createMetrics } from './metrics/create-metrics.ts';
import { previewRoute } from './preview/preview-route.ts';
import { checkDestination } from './transport/check-destination.ts';
import { VERSION } from './version.ts';

export type RunningServer = {
  readonly url: string;
  readonly instance: Instance;
  readonly engine: Engine;
  /** The link that makes the first workspace; null when there is one. */
  readonly firstRunUrl: string | null;
  /** Stops taking work, waits for what is under way (at most `graceMs`), settles, closes. */
  close(graceMs: number): Promise<void>;
};

const DASHBOARD_FOLDER = fileURLToPath(new URL('../../dashboard/static/', import.meta.url));

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
    const controlPlane = settings.role === 'gateway' ? null : await startControlPlane(instance, engine, log);
    const server = createHttpServer({
      dataPlane:
        settings.role === 'control'
          ? null
          : createDataPlane({
              ports: engine.ports,
              bodyBytesMax: settings.bodyBytesMax,
              track: tails.track,
              log,
            }),
      faces: facesOf(engine.providers),
      models: modelsHandler(engine),
      controlPlane,
      pages: loadStaticPages(DASHBOARD_FOLDER),
      firstRun: createFirstRunHandler({
        claim: (token, name) => claimFirstRun(instance, engine, token, name),
      }),
      metrics: metrics.scrape,
      ready: async () => accepting && (await instance.store.ping()),
    });
    const url = await listen(server, settings);
    return {
      url,
      instance,
      engine,
      firstRunUrl: await firstRunUrl(instance, settings.publicUrl === '' ? url : settings.publicUrl),
      async close(graceMs) {
        accepting = false;
        await stopListening(server, tails, graceMs);
        await controlPlane?.close();
        await engine.transport.close();
        await tails.settled(graceMs);
        await instance.close();
      },
    };
  } catch (error) {
    await instance.close();
    throw error;
  }
}

async function startControlPlane(instance: Instance, engine: Engine, log: ReturnType<typeof createLog>) {
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
        { ports, dialect: openaiChat, defaultProvider: defaultProviderOf(openaiChat, providers) },
        request,
      ),
    checkDestination: (url) => checkDestination(url, egress),
    providers,
    creditsGranted: async (workspace, amountNano) => counters.addCredits(workspace, amountNano),
    clock,
    random,
    log,
    version: VERSION,
  });
  await controlPlane.ready();
  return controlPlane;
}

/** GET /v1/models answers as the caller may use the catalogue. */
function modelsHandler({
  ports,
  providers,
  live,
}: Engine): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const requestId = `req_${ports.random.hex(12)}`;
    try {
      const apiKey = authenticate(ports, tokenOf(request), ['inference', 'management', 'operator']);
      const body = JSON.stringify(listModels({ providers, snapshot: live.current(), apiKey }));
      response.writeHead(200, { 'content-type': 'application/json', 'x-request-id': requestId });
      response.end(body);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      const { status, code, message } = error;
      response.writeHead(status, [
        'content-type',
        'application/json',
        'x-request-id',
        requestId,
        ...flatHeaders(errorHeaders(error)),
      ]);
      response.end(openaiChat.encodeError({ status, code, message, requestId }));
    }
  };
}

async function claimFirstRun(instance: Instance, engine: Engine, token: string, name: string) {
  const { store, clock, vault, issueApiKey } = instance;
  if (!(await consumeBootstrapToken(store.vaultRows, clock, token))) return null;
  const keys = await createFirstKeys(
    { store, ensureWorkspace: vault.ensureWorkspace, issueApiKey, clock },
    name,
  );
  await engine.live.refresh();
  return keys;
}

async function firstRunUrl({ store, clock }: Instance, base: string): Promise<string | null> {
  if ((await store.workspaces.list()).length > 0) return null;
  return `${base}/bootstrap#token=${await issueBootstrapToken(store.vaultRows, clock)}`;
}

async function listen(server: Server, { host, port }: Settings): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  const address = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}

type Tails = {
  readonly track: (tail: Promise<unknown>) => void;
  /** Resolves when nothing is under way, or after the grace. */
  settled(graceMs: number): Promise<void>;
};

function createTails(): Tails {
  const running = new Set<Promise<unknown>>();
  return {
    track(tail) {
      running.add(tail);
      const forget = (): void => void running.delete(tail);
      tail.then(forget, forget);
    },
    async settled(graceMs) {
      const deadline = performance.now() + graceMs;
      while (running.size > 0 && performance.now() < deadline) {
        await Promise.race([Promise.allSettled(running), new Promise((resolve) => setTimeout(resolve, 50))]);
      }
    },
  };
}

/** Idle connections close at once; busy ones after their answer, or with the grace. */
async function stopListening(server: Server, tails: Tails, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  await tails.settled(graceMs);
  server.closeIdleConnections();
  const rest = setTimeout(() => server.closeAllConnections(), 1000);
  await closed;
  clearTimeout(rest);
}
