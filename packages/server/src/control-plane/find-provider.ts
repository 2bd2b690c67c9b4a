/** A provider by any of its names, without regard to case: `OpenAI`, `openai`, `x-ai`. */
import { GatewayError, type ProviderId, type ProviderManifest } from '@arouter/core';

/** Throws `invalid_request` that names the field and the known providers. */
export function findProvider(
  providers: ReadonlyMap<ProviderId, ProviderManifest>,
  name: string,
  field: string,
): ProviderManifest {
  const wanted = name.toLowerCase();
  for (const manifest of providers.values()) {
    const names = [manifest.id, manifest.name, ...manifest.aliases];
    if (names.some((each) => each.toLowerCase() === wanted)) return manifest;
  }
  throw new GatewayError(
    'invalid_request',
    `\`${field}\` must name a known provider: ${[...providers.keys()].join(', ')}.`,
    { metadata: { fields: [field] } },
  );
}
