/** Everything about an attempt that is decided before anything is reserved: the exact request that would be sent. */
import { GatewayError } from '../errors/gateway-error.ts';
import type { Credential, ProviderKeyRecord } from '../keys/provider-key.ts';
import type { TokenBounds } from '../limits/demands-for.ts';
import type { Demand } from '../limits/limits.ts';
import type { Ports } from '../ports.ts';
import type { HealthScope } from '../routing/health.ts';
import type { Endpoint, ModelCandidate } from '../routing/route-plan.ts';
import type { EncodedRequest, Dialect } from '../wire/dialect.ts';
import type { ProviderDialect, ProviderManifest, StreamFraming } from '../wire/provider-manifest.ts';
import type { WireRequest } from '../wire/wire.ts';
import type { KeyOption } from './gather-options.ts';
import { requestHeaders } from './request-headers.ts';
import type { Run } from './run.ts';

export type Target = {
  readonly model: ModelCandidate;
  readonly key: ProviderKeyRecord;
  readonly manifest: ProviderManifest;
  readonly endpoint: Endpoint;
  readonly bounds: TokenBounds;
  readonly demands: readonly Demand[];
  /** Whose health the attempt speaks of. */
  readonly scopes: readonly HealthScope[];
  /** The format spoken with the provider. */
  readonly upstream: Dialect;
  /** Same format on both sides: the body passes through. */
  readonly same: boolean;
  /** The switch for usage in the stream is ours, so its traces do not reach the caller. */
  readonly stripUsage: boolean;
  /** The provider's error answers have the caller's shape too. */
  readonly sameErrors: boolean;
  readonly framing: StreamFraming | undefined;
  readonly credential: Credential;
  /** Complete but for its credential, which it gets at the moment of sending. */
  readonly unsigned: WireRequest;
};

/** Null when the key cannot be asked. A request that its provider's format cannot express is noted in the run. */
export function prepare(ports: Ports, run: Run, model: ModelCandidate, option: KeyOption): Target | null {
  const { key, endpoint, bounds, demands, scopes, spoken, destination } = option;
  const manifest = ports.providers.get(key.provider);
  if (manifest === undefined || endpoint === undefined || bounds === undefined) return null;
  if (spoken === undefined || destination === undefined) return null;
  const { facts } = run.request;
  const same = spoken.dialect.id === run.inbound.dialect.id;
  const encoded = tryEncode(run, spoken, endpoint, same);
  if (encoded === null) return null;
  const credential = ports.vault.openCredential(key);
  const { upstreamModel } = endpoint;
  const path = spoken.path({
    upstreamModel,
    stream: facts.stream,
    credential,
    key,
    ...(facts.context?.path === undefined ? {} : { rawPath: facts.context.path }),
  });
  const request: WireRequest = {
    method: facts.context?.method ?? 'POST',
    origin: destination.origin,
    path: spoken.pathPrefix + path,
    headers: requestHeaders(run, spoken, { encoded, same }),
    body: encoded.body.length === 0 ? null : encoded.body,
  };
  return {
    model,
    key,
    manifest,
    endpoint,
    bounds,
    demands,
    scopes,
    upstream: spoken.dialect,
    same,
    stripUsage: facts.stream && !facts.includeUsage && spoken.quirks.streamOptions !== false,
    sameErrors: same && spoken.foreignErrors !== true,
    framing: spoken.framing,
    credential,
    unsigned: spoken.adapt?.(request) ?? request,
  };
}

/** Another key's provider may speak a format that can say it: the caller hears of it only when none does. */
function tryEncode(run: Run, ...asked: EncodeArguments): EncodedRequest | null {
  try {
    return encode(run, ...asked);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    run.inexpressible ??= error;
    return null;
  }
}

type EncodeArguments = readonly [spoken: ProviderDialect, endpoint: Endpoint, same: boolean];

function encode(run: Run, spoken: ProviderDialect, endpoint: Endpoint, same: boolean): EncodedRequest {
  const { facts } = run.request;
  const target = {
    upstreamModel: endpoint.upstreamModel,
    outputTokensMax: endpoint.outputTokensMax,
    quirks: spoken.quirks,
  };
  return same
    ? spoken.dialect.passThrough(facts, target)
    : spoken.dialect.fromCanonical(run.inbound.dialect.toCanonical(facts), target);
}
