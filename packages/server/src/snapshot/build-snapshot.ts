/** Rows of the store → the immutable configuration that the data plane reads without any query. */
import {
  destinationOf,
  PLATFORM_WORKSPACE,
  type ConfigSnapshot,
  type ModelCandidate,
  type ProviderId,
  type ProviderKeyRecord,
  type ProviderManifest,
  type ServableModel,
  type WorkspaceId,
} from '@arouter/core';
import type { ConfigRows } from '../store/store.ts';
import type { Catalogue } from './catalogue.ts';

/** Resolved names are remembered per snapshot and workspace; callers cannot make this grow without bound. */
const RESOLVED_NAMES_MAX = 10_000;

export function buildSnapshot(
  rows: ConfigRows,
  catalogue: Catalogue,
  manifests: ReadonlyMap<ProviderId, ProviderManifest>,
): ConfigSnapshot {
  const workspaces = new Map(rows.workspaces.map((workspace) => [workspace.id, workspace]));
  const apiKeys = new Map<string, ConfigRows['apiKeys'][number]>(rows.apiKeys.map((key) => [key.id, key]));
  const prices = new Map(rows.prices.map((row) => [`${row.provider} ${row.upstreamModel}`, row.price]));
  const keysOf = groupKeys(rows.providerKeys.map((key) => withDestination(key, manifests)));
  const platform = keysOf.get(PLATFORM_WORKSPACE) ?? [];
  const usable = new Map<WorkspaceId, readonly ProviderKeyRecord[]>();
  for (const workspace of rows.workspaces)
    usable.set(workspace.id, [...(keysOf.get(workspace.id) ?? []), ...platform]);
  const resolved: Resolved = new Map();
  const servable = new Map<WorkspaceId, readonly ServableModel[]>();
  const priceOf = (provider: ProviderId, upstreamModel: string) => prices.get(`${provider} ${upstreamModel}`);

  return {
    version: rows.version,
    workspaceCount: rows.workspaces.filter(({ id }) => id !== PLATFORM_WORKSPACE).length,
    workspace: (id) => workspaces.get(id),
    apiKey: (id) => apiKeys.get(id),
    providerKeys: (workspace) => usable.get(workspace) ?? platform,
    providerId: catalogue.providerId,
    resolveModel(name, { defaultProvider, workspace }) {
      const names = namesIn(resolved, workspace, defaultProvider);
      const known = names.get(name);
      if (known !== undefined || names.has(name)) return known;
      if (names.size >= RESOLVED_NAMES_MAX) names.clear();
      const candidate = catalogue.resolve(name, {
        defaultProvider,
        keys: usable.get(workspace) ?? platform,
        priceOf,
      });
      names.set(name, candidate);
      return candidate;
    },
    servableModels(workspace) {
      const known = servable.get(workspace);
      if (known !== undefined) return known;
      const models = catalogue.servable({ keys: usable.get(workspace) ?? platform, priceOf });
      servable.set(workspace, models);
      return models;
    },
  };
}

type Resolved = Map<WorkspaceId, Map<ProviderId, Map<string, ModelCandidate | undefined>>>;

function namesIn(
  resolved: Resolved,
  workspace: WorkspaceId,
  provider: ProviderId,
): Map<string, ModelCandidate | undefined> {
  const ofWorkspace =
    resolved.get(workspace) ?? new Map<ProviderId, Map<string, ModelCandidate | undefined>>();
  if (ofWorkspace.size === 0) resolved.set(workspace, ofWorkspace);
  const names = ofWorkspace.get(provider) ?? new Map<string, ModelCandidate | undefined>();
  if (names.size === 0) ofWorkspace.set(provider, names);
  return names;
}

/**
 * The destination is always computed from where the key would really send. A base URL that was changed in the database
 * gives another destination than the one the secret was sealed for, and the secret does not open.
 */
function withDestination(
  key: ProviderKeyRecord,
  manifests: ReadonlyMap<ProviderId, ProviderManifest>,
): ProviderKeyRecord {
  const manifest = manifests.get(key.provider);
  const destination = manifest === undefined ? undefined : destinationOf(key, manifest);
  return { ...key, destination: destination?.origin ?? '' };
}

function groupKeys(
  keys: readonly ProviderKeyRecord[],
): ReadonlyMap<WorkspaceId, readonly ProviderKeyRecord[]> {
  const groups = new Map<WorkspaceId, ProviderKeyRecord[]>();
  // In the stable order of their ids: the planner draws once per key, in this order.
  for (const key of keys.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    const group = groups.get(key.workspaceId);
    if (group === undefined) groups.set(key.workspaceId, [key]);
    else group.push(key);
  }
  return groups;
}
