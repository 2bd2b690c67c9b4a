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
  type ProviderKeyRecord,
  type RoutePlan,
  type WorkspaceId,
} from '@arouter/core';
import { DRAFT_ID, hypotheticalConfig, type Hypothesis } from './hypothetical-keys.ts';

const NO_CHANGE: Hypothesis = { changes: [], draft: null };

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
  readonly hypothesis?: Hypothesis;
};

export async function previewRoute(
  deps: PreviewDeps,
  { workspace, apiKey, body, hypothesis = NO_CHANGE }: PreviewRequest,
): Promise<readonly RoutePlan[]> {
  const config = hypotheticalConfig(deps.ports.config(), workspace, hypothesis);
  const { vault } = deps.ports;
  const ports = {
    ...deps.ports,
    config: () => config,
    // A key that does not exist yet will have a secret that opens.
    vault: {
      ...vault,
      isReadable: (key: ProviderKeyRecord) => key.id === DRAFT_ID || vault.isReadable(key),
    },
  };
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
  const now = deps.ports.clock.now();
  return request.candidates.map((model) =>
    planRoute({
      now,
      model,
      keys: gatherOptions(ports, {
        now,
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
    createdBy: null,
    updatedAt: null,
    mac: new Uint8Array(),
  };
}
