/** The plan for a hypothetical request: the same parse, the same readings, the same planner; nothing is sent or held. */
import {
  GatewayError,
  gatherOptions,
  parseRequest,
  planRoute,
  type ApiKeyRecord,
  type Dialect,
  type Ports,
  type ProviderId,
  type RoutePlan,
  type WorkspaceId,
} from '@arouter/core';

export type PreviewDeps = {
  readonly ports: Pick<Ports, 'config' | 'counters' | 'speeds' | 'vault' | 'clock' | 'random' | 'providers'>;
  readonly dialect: Dialect;
  readonly defaultProvider: ProviderId;
};
export type PreviewRequest = {
  readonly workspace: WorkspaceId;
  /** Whose restrictions apply; null: none. */
  readonly apiKey: ApiKeyRecord | null;
  /** A chat request; the messages may be missing. */
  readonly body: Readonly<Record<string, unknown>>;
};

export async function previewRoute(
  deps: PreviewDeps,
  { workspace, apiKey, body }: PreviewRequest,
): Promise<readonly RoutePlan[]> {
  const config = deps.ports.config();
  const record = config.workspace(workspace);
  if (record === undefined) throw new GatewayError('not_found', 'There is no such workspace.');
  const caller = apiKey ?? unrestricted(workspace);
  const bytes = new TextEncoder().encode(JSON.stringify({ messages: [], ...body }));
  const request = parseRequest(config, caller, {
    dialect: deps.dialect,
    defaultProvider: deps.defaultProvider,
    body: bytes,
    context: {},
  });
  return request.candidates.map((model) =>
    planRoute({
      now: deps.ports.clock.now(),
      model,
      keys: gatherOptions(deps.ports, {
        apiKey: caller,
        workspace: record,
        model,
        facts: request.facts,
        preferences: request.preferences,
        caller: deps.dialect,
      }),
      preferences: request.preferences,
      apiKey: caller,
      seed: deps.ports.random.seed(),
    }),
  );
}

/** An API key without any limit, for a preview that is not about one. */
function unrestricted(workspace: WorkspaceId): ApiKeyRecord {
  return {
    id: '' as ApiKeyRecord['id'],
    hash: '',
    workspaceId: workspace,
    kind: 'inference',
    name: 'preview',
    hint: '',
    disabled: false,
    expiresAt: null,
    limitNano: null,
    limitReset: null,
    includeByokInLimit: false,
    allowedProviders: null,
    allowedModels: null,
    rpmLimit: null,
    createdAt: 0 as ApiKeyRecord['createdAt'],
    updatedAt: null,
    mac: new Uint8Array(),
  };
}
