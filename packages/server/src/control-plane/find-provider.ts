/** A provider by any of its names, without regard to case: `OpenAI`, `openai`, `x-ai`. */
import { GatewayError, type ProviderId, type ProviderManifest } from '@arouter/core';

/** More names than that are a list to look up, not a sentence. */
const NAMES_SHOWN_MAX = 30;

/** Throws `invalid_request` that names the field and known providers. */
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
    `\`${field}\` must name a known provider: ${someOf([...providers.keys()])}.`,
    { metadata: { fields: [field] } },
  );
}

function someOf(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN_MAX).join(', ');
  const more = names.length - NAMES_SHOWN_MAX;
  return more > 0 ? `${shown} and ${more} more, which GET /api/v1/providers lists` : shown;
}
