/**
 * For tests: the whole gateway in this process, over a sandbox that stands for its providers, in a folder of its own.
 * Everything is real; what a test changes, it changes through the same doors as a user.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox, type Sandbox } from '@arouter/sandbox';
import { readSettings } from '../../config/settings.ts';
import { createFirstKeys, type FirstKeys } from '../../first-run/first-workspace.ts';
import { startServer, type RunningServer } from '../../start-server.ts';
import type { GenerationView } from '../../store/generation-ports.ts';

type Json = Readonly<Record<string, unknown>>;
export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; empty where it is none. */
  readonly json: Json & { readonly error?: Json & { readonly metadata?: Json } };
};

export type Stage = {
  readonly sandbox: Sandbox;
  readonly server: RunningServer;
  readonly keys: FirstKeys;
  readonly dataDir: string;
  /** Adds an own key at the sandbox, or a platform key; answers its id. */
  addKey(fields?: Json & { readonly platform?: boolean }): Promise<string>;
  manage(method: string, path: string, body?: object): Promise<Answer>;
  ask(body?: Json, options?: AskOptions): Promise<Answer>;
  /** The newest generation, once it is as wanted; throws after two seconds. */
  newest(wanted: (view: GenerationView) => boolean): Promise<GenerationView>;
  close(): Promise<void>;
};
export type AskOptions = {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
};

export const MODEL = 'openai/gpt-4o-mini';
export const QUESTION = { model: MODEL, messages: [{ role: 'user', content: 'Hello' }] };
const WAIT_MS_MAX = 2000;

/** @param settings Environment variables besides the stage's own. */
export async function openStage(settings: Readonly<Record<string, string>> = {}): Promise<Stage> {
  const sandbox = await startSandbox();
  const dataDir = await mkdtemp(join(tmpdir(), 'arouter-stage-'));
  const server = await startServer(
    readSettings({
      AROUTER_PORT: '0',
      AROUTER_DATA_DIR: dataDir,
      AROUTER_EGRESS_ALLOW: sandbox.url,
      AROUTER_LOG_LEVEL: 'silent',
      ...settings,
    }),
  );
  const { store, vault, issueApiKey, clock } = server.instance;
  const keys = await createFirstKeys(
    { store, ensureWorkspace: vault.ensureWorkspace, issueApiKey, clock },
    'Stage',
  );
  await server.engine.live.refresh();
  const call = callerOf(server.url);
  const manage: Stage['manage'] = (method, path, body) =>
    call(method, path, {
      token:
        path.includes('platform-keys') || path.includes('workspaces') ? keys.operatorKey : keys.managementKey,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return {
    sandbox,
    server,
    keys,
    dataDir,
    manage,
    addKey: (fields) => addKey(manage, sandbox.url, fields),
    ask: (body = QUESTION, { path = '/v1/chat/completions', method = 'POST', headers, signal } = {}) =>
      call(method, path, {
        token: keys.apiKey,
        ...(method === 'POST' ? { body: JSON.stringify(body) } : {}),
        ...(headers === undefined ? {} : { headers }),
        ...(signal === undefined ? {} : { signal }),
      }),
    newest: (wanted) => newestOf(server, keys, wanted),
    async close() {
      await server.close(1000);
      await sandbox.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function addKey(
  manage: Stage['manage'],
  sandboxUrl: string,
  { platform = false, ...fields }: Parameters<Stage['addKey']>[0] = {},
): Promise<string> {
  const provider = fields['provider'] ?? 'openai';
  const { json, text } = await manage('POST', platform ? '/api/v1/platform-keys' : '/api/v1/byok', {
    provider,
    credential: { api_key: `sk-sandbox-${String(fields['label'] ?? 'own')}-0123456789` },
    base_url: sandboxUrl + (provider === 'anthropic' ? '/anthropic' : '/openai/v1'),
    ...fields,
  });
  const id = (json['data'] as Json | undefined)?.['id'];
  if (typeof id !== 'string') throw new Error(`the key was not added: ${text}`);
  return id;
}

type CallOptions = {
  readonly token: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
};

function callerOf(base: string) {
  return async (method: string, path: string, options: CallOptions): Promise<Answer> => {
    const { token, body, headers, signal } = options;
    const response = await fetch(base + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: readJson(text) };
  };
}

function readJson(text: string): Answer['json'] {
  try {
    return JSON.parse(text) as Answer['json'];
  } catch {
    return {};
  }
}

async function newestOf(
  { instance }: RunningServer,
  { workspaceId }: FirstKeys,
  wanted: (view: GenerationView) => boolean,
): Promise<GenerationView> {
  const deadline = performance.now() + WAIT_MS_MAX;
  for (;;) {
    const { rows } = await instance.store.generations.list(workspaceId, {}, { cursor: null, limit: 1 });
    const [newest] = rows;
    if (newest !== undefined && wanted(newest)) return newest;
    if (performance.now() > deadline) throw new Error(`not as wanted: ${JSON.stringify(newest)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
