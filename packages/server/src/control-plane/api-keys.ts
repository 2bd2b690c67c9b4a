/** API keys: create, list, read, change, delete; and the calling key's view of itself. */
import {
  GatewayError,
  instant,
  usdToNano,
  type ApiKeyRecord,
  type Instant,
  type ProviderId,
} from '@arouter/core';
import type { RouteInput } from '@arouter/contract';
import { shownApiKey, shownKeyType, shownLimits, shownUsage, type ApiKeySpend } from './api-key-view.ts';
import { apiKeySpends, NO_SPEND } from './api-key-spend.ts';
import { isApiKey, mayPerson, type Caller } from './caller.ts';
import type { ControlPlaneDeps } from './deps.ts';
import { shownTimeOrNull, type Call, type Handlers } from './handler.ts';
import { apiKeyNotFound, findApiKey, mayBeSeenBy, onlyMadeBy } from './find-api-key.ts';
import { givenTwice, oneOf } from './one-name.ts';
import { findProvider } from './find-provider.ts';
import { deleteRestorably, notDeletedLately, restorableSince, undoDeletion } from './undo-deletion.ts';

const PAGE_SIZE_DEFAULT = 20;
const API_KEYS_MAX = 10_000;
const SELF = 'Use another management key for that, so that one which works is left.';

type Deps = Pick<
  ControlPlaneDeps,
  'store' | 'snapshot' | 'issueApiKey' | 'refreshSnapshot' | 'providers' | 'clock'
>;

export function apiKeyHandlers(
  deps: Deps,
): Handlers<
  | 'listApiKeys'
  | 'createApiKey'
  | 'getApiKey'
  | 'updateApiKey'
  | 'deleteApiKey'
  | 'rotateApiKey'
  | 'restoreApiKey'
  | 'getCurrentKey'
> {
  return {
    listApiKeys: (call) => listApiKeys(deps, call),
    createApiKey: (call) => createApiKey(deps, call),
    getApiKey: async (call) => {
      const key = await findApiKey(deps, call, call.params.hash);
      return { data: shownApiKey(key, await spendOf(deps, key)) };
    },
    updateApiKey: (call) => updateApiKey(deps, call),
    deleteApiKey: async (call) => {
      const key = await findApiKey(deps, call, call.params.hash);
      if (isApiKey(call.caller) && key.id === call.caller.id)
        throw new GatewayError('invalid_request', `A key cannot delete itself. ${SELF}`);
      if (key.kind !== 'inference') refuseSmallerRole(call.caller);
      const { workspace } = call;
      if (!(await deleteRestorably(deps, deps.store.apiKeys, { workspace, id: key.hash })))
        throw apiKeyNotFound();
      return { data: { deleted: true } };
    },
    restoreApiKey: (call) => restoreApiKey(deps, call),
    rotateApiKey: (call) => rotateApiKey(deps, call),
    getCurrentKey: (call) => describeCaller(deps, call),
  };
}

async function listApiKeys(deps: Deps, { workspace, query, caller }: Call<'listApiKeys'>) {
  if (query.page_token !== undefined && query.offset !== undefined) {
    throw new GatewayError(
      'invalid_request',
      '`page_token` and `offset` say the same thing: give one of them.',
    );
  }
  const offset = query.offset ?? Number(query.page_token ?? 0);
  const limit = query.page_size ?? PAGE_SIZE_DEFAULT;
  const { rows, total } = await deps.store.apiKeys.list(workspace, {
    offset,
    limit,
    includeDisabled: query.include_disabled === true,
    createdBy: onlyMadeBy(caller),
  });
  const spends = await apiKeySpends(deps.store.usage, workspace, deps.clock.now());
  const visible = rows.filter((key) => mayBeSeenBy(key, caller));
  return {
    data: visible.map((key) => shownApiKey(key, spends.get(key.id) ?? NO_SPEND)),
    total_count: total,
    next_page_token: offset + limit < total ? String(offset + limit) : null,
  };
}

