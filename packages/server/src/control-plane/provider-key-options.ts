/** The options of a provider key, from the API's names (and OpenRouter's) to the record's. Absent stays absent. */
import type { RouteInput } from '@arouter/contract';
import { GatewayError, usdToNano, type NanoUsd, type ProviderKeyRecord } from '@arouter/core';
import { givenTwice, oneOf } from './one-name.ts';

export type ProviderKeyBody = RouteInput<'updateByok'>['body'];
export type KeyOptions = Partial<
  Pick<
    ProviderKeyRecord,
    | 'label'
    | 'alwaysUse'
    | 'weight'
    | 'rpmLimit'
    | 'supportedModels'
    | 'dailyBudgetNano'
    | 'monthlyBudgetNano'
    | 'hardBudget'
    | 'maxConcurrency'
    | 'enabled'
  >
>;

/** Throws `invalid_request` when two names of one option are given. */
export function readOptions(body: ProviderKeyBody): KeyOptions {
  const label = oneOf(body, 'label', 'name');
  const supportedModels = oneOf(body, 'supported_models', 'allowed_models');
  return withoutAbsent({
    label: label === undefined ? undefined : (label ?? '').trim(),
    alwaysUse: readAlwaysUse(body),
    weight: body.weight,
    rpmLimit: body.rpm_limit,
    supportedModels:
      supportedModels === undefined || supportedModels === null
        ? supportedModels
        : [...new Set(supportedModels)],
    dailyBudgetNano: nanoOrNull(body.daily_budget_usd),
    monthlyBudgetNano: nanoOrNull(body.monthly_budget_usd),
    hardBudget: body.hard_budget,
    maxConcurrency: body.max_concurrency,
    enabled: readEnabled(body),
  });
}

export function readGivenCredential(body: ProviderKeyBody): unknown {
  return oneOf(body, 'credential', 'key');
}

export function assertBudgetsAgree(
  key: Pick<ProviderKeyRecord, 'dailyBudgetNano' | 'monthlyBudgetNano'>,
): void {
  if (key.dailyBudgetNano === null || key.monthlyBudgetNano === null) return;
  if (key.dailyBudgetNano <= key.monthlyBudgetNano) return;
  throw new GatewayError(
    'invalid_request',
    '`daily_budget_usd` must not be more than `monthly_budget_usd`.',
    {
      metadata: { fields: ['daily_budget_usd', 'monthly_budget_usd'] },
    },
  );
}

function readAlwaysUse(body: ProviderKeyBody): boolean | undefined {
  const { always_use: alwaysUse, fallback_policy: policy } = body;
  if (policy === undefined) return alwaysUse;
  if (alwaysUse !== undefined && alwaysUse !== (policy === 'deny')) {
    throw new GatewayError(
      'invalid_request',
      '`always_use` and `fallback_policy` contradict each other: give one of them.',
    );
  }
  return policy === 'deny';
}

function readEnabled(body: ProviderKeyBody): boolean | undefined {
  if (body.disabled === undefined) return body.enabled;
  if (body.enabled !== undefined) throw givenTwice('enabled', 'disabled');
  return !body.disabled;
}

function nanoOrNull(usd: number | null | undefined): NanoUsd | null | undefined {
  return usd === null || usd === undefined ? usd : usdToNano(usd);
}

type Absentable<Fields> = { readonly [Name in keyof Fields]?: Fields[Name] | undefined };
function withoutAbsent(options: Absentable<KeyOptions>): KeyOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
