/**
 * A workspace of its own for one test, with a management key and an API key, and a caller that asks in its name. Tests
 * that share a gateway do not see each other's keys, limits or usage; platform keys they share.
 */
import type { Agent } from 'node:http';
import { createManagementClient, type ManagementClient } from './management-client.ts';
import { send, type Seen } from './send.ts';
import type { Gateway } from './start-gateway.ts';

export type Dialect = 'openai' | 'anthropic';
export type Question = {
  readonly model?: string;
  /** The caller's dialect; `openai` unless said otherwise. */
  readonly dialect?: Dialect;
  readonly stream?: boolean;
  readonly text?: string;
  readonly maxTokens?: number;
  /** Further members of the body. */
  readonly with?: Readonly<Record<string, unknown>>;
  /** The path under the root instead of the dialect's own. */
  readonly path?: string;
  readonly apiKey?: string;
  readonly agent?: Agent;
  readonly onPiece?: (text: string) => void;
  readonly signal?: AbortSignal;
};
export type Tenant = ManagementClient & {
  readonly workspaceId: string;
  readonly apiKey: string;
  readonly managementKey: string;
  ask(question?: Question): Promise<Seen>;
  /** A further API key of the workspace. */
  addApiKey(
    fields?: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly key: string; readonly hash: string }>;
  /** The management API without throwing. */
  call(method: string, path: string, body?: unknown): Promise<Seen>;
};

/** 0.1 and 0.4 USD per million tokens. */
export const CHEAP_MODEL = 'openai/gpt-4.1-nano';

let versions = 0;

/**
 * The same model and price under a name that nobody else uses: a version of eight digits. A circuit breaker that one test
 * trips for a model at the sandbox does not stand in the way of the next.
 */
export function versionOf(model: string): string {
  versions += 1;
  return `${model}-${String(versions).padStart(8, '0')}`;
}

/** `unmetered` true: no credit check, as the first workspace begins. */
export async function openTenant(gateway: Gateway, name: string, unmetered = true): Promise<Tenant> {
  const first = createManagementClient(gateway);
  const made = (await first.operate('POST', '/api/v1/workspaces', { name, unmetered })) as {
    data: { id: string };
  };
  const workspaceId = made.data.id;
  const issue = async (fields: Readonly<Record<string, unknown>>) => {
    const path = `/api/v1/keys?workspace_id=${workspaceId}`;
    const issued = (await first.operate('POST', path, fields)) as { key: string; data: { hash: string } };
    return { key: issued.key, hash: issued.data.hash };
  };
  const { key: managementKey } = await issue({ name: 'management', key_type: 'management' });
  const { key: apiKey } = await issue({ name: 'application' });
  return {
    ...createManagementClient({ url: gateway.url, keys: { ...gateway.keys, managementKey, apiKey } }),
    workspaceId,
    apiKey,
    managementKey,
    ask: async (question = {}) => await ask(gateway.url, apiKey, question),
    addApiKey: async (fields = {}) => await issue({ name: 'another', ...fields }),
    call: async (method, path, body) =>
      await send(gateway.url + path, {
        method,
        headers: { authorization: `Bearer ${managementKey}`, ...(body === undefined ? {} : JSON_TYPE) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
  };
}

export async function ask(url: string, apiKey: string, question: Question = {}): Promise<Seen> {
  const { dialect = 'openai', agent, onPiece, signal } = question;
  const path = question.path ?? (dialect === 'openai' ? '/v1/chat/completions' : '/v1/messages');
  return await send(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${question.apiKey ?? apiKey}`, ...JSON_TYPE },
    body: JSON.stringify(bodyOf(question)),
    ...(agent === undefined ? {} : { agent }),
    ...(onPiece === undefined ? {} : { onPiece }),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** The body of a question; both dialects write a plain one alike. */
export function bodyOf(question: Question): Readonly<Record<string, unknown>> {
  const { model = CHEAP_MODEL, stream = false, text = 'Hello', maxTokens = 25 } = question;
  return {
    model,
    max_tokens: maxTokens,
    ...(stream ? { stream } : {}),
    messages: [{ role: 'user', content: text }],
    ...question.with,
  };
}

const JSON_TYPE = { 'content-type': 'application/json' } as const;
