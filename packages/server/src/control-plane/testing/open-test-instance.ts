/**
 * For tests: the management API over the real store, vault, key verifier, counters, snapshot and egress rules, in a
 * folder of its own. Only the call to a provider is given by the test.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  instant,
  PLATFORM_WORKSPACE,
  type ApiKeyKind,
  type ApiKeyRecord,
  type Clock,
  type ProviderId,
  type WorkspaceId,
} from '@arouter/core';
import { manifests, openaiChat } from '@arouter/providers';
import type { FastifyInstance } from 'fastify';
import { createToken, hashOfKeyId, hintOfToken } from '../../auth/api-key-token.ts';
import { createBodyCounts } from '../../bodies/body-counts.ts';
import { createBodyStore } from '../../bodies/body-store.ts';
import { readSettings } from '../../config/settings.ts';
import { createKeyVerifier, type PepperedKeyVerifier } from '../../auth/key-verifier.ts';
import { createSpeedBook } from '../../counters/speed-book.ts';
import { createFirstApiKey } from '../../first-run/first-workspace.ts';
import { MemoryCounters } from '../../counters/memory-counters.ts';
import { createGenerationFeed, type GenerationFeed } from '../../instance/generation-feed.ts';
import { systemClock } from '../../instance/system-clock.ts';
import { systemRandom } from '../../instance/system-random.ts';
import { createAuditLog } from '../../audit/create-audit-log.ts';
import { singleSignOn } from '../../people/sso/single-sign-on.ts';
import { createPeople } from '../../people/people.ts';
import { previewRoute } from '../../preview/preview-route.ts';
import { buildSnapshot } from '../../snapshot/build-snapshot.ts';
import { createCatalogue } from '../../snapshot/catalogue.ts';
import { createLiveSnapshot, type LiveSnapshot } from '../../snapshot/live-snapshot.ts';
import { openSqliteStore } from '../../store/open-sqlite-store.ts';
import type { Store } from '../../store/store.ts';
import { checkDestination } from '../../transport/check-destination.ts';
import { createTransport } from '../../transport/create-transport.ts';
import { parseEgressAllow } from '../../transport/parse-egress-allow.ts';
import { openVault } from '../../vault/open-vault.ts';
import { createRootKey } from '../../vault/root-key.ts';
import { createWebhookDispatcher, type WebhookDispatcher } from '../../webhooks/webhook-dispatcher.ts';
import { createControlPlane } from '../create-control-plane.ts';
import type { ControlPlaneDeps, FirstRun, IssueApiKey, KeyTestCandidate, KeyTestResult } from '../deps.ts';

/** Of this gateway's pages. */
export const ORIGIN = 'http://127.0.0.1:8080';
/** What the first-run link carries. */
export const FIRST_RUN_TOKEN = 'first-run-token';
export const NOW = instant(Date.UTC(2026, 10, 23, 12));
export const WORKSPACE = 'ws_one' as WorkspaceId;
const OPENAI = 'openai' as ProviderId;
export const OTHER_WORKSPACE = 'ws_two' as WorkspaceId;
/** Its provider key is in no answer, log or error: tests search for it. */
export const CANARY = 'sk-proj-CANARYcanaryCANARYcanary0123456789';

export type TestInstance = {
  /** The database. */
  readonly file: string;
  readonly app: FastifyInstance;
  readonly store: Store;
  readonly counters: MemoryCounters;
  readonly generationFeed: GenerationFeed;
  readonly webhookDispatcher: WebhookDispatcher;
  readonly deps: ControlPlaneDeps;
  /** Tokens; `management` and `inference` belong to the first workspace, `foreign` manages the second. */
  readonly keys: Readonly<Record<'operator' | 'management' | 'inference' | 'foreign', string>>;
  readonly inferenceKey: ApiKeyRecord;
  readonly tested: KeyTestCandidate[];
  readonly logged: string[];
  readonly world: World;
  call(key: keyof TestInstance['keys'] | null, method: Method, url: string, body?: unknown): Promise<Answer>;
  close(): Promise<void>;
};
export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
/** `body` is deliberately loose: the contract has checked its shape already. */
export type Answer = {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, unknown>>;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of every route
  readonly body: any;
};
/** What a test may set. */
export type World = { now: number; keyTest: KeyTestResult };

