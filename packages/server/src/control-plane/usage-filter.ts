/** Which usage is asked for: the window, and whose. */
import type { RouteInput } from '@arouter/contract';
import {
  GatewayError,
  instant,
  laterBy,
  type ApiKeyRecord,
  type Instant,
  type ProviderKeyId,
  type WorkspaceId,
} from '@arouter/core';
import type { UsageFilter } from '../store/store.ts';
import { isApiKey, type Caller } from './caller.ts';
import type { ControlPlaneDeps } from './deps.ts';
import { findApiKey } from './find-api-key.ts';
import { findProvider } from './find-provider.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WINDOW_DAYS_DEFAULT = 30;
const WINDOW_DAYS_MAX = 366;

type Deps = Pick<ControlPlaneDeps, 'store' | 'snapshot' | 'providers' | 'clock'>;
type Asked = {
  readonly workspace: WorkspaceId;
  readonly caller: Caller;
  readonly query: RouteInput<'getUsageErrors'>['query'];
};

/** Throws `invalid_request` or `not_found`. An inference key's view is its own usage. */
export async function readFilter(deps: Deps, { query, workspace, caller }: Asked): Promise<UsageFilter> {
  const to =
    query.end_time === undefined ? laterBy(deps.clock.now(), 1) : instant(Date.parse(query.end_time));
  const from =
    query.start_time === undefined
      ? laterBy(to, -WINDOW_DAYS_DEFAULT * DAY_MS)
      : instant(Date.parse(query.start_time));
  if (from >= to) throw new GatewayError('invalid_request', '`start_time` must be before `end_time`.');
  if (to - from > WINDOW_DAYS_MAX * DAY_MS) {
    throw new GatewayError('invalid_request', `The window must be at most ${WINDOW_DAYS_MAX} days.`);
  }
  const key = await keyFilter(deps, { query, workspace, caller });
  return {
    from: hourOf(from),
    to,
    ...(query.provider_id === undefined
      ? {}
      : { provider: findProvider(deps.providers, query.provider_id, 'provider_id').id }),
    ...(query.model === undefined ? {} : { model: query.model }),
    ...(key === undefined ? {} : { apiKeyId: key.id }),
    ...(query.provider_key_id === undefined ? {} : { providerKeyId: query.provider_key_id as ProviderKeyId }),
    ...(query.source === undefined ? {} : { source: query.source }),
  };
}

async function keyFilter(deps: Deps, { query, workspace, caller }: Asked): Promise<ApiKeyRecord | undefined> {
  if (query.key_id !== undefined) return findApiKey(deps, { workspace, caller }, query.key_id);
  return isApiKey(caller) && caller.kind === 'inference' ? caller : undefined;
}

export function hourOf(at: Instant): Instant {
  return instant(Math.floor(at / HOUR_MS) * HOUR_MS);
}
