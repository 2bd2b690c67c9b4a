/** Provider keys: the same operations for a workspace's own keys and for the operator's platform keys. */
import type { RouteAnswer } from '@arouter/contract';
import {
  GatewayError,
  type Credential,
  type KeySource,
  type ProviderKeyId,
  type ProviderKeyRecord,
  type WorkspaceId,
} from '@arouter/core';
import { hintOf } from '../vault/hint-of.ts';
import type { ControlPlaneDeps } from './deps.ts';
import { draftChangedKey, draftNewKey, type Draft } from './draft-provider-key.ts';
import { findProvider } from './find-provider.ts';
import type { Call } from './handler.ts';
import { resetHealth } from './reset-health.ts';
import { readGivenCredential } from './provider-key-options.ts';
import { createKeyTester } from './test-provider-key.ts';
import { shownProviderKey, shownProviderKeys } from './provider-key-view.ts';
import { findStoredKey, listStoredKeys, providerKeyNotFound } from './stored-provider-keys.ts';
import { deleteRestorably, undoDeletion } from './undo-deletion.ts';

const PAGE_SIZE_DEFAULT = 50;
const PROVIDER_KEYS_MAX = 500;
/** One writer in between is met by reading again; more than that is two people who should talk. */
const UPDATE_TRIES = 2;

type In<Name extends 'listByok' | 'createByok' | 'testUnsavedByok' | 'updateByok' | 'testByok' | 'getByok'> =
  Call<Name>;
type Where = { readonly workspace: WorkspaceId; readonly params: { readonly id: string } };
type Saved = RouteAnswer<'createByok'>;

export function providerKeyOperations(deps: ControlPlaneDeps, source: KeySource) {
  const tester = createKeyTester(deps);
  return {
    list: (call: { readonly workspace: WorkspaceId; readonly query: In<'listByok'>['query'] }) =>
      list(deps, call),
    create: (call: Pick<In<'createByok'>, 'workspace' | 'body'>) => create(deps, source, call),
    get: async (call: Where) => ({
      data: await shownProviderKey(deps, await findStoredKey(deps, call.workspace, call.params.id)),
    }),
    update: (call: Where & Pick<In<'updateByok'>, 'body'>) => update(deps, call),
    delete: async (call: Where) => {
      const key = await findStoredKey(deps, call.workspace, call.params.id);
      if (!(await deleteRestorably(deps, deps.store.providerKeys, { workspace: call.workspace, id: key.id })))
        throw providerKeyNotFound();
      return { data: { deleted: true as const } };
    },
    restore: async (call: Where) => {
      const { workspace } = call;
      const id = call.params.id as ProviderKeyId;
      await undoDeletion(deps, deps.store.providerKeys, { workspace, id, what: 'provider key' });
      return { data: await shownProviderKey(deps, await findStoredKey(deps, workspace, id)) };
    },
    reenable: (call: Where) => reenable(deps, call),
    testUnsaved: ({ workspace, body }: Pick<In<'testUnsavedByok'>, 'workspace' | 'body'>) => {
      const { model, ...rest } = body;
      const draft = draftNewKey(deps, { workspace, source }, rest);
      return tester.testDraft(draft, model ?? null);
    },
    testSaved: async (call: Where & Pick<In<'testByok'>, 'body'>) =>
      tester.testSaved(await findStoredKey(deps, call.workspace, call.params.id), call.body?.model ?? null),
  };
}

async function list(
  deps: ControlPlaneDeps,
  { workspace, query }: { readonly workspace: WorkspaceId; readonly query: In<'listByok'>['query'] },
): Promise<RouteAnswer<'listByok'>> {
  const provider =
    query.provider === undefined ? undefined : findProvider(deps.providers, query.provider, 'provider').id;
  const all = await listStoredKeys(deps, workspace);
  const matching = provider === undefined ? all : all.filter((key) => key.provider === provider);
  const offset = query.offset ?? 0;
  const page = matching.slice(offset, offset + (query.limit ?? PAGE_SIZE_DEFAULT));
  return { data: await shownProviderKeys(deps, page), total_count: matching.length };
}