const OK: KeyTestResult = { class: 'ok', message: 'The key works.', status: 200, latencyMs: 12 };

/** `allowed`: another origin on a private address that may be called; `issuer`: of single sign-on. */
export async function openTestInstance(
  allowed?: string,
  issuer?: Parameters<typeof singleSignOn>[0],
): Promise<TestInstance> {
  const folder = mkdtempSync(join(tmpdir(), 'control-plane-'));
  const file = join(folder, 'arouter.db');
  const world: World = { now: NOW, keyTest: OK };
  const clock: Clock = {
    now: () => instant(world.now),
    monotonicMs: () => performance.now(),
    sleep: (delayMs) => systemClock.sleep(Math.min(delayMs, 5)),
  };
  const store = await openSqliteStore({
    file,
    synchronous: 'normal',
    clock,
    log: QUIET,
  });
  const vault = await openVault({ store: store.vaultRows, keks: [createRootKey()], clock: systemClock });
  const verifier = createKeyVerifier(await vault.instanceSecret('api_key_pepper'));
  const issueApiKey = issuerOf(verifier);
  const { keys, inferenceKey } = await createKeys(store, issueApiKey, clock);
  const live = await openSnapshot(store);
  const counters = new MemoryCounters({ clock, onHealthChange: () => undefined });
  const ports = {
    config: live.current,
    counters,
    speeds: createSpeedBook(),
    vault,
    clock,
    random: systemRandom,
    providers: manifests,
  };
  const generationFeed = createGenerationFeed();
  const tested: KeyTestCandidate[] = [];
  const logged: string[] = [];
  const log = (fields: object, message: string): void =>
    void logged.push(JSON.stringify({ ...fields, message }));
  const policy = parseEgressAllow(
    ['http://127.0.0.1:9001', ...(allowed === undefined ? [] : [allowed])].join(','),
  );
  const transport = createTransport({ clock: systemClock, policy });
  const bodies = createBodyStore({
    folder: join(folder, 'bodies'),
    rules: readSettings({ AROUTER_KEEP_BODIES: 'true' }).bodyRules,
    vault,
    config: live.current,
    clock: { now: clock.now, sleep: systemClock.sleep },
    counts: createBodyCounts(),
    log: QUIET,
  });
  const webhookDispatcher = createWebhookDispatcher({ store, vault, transport, clock, log: QUIET });
  const deps: ControlPlaneDeps = {
    store,
    vault,
    issueApiKey,
    keyVerifier: verifier,
    snapshot: live.current,
    refreshSnapshot: live.refresh,
    health: counters,
    testKey: async (candidate) => {
      tested.push(candidate);
      return world.keyTest;
    },
    previewRoute: (request) => previewRoute({ ports, dialect: openaiChat, defaultProvider: OPENAI }, request),
    transport,
    webhookDispatcher,
    webhooksChanged: () => undefined,
    checkDestination: (url) => checkDestination(url, policy),
    providers: manifests,
    creditsGranted: async (workspace, amountNano) => counters.addCredits(workspace, amountNano),
    generationFeed,
    bodies,
    audit: createAuditLog(store.audit),
    people: createPeople({
      identity: store.identity,
      secret: await vault.instanceSecret('session_secret'),
      random: systemRandom,
      clock: systemClock,
      publicUrl: '',
    }),
    firstRun: firstRunOf(store, issueApiKey, clock),
    sso: singleSignOn(issuer ?? null, { transport, clock: systemClock }),
    origins: () => new Set([ORIGIN]),
    pageUrl: () => ORIGIN,
    clock,
    random: systemRandom,
    log: { info: log, warn: log, error: log },
    version: '0.0.0-test',
  };
  const app = createControlPlane(deps);
  await app.ready();
  const close = async (): Promise<void> => {
    await app.close();
    await bodies.close();
    await webhookDispatcher.close();
    await transport.close();
    vault.close();
    await store.close();
    rmSync(folder, { recursive: true });
  };
  const call = callerOf(app, keys);
  return {
    file,
    app,
    store,
    counters,
    generationFeed,
    webhookDispatcher,
    deps,
    keys,
    inferenceKey,
    tested,
    logged,
    world,
    call,
    close,
  };
}

