/** Reads, for one model, everything the planner may know about every key; and what each key would demand. */
import type { ApiKeyRecord, WorkspaceRecord } from '../keys/api-key.ts';
import type { ProviderKeyRecord } from '../keys/provider-key.ts';
import { demandsFor, isMetered, tokenBounds, type TokenBounds } from '../limits/demands-for.ts';
import type { Demand, Reading } from '../limits/limits.ts';
import type { Ports } from '../ports.ts';
import type { Health } from '../routing/health.ts';
import { FREE_READINGS, type Bench, type KeyReadings } from '../routing/key-readings.ts';
import { healthScopes } from '../routing/next-health.ts';
import type { KeyFacts } from '../routing/plan-input.ts';
import type { Endpoint, ModelCandidate, ProviderPreferences } from '../routing/route-plan.ts';
import { destinationOf, type Destination } from '../wire/destination.ts';
import type { Dialect, RequestFacts } from '../wire/dialect.ts';
import { rawDialect, spokenDialect, type SpokenDialect } from '../wire/spoken-dialect.ts';
import { instant, type Instant } from '../values.ts';

/** One key that may be tried for the model. */
export type KeyOption = KeyFacts & {
  readonly endpoint: Endpoint | undefined;
  /** How its provider is asked; undefined when it cannot be. */
  readonly spoken: SpokenDialect | undefined;
  readonly destination: Destination | undefined;
  readonly bounds: TokenBounds | undefined;
  readonly demands: readonly Demand[];
};

export type GatherInput = {
  readonly apiKey: ApiKeyRecord;
  readonly workspace: WorkspaceRecord;
  readonly model: ModelCandidate;
  readonly facts: RequestFacts;
  readonly caller: Dialect;
  readonly preferences: Pick<ProviderPreferences, 'requiredParameters'>;
};

export function gatherOptions(
  ports: Pick<Ports, 'config' | 'counters' | 'speeds' | 'vault' | 'clock' | 'providers'>,
  input: GatherInput,
): readonly KeyOption[] {
  const now = ports.clock.now();
  return ports
    .config()
    .providerKeys(input.workspace.id)
    .map((key) => {
      const listed = input.model.endpoints.find(({ provider }) => provider === key.provider);
      const endpoint = listed === undefined ? null : endpointAtKey(ports, key, listed);
      const asked = listed === undefined ? NOT_ASKED : howToAsk(ports, key, listed, input.caller);
      const offered = asked.spoken !== undefined && mayServe(key, input.caller);
      const missingOperation = listed !== undefined && !offered ? input.caller.operation : null;
      // A key of another provider is judged without reading anything.
      if (endpoint === null || !key.enabled || missingOperation !== null) {
        const servedAtKey = listed === undefined || endpoint !== null;
        const readings = { ...FREE_READINGS, missingOperation, servedAtKey };
        return { key, endpoint: endpoint ?? listed, ...asked, bounds: undefined, demands: [], readings };
      }
      const bounds = tokenBounds(input.facts, endpoint);
      const demands = demandsFor({ ...input, key, price: endpoint.price, bounds });
      const readings = readKey(ports, { ...input, ...asked, key, endpoint, demands, now });
      return { key, endpoint, ...asked, bounds, demands, readings };
    });
}

function endpointAtKey(
  { providers }: Pick<Ports, 'providers'>,
  key: ProviderKeyRecord,
  listed: Endpoint,
): Endpoint | null {
  const at = providers.get(key.provider)?.endpointAt;
  return at === undefined ? listed : at(listed, key);
}

/** What is passed on unread may read or delete whatever is in the account, and the operator's account serves everybody. */
function mayServe({ source }: ProviderKeyRecord, { operation }: GatherInput['caller']): boolean {
  return operation !== 'raw' || source === 'byok';
}

type Asked = Pick<KeyOption, 'spoken' | 'destination'>;
const NOT_ASKED: Asked = { spoken: undefined, destination: undefined };

function howToAsk(
  ports: Pick<Ports, 'providers'>,
  key: ProviderKeyRecord,
  endpoint: Endpoint,
  caller: GatherInput['caller'],
): Asked {
  const manifest = ports.providers.get(key.provider);
  const destination = manifest === undefined ? undefined : destinationOf(key, manifest);
  if (manifest === undefined || destination === undefined) return NOT_ASKED;
  if (caller.operation === 'raw') {
    return { spoken: rawDialect(caller, { manifest, key, destination }), destination };
  }
  const spoken = spokenDialect(manifest, destination, caller, endpoint.upstreamModel);
  if (spoken?.quirksAt === undefined) return { spoken, destination };
  return { spoken: { ...spoken, quirks: { ...spoken.quirks, ...spoken.quirksAt(key) } }, destination };
}

type ReadInput = GatherInput & {
  readonly spoken: SpokenDialect | undefined;
  readonly key: ProviderKeyRecord;
  readonly endpoint: Endpoint;
  readonly demands: readonly Demand[];
  readonly now: Instant;
};

function readKey(ports: Pick<Ports, 'counters' | 'speeds' | 'vault'>, input: ReadInput): KeyReadings {
  const { key, demands } = input;
  const secretReadable = ports.vault.isReadable(key);
  const bench = findBench(ports, input);
  const metered = isMetered(input);
  const speed = ports.speeds.of(key.provider, input.endpoint.upstreamModel);
  const missingParameter = findMissingParameter(input);
  if (demands.length === 0)
    return { ...FREE_READINGS, secretReadable, bench, metered, missingParameter, speed };
  const readings = ports.counters.readings(demands);
  const full = (matches: (demand: Demand) => boolean): Extract<Reading, { kind: 'full' }> | null => {
    const index = demands.findIndex(matches);
    const reading = readings[index];
    return reading?.kind === 'full' ? reading : null;
  };
  const budgetOf = (period: 'day' | 'month') => {
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
    missingOperation: null,
    servedAtKey: true,
    secretReadable,
    bench,
    dayBudget: budgetOf('day'),
    monthBudget: budgetOf('month'),
    rpmFreeAt: rpm === null ? null : (rpm.resetsAt ?? input.now),
    concurrencyFull: full((demand) => demand.kind === 'concurrency') !== null,
    metered,
    missingParameter,
    speed,
  };
}

/** The model may not know a field, its provider may refuse it, and a translation may lose it. */
function findMissingParameter({ preferences, endpoint, spoken, caller }: ReadInput): string | null {
  const { requiredParameters } = preferences;
  if (requiredParameters.length === 0 || spoken === undefined) return null;
  const lost = spoken.dialect.id === caller.id ? undefined : spoken.dialect.lostFields;
  const isMissing = (name: string) =>
    endpoint.unsupportedParameters?.includes(name) === true ||
    spoken.quirks.unsupportedFields?.includes(name) === true ||
    lost?.has(name) === true;
  return requiredParameters.find(isMissing) ?? null;
}

/** The bench that lasts longest among those that hold now. A bench whose time has passed holds no one back: half-open. */
function findBench(ports: Pick<Ports, 'counters'>, { key, endpoint, now }: ReadInput): Bench | null {
  let widest: Bench | null = null;
  for (const scope of healthScopes(key, endpoint.upstreamModel)) {
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
