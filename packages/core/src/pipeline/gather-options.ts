/** Reads, for one model, everything the planner may know about every key; and what each key would demand. */
import type { ApiKeyRecord, WorkspaceRecord } from '../keys/api-key.ts';
import type { ProviderKeyRecord } from '../keys/provider-key.ts';
import { demandsFor, isMetered, tokenBounds, type TokenBounds } from '../limits/demands-for.ts';
import type { Demand, Reading } from '../limits/limits.ts';
import type { Ports } from '../ports.ts';
import type { Health, HealthScope } from '../routing/health.ts';
import { FREE_READINGS, type Bench, type KeyReadings, type SpentBudget } from '../routing/key-readings.ts';
import type { KeyFacts } from '../routing/plan-input.ts';
import type { Endpoint, ModelCandidate, ProviderPreferences } from '../routing/route-plan.ts';
import type { Destination } from '../wire/destination.ts';
import type { Dialect, RequestFacts } from '../wire/dialect.ts';
import type { SpokenDialect } from '../wire/spoken-dialect.ts';
import { instant, type Instant } from '../values.ts';
import { keyServices, type KeyService } from './key-services.ts';

/** One key that may be tried for the model. */
export type KeyOption = KeyFacts & {
  readonly endpoint: Endpoint | undefined;
  /** How its provider is asked; undefined when it cannot be. */
  readonly spoken: SpokenDialect | undefined;
  readonly destination: Destination | undefined;
  readonly bounds: TokenBounds | undefined;
  readonly demands: readonly Demand[];
  readonly scopes: readonly HealthScope[];
};

export type GatherInput = {
  readonly now: Instant;
  readonly apiKey: ApiKeyRecord;
  readonly workspace: WorkspaceRecord;
  readonly model: ModelCandidate;
  readonly facts: RequestFacts;
  readonly caller: Dialect;
  readonly preferences: Pick<ProviderPreferences, 'requiredParameters'>;
};

export function gatherOptions(
  ports: Pick<Ports, 'config' | 'counters' | 'speeds' | 'vault' | 'providers'>,
  input: GatherInput,
): readonly KeyOption[] {
  const keys = ports.config().providerKeys(input.workspace.id);
  return keyServices(ports.providers, keys, input).map((service) => optionOf(ports, input, service));
}

function optionOf(
  ports: Pick<Ports, 'counters' | 'speeds' | 'vault'>,
  input: GatherInput,
  service: KeyService,
): KeyOption {
  const { key, endpoint, spoken, destination, servedAtKey, scopes } = service;
  const missingOperation = readsOperatorsAccount(service, input) ? 'raw' : service.missingOperation;
  // A key of another provider is judged without reading anything.
  if (endpoint === undefined || !key.enabled || missingOperation !== null || !servedAtKey) {
    const readings = { ...FREE_READINGS, missingOperation, servedAtKey };
    return { key, endpoint, spoken, destination, bounds: undefined, demands: [], scopes, readings };
  }
  const bounds = tokenBounds(input.facts, endpoint);
  const demands = demandsFor({
    key,
    apiKey: input.apiKey,
    workspace: input.workspace,
    price: endpoint.price,
    bounds,
  });
  const readings = readKey(ports, input, { key, endpoint, spoken, demands, scopes });
  return { key, endpoint, spoken, destination, bounds, demands, scopes, readings };
}

/** What the operator's account holds, other workspaces have put there. Another format cannot refer to it at all. */
function readsOperatorsAccount({ key, spoken }: KeyService, { facts, caller }: GatherInput): boolean {
  return facts.storedState === true && key.source === 'platform' && spoken?.dialect.id === caller.id;
}

type ReadInput = {
  readonly spoken: SpokenDialect | undefined;
  readonly key: ProviderKeyRecord;
  readonly endpoint: Endpoint;
  readonly demands: readonly Demand[];
  readonly scopes: readonly HealthScope[];
};

