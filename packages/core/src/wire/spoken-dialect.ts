/** Which of a provider's wire formats an attempt speaks, and where: the caller's own, if the provider speaks it too. */
import type { DialectId } from '../values.ts';
import { splitBaseUrl, type Destination } from './destination.ts';
import type { ProviderDialect, ProviderManifest } from './provider-manifest.ts';

export type SpokenDialect = ProviderDialect & {
  /** What stands before the dialect's own path. */
  readonly pathPrefix: string;
};

export function spokenDialect(
  manifest: Pick<ProviderManifest, 'dialects' | 'hostDialects' | 'baseUrl' | 'regions'>,
  destination: Destination,
  caller: DialectId,
): SpokenDialect {
  const fits = ({ dialect }: ProviderDialect) => dialect.id === caller;
  const below = manifest.dialects.find(fits);
  const beside = below === undefined ? manifest.hostDialects?.find(fits) : undefined;
  if (beside !== undefined && isOwnHost(manifest, destination)) return { ...beside, pathPrefix: '' };
  return { ...(below ?? manifest.dialects[0]), pathPrefix: destination.pathPrefix };
}

/** On somebody else's host, nothing is known of what stands beside the base URL. */
function isOwnHost(
  manifest: Pick<ProviderManifest, 'baseUrl' | 'regions'>,
  destination: Destination,
): boolean {
  const own = [manifest.baseUrl, ...Object.values(manifest.regions)];
  return own.some((base) => base !== null && splitBaseUrl(base).origin === destination.origin);
}
