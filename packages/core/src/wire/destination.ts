/** Where a provider key sends: the one function that both the vault's binding and the request use. */
import type { ProviderKeyRecord } from '../keys/provider-key.ts';
import type { ProviderManifest } from './provider-manifest.ts';

export type Destination = {
  /** `https://host:port`, port only when it is not the scheme's own. */
  readonly origin: string;
  /** `` or `/v1`: no trailing slash. */
  readonly pathPrefix: string;
};

/** Undefined when neither the key nor the provider names a base URL. The base URL was normalised when it was saved. */
export function destinationOf(
  key: Pick<ProviderKeyRecord, 'baseUrl' | 'region' | 'options'>,
  manifest: Pick<ProviderManifest, 'baseUrl' | 'regions' | 'baseUrlOf'>,
): Destination | undefined {
  const base =
    key.baseUrl ??
    manifest.baseUrlOf?.(key) ??
    (key.region === null ? undefined : manifest.regions[key.region]) ??
    manifest.baseUrl;
  return base === null ? undefined : splitBaseUrl(base);
}

export function splitBaseUrl(base: string): Destination {
  const hostAt = base.indexOf('//') + 2;
  const pathAt = base.indexOf('/', hostAt);
  if (pathAt === -1) return { origin: base, pathPrefix: '' };
  return { origin: base.slice(0, pathAt), pathPrefix: base.slice(pathAt).replace(/\/$/, '') };
}
