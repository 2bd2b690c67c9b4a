/** What one attempt on one key demands of the counters, before it is sent. */
import type { ApiKeyRecord, WorkspaceRecord } from '../keys/api-key.ts';
import type { ProviderKeyRecord } from '../keys/provider-key.ts';
import type { UnitUsage } from '../wire/token-usage.ts';
import { costUpperBound } from '../pricing/cost-of.ts';
import type { TokenPrice } from '../pricing/price.ts';
import type { Endpoint } from '../routing/route-plan.ts';
import type { RequestFacts } from '../wire/dialect.ts';
import { nanoUsd, type NanoUsd } from '../values.ts';
import type { Demand, PeriodKind } from './limits.ts';

/** Tokens that a part given by URL or file id can cost beyond its bytes: a large image or a long document. */
const EXTERNAL_PART_TOKENS_MAX = 10_000;
/** Bounds the output where neither the caller nor the catalogue does. */
const OUTPUT_TOKENS_FALLBACK_MAX = 32_768;
/** Rough figures for soft holds and estimates; English text has about four bytes a token. */
const BYTES_PER_TOKEN = 4;
const OUTPUT_TOKENS_SOFT = 1024;

export type TokenBounds = {
  /** Never fewer than the provider will count: a byte-level tokenizer yields at most one token per byte. */
  readonly inputMax: number;
  readonly outputMax: number;
  readonly inputLikely: number;
  readonly outputLikely: number;
  /** Of what is not tokens: what is likely, and never fewer than the provider will count. */
  readonly units: UnitUsage | undefined;
  readonly unitsMax: UnitUsage | undefined;
};

export function tokenBounds(facts: RequestFacts, endpoint: Endpoint): TokenBounds {
  const bytes = facts.body.length;
  const outputMax =
    facts.outputTokensCap ?? (endpoint.outputTokensMax ?? OUTPUT_TOKENS_FALLBACK_MAX) * (facts.choices ?? 1);
  return {
    inputMax: bytes + facts.externalParts * EXTERNAL_PART_TOKENS_MAX,
    outputMax,
    inputLikely: Math.ceil(bytes / BYTES_PER_TOKEN),
    outputLikely: Math.min(outputMax, OUTPUT_TOKENS_SOFT),
    units: facts.units,
    unitsMax: facts.units === undefined ? undefined : (facts.unitsMax ?? facts.units),
  };
}

export type DemandInput = {
  readonly key: ProviderKeyRecord;
  readonly apiKey: ApiKeyRecord;
  readonly workspace: WorkspaceRecord;
  readonly price: TokenPrice | undefined;
  readonly bounds: TokenBounds;
};

/** In the fixed order in which refusals are reported: the caller's own limits, the key's, then credits. */
export function demandsFor(input: DemandInput): readonly Demand[] {
  const { key, apiKey } = input;
  const demands: Demand[] = [];
  if (apiKey.rpmLimit !== null)
    demands.push({ kind: 'rpm', owner: 'api_key', id: apiKey.id, limit: apiKey.rpmLimit });
  if (countsAgainstApiKey(input)) demands.push(apiKeySpend(input));
  if (key.rpmLimit !== null)
    demands.push({ kind: 'rpm', owner: 'provider_key', id: key.id, limit: key.rpmLimit });
  if (key.maxConcurrency !== null)
    demands.push({ kind: 'concurrency', id: key.id, limit: key.maxConcurrency });
  if (key.dailyBudgetNano !== null) demands.push(budget(input, 'day', key.dailyBudgetNano));
  if (key.monthlyBudgetNano !== null) demands.push(budget(input, 'month', key.monthlyBudgetNano));
  if (chargesCredits(input)) {
    demands.push({ kind: 'credits', workspace: input.workspace.id, holdNano: upperBound(input) });
  }
  return demands;
}

/** True when the attempt's cost must be known beforehand. */
export function isMetered(input: Pick<DemandInput, 'key' | 'apiKey' | 'workspace'>): boolean {
  const { key } = input;
  return (
    key.dailyBudgetNano !== null ||
    key.monthlyBudgetNano !== null ||
    countsAgainstApiKey(input) ||
    chargesCredits(input)
  );
}

/** Platform keys are paid from credits unless the operator left the workspace unmetered. */
export function chargesCredits({ key, workspace }: Pick<DemandInput, 'key' | 'workspace'>): boolean {
  return key.source === 'platform' && !workspace.unmetered;
}

export function countsAgainstApiKey({ key, apiKey }: Pick<DemandInput, 'key' | 'apiKey'>): boolean {
  return apiKey.limitNano !== null && (key.source === 'platform' || apiKey.includeByokInLimit);
}

export function apiKeyPeriod(apiKey: Pick<ApiKeyRecord, 'limitReset'>): PeriodKind {
  switch (apiKey.limitReset) {
    case 'daily':
      return 'day';
    case 'weekly':
      return 'week';
    case 'monthly':
      return 'month';
    case null:
      return 'lifetime';
  }
}

function apiKeySpend(input: DemandInput): Demand {
  const { apiKey } = input;
  return {
    kind: 'spend',
    scope: { owner: 'api_key', id: apiKey.id, period: apiKeyPeriod(apiKey) },
    limitNano: apiKey.limitNano ?? nanoUsd(0),
    holdNano: likelyCost(input),
    enforcement: 'soft',
  };
}

function budget(input: DemandInput, period: 'day' | 'month', limitNano: NanoUsd): Demand {
  const { key } = input;
  return {
    kind: 'spend',
    scope: { owner: 'provider_key', id: key.id, period },
    limitNano,
    holdNano: key.hardBudget ? upperBound(input) : likelyCost(input),
    enforcement: key.hardBudget ? 'strict' : 'soft',
  };
}

function upperBound({ price, bounds }: DemandInput): NanoUsd {
  return price === undefined
    ? nanoUsd(0)
    : costUpperBound(bounds.inputMax, bounds.outputMax, price, bounds.unitsMax);
}

function likelyCost({ price, bounds }: DemandInput): NanoUsd {
  return price === undefined
    ? nanoUsd(0)
    : costUpperBound(bounds.inputLikely, bounds.outputLikely, price, bounds.units);
}