async function createApiKey(deps: Deps, { workspace, body, caller }: Call<'createApiKey'>) {
  const { total } = await deps.store.apiKeys.list(workspace, { offset: 0, limit: 1, includeDisabled: true });
  if (total >= API_KEYS_MAX) {
    throw new GatewayError(
      'invalid_request',
      `A workspace has at most ${API_KEYS_MAX} API keys. Delete unused ones.`,
    );
  }
  const kind = body.key_type === 'management' ? 'management' : 'inference';
  if (kind === 'management') {
    refuseSmallerRole(caller);
    refuseInferenceOptions(body);
  }
  const issued = deps.issueApiKey(kind);
  const now = deps.clock.now();
  const options = readOptions(deps, body, now);
  const key: ApiKeyRecord = {
    id: issued.id,
    hash: issued.hash,
    hint: issued.hint,
    mac: issued.mac,
    workspaceId: workspace,
    kind,
    name: body.name,
    disabled: false,
    expiresAt: options.expiresAt ?? null,
    limitNano: options.limitNano ?? null,
    limitReset: options.limitReset ?? null,
    includeByokInLimit: options.includeByokInLimit ?? false,
    allowedProviders: options.allowedProviders ?? null,
    allowedModels: options.allowedModels ?? null,
    rpmLimit: options.rpmLimit ?? null,
    createdAt: now,
    createdBy: caller.kind === 'session' ? caller.user.id : null,
    updatedAt: null,
  };
  await deps.store.apiKeys.create(key);
  await deps.refreshSnapshot();
  return { data: shownApiKey(key, NO_SPEND), key: issued.token };
}

async function updateApiKey(deps: Deps, call: Call<'updateApiKey'>) {
  const { workspace, body, caller } = call;
  const current = await findApiKey(deps, call, call.params.hash);
  if (current.kind !== 'inference') {
    refuseSmallerRole(caller);
    refuseInferenceOptions(body);
  }
  if (isApiKey(caller) && current.id === caller.id && body.disabled === true) {
    throw new GatewayError('invalid_request', `A key cannot disable itself. ${SELF}`);
  }
  const patch = {
    ...readOptions(deps, body, deps.clock.now()),
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(body.disabled === undefined ? {} : { disabled: body.disabled }),
  };
  const updated = await deps.store.apiKeys.update(workspace, current.hash, patch, deps.clock.now());
  if (updated === undefined) throw apiKeyNotFound();
  await deps.refreshSnapshot();
  return { data: shownApiKey(updated, await spendOf(deps, updated)) };
}

/** The same key with a new secret: a limit that was spent stays spent. */
async function rotateApiKey(deps: Deps, call: Call<'rotateApiKey'>) {
  const current = await findApiKey(deps, call, call.params.hash);
  if (isApiKey(call.caller) && current.id === call.caller.id) {
    throw new GatewayError('invalid_request', `A key cannot rotate itself. ${SELF}`);
  }
  if (current.kind !== 'inference') refuseSmallerRole(call.caller);
  const { token, hint, mac } = deps.issueApiKey(current.kind, current.id);
  const at = deps.clock.now();
  const updated = await deps.store.apiKeys.update(call.workspace, current.hash, { hint, mac }, at);
  if (updated === undefined) throw apiKeyNotFound();
  await deps.refreshSnapshot();
  return { data: shownApiKey(updated, await spendOf(deps, updated)), key: token };
}

/** The same secret works again; the limit knows what was spent before. */
async function restoreApiKey(deps: Deps, { workspace, caller, params }: Call<'restoreApiKey'>) {
  const what = 'API key';
  const deleted = await deps.store.apiKeys.getDeleted(workspace, params.hash, restorableSince(deps));
  if (deleted === undefined || !mayBeSeenBy(deleted, caller)) throw notDeletedLately(what);
  if (deleted.kind !== 'inference') refuseSmallerRole(caller);
  await undoDeletion(deps, deps.store.apiKeys, { workspace, id: deleted.hash, what });
  return { data: shownApiKey(deleted, await spendOf(deps, deleted)) };
}

