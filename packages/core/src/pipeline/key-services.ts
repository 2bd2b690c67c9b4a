/**
 * How each key of a workspace would serve a model to callers of a dialect: as what endpoint, in which format, where. It
 * follows from the configuration alone, so it is worked out once for a snapshot's model and list of keys, which never
 * change, and is forgotten with them.
 */
import type { ProviderKeyRecord } from '../keys/provider-key.ts';
import type { Ports } from '../ports.ts';
import type { HealthScope } from '../routing/health.ts';
import { healthScopes } from '../routing/next-health.ts';
import type { Endpoint, ModelCandidate } from '../routing/route-plan.ts';
import type { DialectId } from '../values.ts';
import { destinationOf, type Destination } from '../wire/destination.ts';
import type { Dialect, Operation } from '../wire/dialect.ts';
import { rawDialect, spokenDialect, type SpokenDialect } from '../wire/spoken-dialect.ts';

export type KeyService = {
  readonly key: ProviderKeyRecord;
  /** The model as this key serves it, or else as its provider does; undefined when its provider does not serve it. */
  readonly endpoint: Endpoint | undefined;
  /** How its provider is asked; undefined when it cannot be. */
  readonly spoken: SpokenDialect | undefined;
  readonly destination: Destination | undefined;
  /** What was asked for and the provider does not offer for this model; null when it does. */
  readonly missingOperation: Operation | null;
  /** False when the provider serves the model, but not where this key sends. */
  readonly servedAtKey: boolean;
  /** What an attempt with it can speak of; none where its provider does not serve the model. */
  readonly scopes: readonly HealthScope[];
};

type Providers = Ports['providers'];
type Remembered = {
  readonly keys: readonly ProviderKeyRecord[];
  readonly providers: Providers;
  readonly services: readonly KeyService[];
};
const rememberedOf = new WeakMap<ModelCandidate, Map<DialectId, Remembered>>();

/** In the order of the keys. */
export function keyServices(
  providers: Providers,
  keys: readonly ProviderKeyRecord[],
  asked: { readonly model: ModelCandidate; readonly caller: Dialect },
): readonly KeyService[] {
  const { model, caller } = asked;
  const byDialect = rememberedOf.get(model);
  const known = byDialect?.get(caller.id);
  if (known?.keys === keys && known.providers === providers) return known.services;
  const services = keys.map((key) => serviceOf(providers, key, asked));
  // What is passed on unread is asked at a path of its own each time.
  if (caller.operation === 'raw') return services;
  const remembered = { keys, providers, services };
  if (byDialect === undefined) rememberedOf.set(model, new Map([[caller.id, remembered]]));
  else byDialect.set(caller.id, remembered);
  return services;
}

function serviceOf(
  providers: Providers,
  key: ProviderKeyRecord,
  { model, caller }: { readonly model: ModelCandidate; readonly caller: Dialect },
): KeyService {
  const listed = model.endpoints.find(({ provider }) => provider === key.provider);
  const manifest = providers.get(key.provider);
  if (listed === undefined || manifest === undefined) {
    const missingOperation = listed === undefined ? null : caller.operation;
    const nowhere = { spoken: undefined, destination: undefined, servedAtKey: true, scopes: [] };
    return { key, endpoint: listed, missingOperation, ...nowhere };
  }
  const atKey = manifest.endpointAt === undefined ? listed : manifest.endpointAt(listed, key);
  const destination = destinationOf(key, manifest);
  const at = { manifest, key, destination, upstreamModel: listed.upstreamModel };
  const spoken = destination === undefined ? undefined : formatOf({ ...at, destination }, caller);
  const isOffered = spoken !== undefined && mayServe(key, caller);
  const endpoint = atKey ?? listed;
  return {
    key,
    endpoint,
    spoken,
    destination,
    missingOperation: isOffered ? null : caller.operation,
    servedAtKey: atKey !== null,
    scopes: healthScopes(key, endpoint.upstreamModel),
  };
}

type Place = {
  readonly manifest: NonNullable<ReturnType<Providers['get']>>;
  readonly key: ProviderKeyRecord;
  readonly destination: Destination;
  readonly upstreamModel: string;
};

function formatOf(at: Place, caller: Dialect): SpokenDialect | undefined {
  if (caller.operation === 'raw') return rawDialect(caller, at);
  const spoken = spokenDialect(at.manifest, at.destination, caller, at.upstreamModel);
  if (spoken?.quirksAt === undefined) return spoken;
  return { ...spoken, quirks: { ...spoken.quirks, ...spoken.quirksAt(at.key) } };
}

/** What is passed on unread may read or delete whatever is in the account, and the operator's account serves everybody. */
function mayServe({ source }: ProviderKeyRecord, { operation }: Dialect): boolean {
  return operation !== 'raw' || source === 'byok';
}