function firstRunOf(store: Store, issueApiKey: IssueApiKey, clock: Clock): FirstRun {
  let unused = true;
  return {
    isOpen: async () => !(await store.members.usersExist()),
    async consume(token) {
      const isRight = unused && token === FIRST_RUN_TOKEN;
      if (isRight) unused = false;
      return isRight;
    },
    createWorkspace: (name) =>
      createFirstApiKey({ store, ensureWorkspace: async () => undefined, issueApiKey, clock }, name),
  };
}

type Keys = TestInstance['keys'];
const QUIET = { info: () => undefined, warn: () => undefined, error: () => undefined };

function issuerOf(verifier: PepperedKeyVerifier): IssueApiKey {
  return (kind, keyId) => {
    const { token, id } = createToken(kind === 'inference' ? 'live' : 'mgmt', keyId);
    return { token, id, hash: hashOfKeyId(id), hint: hintOfToken(token), mac: verifier.macOf(token) };
  };
}

async function createKeys(
  store: Store,
  issueApiKey: IssueApiKey,
  clock: Clock,
): Promise<{ readonly keys: Keys; readonly inferenceKey: ApiKeyRecord }> {
  for (const id of [PLATFORM_WORKSPACE, WORKSPACE, OTHER_WORKSPACE]) {
    if ((await store.workspaces.get(id)) === undefined) {
      await store.workspaces.create({
        id,
        name: id,
        unmetered: false,
        bodiesKeptSince: null,
        createdAt: clock.now(),
      });
    }
  }
  const create = async (workspaceId: WorkspaceId, kind: ApiKeyKind) => {
    const { token, ...issued } = issueApiKey(kind);
    const record = apiKeyRecord({ ...issued, workspaceId, kind, createdAt: clock.now() });
    await store.apiKeys.create(record);
    return { token, record };
  };
  const operator = await create(PLATFORM_WORKSPACE, 'operator');
  const management = await create(WORKSPACE, 'management');
  const inference = await create(WORKSPACE, 'inference');
  const foreign = await create(OTHER_WORKSPACE, 'management');
  return {
    keys: {
      operator: operator.token,
      management: management.token,
      inference: inference.token,
      foreign: foreign.token,
    },
    inferenceKey: inference.record,
  };
}

function openSnapshot(store: Store): Promise<LiveSnapshot> {
  const catalogue = createCatalogue(manifests);
  return createLiveSnapshot({
    clock: systemClock,
    store,
    build: (rows) => buildSnapshot(rows, catalogue, manifests),
    beforeSwitch: async () => undefined,
    onError: (error) => {
      throw error;
    },
  });
}

function callerOf(app: FastifyInstance, keys: Keys): TestInstance['call'] {
  return async (key, method, url, body) => {
    const response = await app.inject({
      method,
      url,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${keys[key]}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const isJson = String(response.headers['content-type']).startsWith('application/json');
    return {
      status: response.statusCode,
      text: response.payload,
      headers: response.headers,
      body: isJson ? response.json() : undefined,
    };
  };
}

function apiKeyRecord(
  given: Pick<ApiKeyRecord, 'id' | 'hash' | 'hint' | 'mac' | 'workspaceId' | 'kind' | 'createdAt'>,
): ApiKeyRecord {
  return {
    name: given.kind,
    disabled: false,
    expiresAt: null,
    limitNano: null,
    limitReset: null,
    includeByokInLimit: false,
    allowedProviders: null,
    allowedModels: null,
    rpmLimit: null,
    createdBy: null,
    updatedAt: null,
    ...given,
  };
}
