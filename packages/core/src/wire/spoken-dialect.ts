/** Which of a provider's wire formats an attempt speaks, and where: the caller's own, if the provider speaks it too. */
import type { ProviderKeyRecord } from '../keys/provider-key.ts';
import { destinationOf, splitBaseUrl, type Destination } from './destination.ts';
import type { Dialect } from './dialect.ts';
import type { PathContext, ProviderDialect, ProviderManifest } from './provider-manifest.ts';

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

/**
 * What is passed on as it is goes to the caller's own path on the key's host. Where the key's base URL has another path
 * than the provider's own, that path stands in for it.
 */
export function rawDialect(
  dialect: Dialect,
  at: {
    readonly manifest: ProviderManifest;
    readonly key: Pick<ProviderKeyRecord, 'region' | 'options'>;
    readonly destination: Destination;
  },
): SpokenDialect {
  const own = destinationOf({ ...at.key, baseUrl: null }, at.manifest)?.pathPrefix ?? '';
  const { pathPrefix } = at.destination;
  const path = ({ rawPath = '/' }: PathContext): string =>
    own !== pathPrefix && rawPath.startsWith(`${own}/`) ? pathPrefix + rawPath.slice(own.length) : rawPath;
  return { dialect, path, quirks: {}, pathPrefix: '' };
}

/** On somebody else's host, nothing is known of what stands beside the base URL. */
function isOwnHost(manifest: Speaker, destination: Destination): boolean {
  const own = [manifest.baseUrl, ...Object.values(manifest.regions)];
  return own.some((base) => base !== null && splitBaseUrl(base).origin === destination.origin);
}