async function describeCaller(deps: Deps, { caller }: Call<'getCurrentKey'>) {
  if (!isApiKey(caller)) throw new Error('a key described itself without being one');
  const spend = await spendOf(deps, caller);
  const { grantedNano } = await deps.store.credits.balance(caller.workspaceId);
  return {
    data: {
      label: caller.hint,
      ...shownLimits(caller, spend),
      ...shownUsage(spend),
      is_free_tier: grantedNano <= 0,
      is_management_key: shownKeyType(caller.kind) !== 'regular',
      is_provisioning_key: shownKeyType(caller.kind) !== 'regular',
      expires_at: shownTimeOrNull(caller.expiresAt),
      rate_limit: {
        requests: caller.rpmLimit ?? -1,
        interval: '60s',
        note: caller.rpmLimit === null ? 'No limit on this key.' : 'Requests in any 60 seconds.',
      },
    },
  };
}

type Options = Omit<RouteInput<'createApiKey'>['body'], 'name' | 'key_type'>;

const INFERENCE_OPTIONS = [
  'limit',
  'limit_usd',
  'spending_limit',
  'limit_reset',
  'allowed_providers',
  'allowed_models',
  'rpm_limit',
  'rate_limit',
] as const;

/** A key never may more than the person who makes it: a management key does what an admin may. */
function refuseSmallerRole(caller: Caller): void {
  if (caller.kind !== 'session' || mayPerson(caller, 'provider_keys.manage')) return;
  throw new GatewayError(
    'permission_denied',
    'Management keys may do what an admin may: an owner or admin has to make, change or delete them.',
    { metadata: { permission: 'provider_keys.manage', role: caller.membership?.role ?? null } },
  );
}

function refuseInferenceOptions(body: Options): void {
  const given = INFERENCE_OPTIONS.find((name) => body[name] !== undefined && body[name] !== null);
  if (given === undefined) return;
  throw new GatewayError(
    'invalid_request',
    `\`${given}\` applies to inference keys; a management key calls no models.`,
  );
}

function readOptions(deps: Pick<Deps, 'providers'>, body: Options, now: Instant) {
  const limit = oneOf(body, 'limit', 'limit_usd', 'spending_limit');
  const rpmLimit = readRpmLimit(body);
  return {
    ...(limit === undefined ? {} : { limitNano: limit === null ? null : usdToNano(limit) }),
    ...(body.limit_reset === undefined ? {} : { limitReset: body.limit_reset }),
    ...(body.include_byok_in_limit === undefined ? {} : { includeByokInLimit: body.include_byok_in_limit }),
    ...(body.allowed_providers === undefined
      ? {}
      : {
          allowedProviders:
            body.allowed_providers === null ? null : providerIds(deps, body.allowed_providers),
        }),
    ...(body.allowed_models === undefined ? {} : { allowedModels: body.allowed_models }),
    ...(rpmLimit === undefined ? {} : { rpmLimit }),
    ...(body.expires_at === undefined ? {} : { expiresAt: readExpiry(body.expires_at, now) }),
  };
}

/** `rate_limit: null` and a null in it both mean none. */
function readRpmLimit({ rpm_limit: rpmLimit, rate_limit: rateLimit }: Options): number | null | undefined {
  if (rateLimit === undefined) return rpmLimit;
  if (rpmLimit !== undefined) throw givenTwice('rpm_limit', 'rate_limit');
  return rateLimit === null ? null : rateLimit.requests_per_minute;
}

/** Stored as ids, so that the planner compares ids with ids. */
function providerIds(deps: Pick<Deps, 'providers'>, names: readonly string[]): readonly ProviderId[] {
  return [...new Set(names.map((name) => findProvider(deps.providers, name, 'allowed_providers').id))];
}

function readExpiry(text: string | null, now: Instant): Instant | null {
  if (text === null) return null;
  const at = instant(Date.parse(text));
  if (at <= now) throw new GatewayError('invalid_request', '`expires_at` must be in the future.');
  return at;
}

async function spendOf(deps: Pick<Deps, 'store' | 'clock'>, key: ApiKeyRecord): Promise<ApiKeySpend> {
  const spends = await apiKeySpends(deps.store.usage, key.workspaceId, deps.clock.now(), key.id);
  return spends.get(key.id) ?? NO_SPEND;
}