function readKey(
  ports: Pick<Ports, 'counters' | 'speeds' | 'vault'>,
  { now, apiKey, workspace, preferences, caller }: GatherInput,
  input: ReadInput,
): KeyReadings {
  const { key, demands, scopes } = input;
  const secretReadable = ports.vault.isReadable(key);
  const bench = findBench(ports, scopes, now);
  const metered = isMetered({ key, apiKey, workspace });
  const speed = ports.speeds.of(key.provider, input.endpoint.upstreamModel);
  const missingParameter = findMissingParameter(preferences.requiredParameters, caller, input);
  const readings = demands.length === 0 ? [] : ports.counters.readings(demands);
  const isFree = readings.every(({ kind }) => kind === 'free');
  const { dayBudget, monthBudget, rpmFreeAt, concurrencyFull } = isFree
    ? FREE_READINGS
    : fullLimits(demands, readings, now);
  return {
    missingOperation: null,
    servedAtKey: true,
    secretReadable,
    bench,
    dayBudget,
    monthBudget,
    rpmFreeAt,
    concurrencyFull,
    metered,
    missingParameter,
    speed,
  };
}

type FullLimits = Pick<KeyReadings, 'dayBudget' | 'monthBudget' | 'rpmFreeAt' | 'concurrencyFull'>;

/** Which of the key's own limits have no room left. */
function fullLimits(demands: readonly Demand[], readings: readonly Reading[], now: Instant): FullLimits {
  const full = (matches: (demand: Demand) => boolean): Extract<Reading, { kind: 'full' }> | null => {
    const reading = readings[demands.findIndex(matches)];
    return reading?.kind === 'full' ? reading : null;
  };
  const budgetOf = (period: 'day' | 'month'): SpentBudget | null => {
    const reading = full(
      (demand) =>
        demand.kind === 'spend' && demand.scope.owner === 'provider_key' && demand.scope.period === period,
    );
    return reading === null ||
      reading.resetsAt === null ||
      reading.limitNano === undefined ||
      reading.spentNano === undefined
      ? null
      : { resetsAt: reading.resetsAt, limitNano: reading.limitNano, spentNano: reading.spentNano };
  };
  const rpm = full((demand) => demand.kind === 'rpm' && demand.owner === 'provider_key');
  return {
    dayBudget: budgetOf('day'),
    monthBudget: budgetOf('month'),
    rpmFreeAt: rpm === null ? null : (rpm.resetsAt ?? now),
    concurrencyFull: full((demand) => demand.kind === 'concurrency') !== null,
  };
}

/** The model may not know a field, its provider may refuse it, and a translation may lose it. */
function findMissingParameter(
  requiredParameters: readonly string[],
  caller: Dialect,
  { endpoint, spoken }: ReadInput,
): string | null {
  if (requiredParameters.length === 0 || spoken === undefined) return null;
  const lost = spoken.dialect.id === caller.id ? undefined : spoken.dialect.lostFields;
  const isMissing = (name: string) =>
    endpoint.unsupportedParameters?.includes(name) === true ||
    spoken.quirks.unsupportedFields?.includes(name) === true ||
    lost?.has(name) === true;
  return requiredParameters.find(isMissing) ?? null;
}

/** The bench that lasts longest among those that hold now. A bench whose time has passed holds no one back: half-open. */
function findBench(
  ports: Pick<Ports, 'counters'>,
  scopes: readonly HealthScope[],
  now: Instant,
): Bench | null {
  let widest: Bench | null = null;
  for (const scope of scopes) {
    const bench = benchOf(ports.counters.health(scope), now);
    if (bench === null) continue;
    const ends = bench.until ?? instant(Number.MAX_SAFE_INTEGER);
    const widestEnds = widest === null ? instant(0) : (widest.until ?? instant(Number.MAX_SAFE_INTEGER));
    if (ends > widestEnds) widest = { ...bench, scope: scope.kind };
  }
  return widest;
}

function benchOf(health: Health | undefined, now: Instant): Omit<Bench, 'scope'> | null {
  if (health === undefined || health.because === null) return null;
  if (health.state === 'unhealthy') return { until: null, because: health.because };
  const holds = health.state === 'cooling_down' && health.until !== null && health.until > now;
  return holds ? { until: health.until, because: health.because } : null;
}