async function create(
  deps: ControlPlaneDeps,
  source: KeySource,
  { workspace, body }: Pick<In<'createByok'>, 'workspace' | 'body'>,
): Promise<Saved> {
  const others = await listStoredKeys(deps, workspace);
  if (others.length >= PROVIDER_KEYS_MAX) {
    throw new GatewayError(
      'invalid_request',
      `There can be at most ${PROVIDER_KEYS_MAX} provider keys. Delete unused ones.`,
    );
  }
  const record = await seal(deps, draftNewKey(deps, { workspace, source }, body), 1);
  await deps.store.providerKeys.create(record);
  await deps.refreshSnapshot();
  return { data: await shownProviderKey(deps, record), warnings: duplicateWarnings(deps, record, others) };
}

async function update(deps: ControlPlaneDeps, call: Where & Pick<In<'updateByok'>, 'body'>): Promise<Saved> {
  const record = await change(deps, call, (current) =>
    seal(deps, draftChangedKey(deps, current, call.body), current.version + 1),
  );
  const credentialGiven = readGivenCredential(call.body) !== undefined;
  // "Until edited": a new secret, or the owner's word that the key is good, ends the bench.
  if (credentialGiven || call.body.enabled === true || call.body.disabled === false)
    resetHealth(deps, record.id);
  const others = credentialGiven ? await listStoredKeys(deps, call.workspace) : [];
  return { data: await shownProviderKey(deps, record), warnings: duplicateWarnings(deps, record, others) };
}

async function reenable(deps: ControlPlaneDeps, call: Where): Promise<RouteAnswer<'reenableByok'>> {
  const record = await change(deps, call, async (current) => ({
    ...current,
    enabled: true,
    version: current.version + 1,
    updatedAt: deps.clock.now(),
  }));
  resetHealth(deps, record.id);
  return { data: await shownProviderKey(deps, record) };
}

/** Optimistic: `make` sees the stored key and says what it becomes; repeated once when someone was faster. */
async function change(
  deps: ControlPlaneDeps,
  call: Where,
  make: (current: ProviderKeyRecord) => Promise<ProviderKeyRecord>,
): Promise<ProviderKeyRecord> {
  for (let tries = 0; tries < UPDATE_TRIES; tries += 1) {
    const current = await findStoredKey(deps, call.workspace, call.params.id);
    const next = await make(current);
    const result = await deps.store.providerKeys.update(next, current.version);
    if (result === 'missing') throw providerKeyNotFound();
    if (result === 'stored') {
      await deps.refreshSnapshot();
      return next;
    }
  }
  throw new GatewayError(
    'version_conflict',
    'Someone else changed this provider key at the same moment. Read it again, then change it.',
  );
}

async function seal(
  deps: ControlPlaneDeps,
  { record, credential }: Draft,
  version: number,
): Promise<ProviderKeyRecord> {
  if (credential === null) return { ...record, version };
  await deps.vault.ensureWorkspace(record.workspaceId);
  return {
    ...record,
    sealed: deps.vault.sealCredential(record, credential),
    hint: hintOf(credential),
    secretVersion: record.secretVersion + 1,
    version,
  };
}

/** Allowed, since weights and budgets may differ; but two keys of one account share its rate limit. */
function duplicateWarnings(
  deps: ControlPlaneDeps,
  record: ProviderKeyRecord,
  others: readonly ProviderKeyRecord[],
): string[] {
  const own = fingerprintOf(deps, record);
  if (own === undefined) return [];
  return others
    .filter(
      (other) =>
        other.id !== record.id && other.provider === record.provider && fingerprintOf(deps, other) === own,
    )
    .map(
      (other) =>
        `The same secret is already saved as "${other.label}" (${other.id}); both share one account's limits.`,
    );
}

function fingerprintOf(deps: ControlPlaneDeps, key: ProviderKeyRecord): string | undefined {
  if (!deps.vault.isReadable(key)) return undefined;
  const credential: Credential = deps.vault.openCredential(key);
  return deps.vault.fingerprint(key.workspaceId, credential);
}
