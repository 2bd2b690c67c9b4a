/** Which of a provider's wire formats an attempt speaks, and where: the caller's own, if the provider speaks it too. */
import { splitBaseUrl, type Destination } from './destination.ts';
import type { Dialect } from './dialect.ts';
import type { ProviderDialect, ProviderManifest } from './provider-manifest.ts';

export type SpokenDialect = ProviderDialect & {
  /** What stands before the dialect's own path. */
  readonly pathPrefix: string;
};
type Speaker = Pick<ProviderManifest, 'dialects' | 'hostDialects' | 'baseUrl' | 'regions'>;

/** Undefined when the provider has no format for what the caller asks of this model. */
export function spokenDialect(
  manifest: Speaker,
  destination: Destination,
  caller: Pick<Dialect, 'id' | 'operation'>,
  upstreamModel: string,
): SpokenDialect | undefined {
  const serves = (spoken: ProviderDialect) =>
    spoken.dialect.operation === caller.operation && spoken.serves?.(upstreamModel) !== false;
  const fits = (spoken: ProviderDialect) => spoken.dialect.id === caller.id && serves(spoken);
  const below = manifest.dialects.find(fits);
  const beside = below === undefined ? manifest.hostDialects?.find(fits) : undefined;
  if (beside !== undefined && isOwnHost(manifest, destination)) return { ...beside, pathPrefix: '' };
  const spoken = below ?? manifest.dialects.find(serves);
  return spoken === undefined ? undefined : { ...spoken, pathPrefix: destination.pathPrefix };
}

/** On somebody else's host, nothing is known of what stands beside the base URL. */
function isOwnHost(manifest: Speaker, destination: Destination): boolean {
  const own = [manifest.baseUrl, ...Object.values(manifest.regions)];
  return own.some((base) => base !== null && splitBaseUrl(base).origin === destination.origin);
}
