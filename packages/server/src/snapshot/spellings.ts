/** Names that people write and the provider does not know (`otherSpelling` of its manifest), to and fro. */
import type { ModelCandidate, ProviderId, ProviderKeyRecord, ProviderManifest } from '@arouter/core';

export type SplitName = { readonly prefix: ProviderId | undefined; readonly rest: string };

export type Spellings = {
  /**
   * The name as the model's author writes it: bare, with the author in front, or with a provider that serves others'
   * models; as it is where it is no such spelling, or where a key of any other provider names it word for word.
   */
  asOwn(name: string, keys: readonly ProviderKeyRecord[]): string;
  /** Its endpoints know the other spellings too, for lists of allowed models. */
  withOthers(candidate: ModelCandidate): ModelCandidate;
};

/** The name's prefix, where it is a provider's, and what comes after its first slash. */
export function splitName(name: string, providerId: (name: string) => ProviderId | undefined): SplitName {
  const slash = name.indexOf('/');
  if (slash <= 0) return { prefix: undefined, rest: name };
  return { prefix: providerId(name.slice(0, slash)), rest: name.slice(slash + 1) };
}

export function createSpellings(
  manifests: ReadonlyMap<ProviderId, ProviderManifest>,
  split: (name: string) => SplitName,
): Spellings {
  const authors = [...manifests.values()].flatMap(({ otherSpelling }) => otherSpelling ?? []);

  function authorsName(name: string): string | undefined {
    for (const { toOwn } of authors) {
      const own = toOwn(name);
      if (own !== undefined) return own;
    }
    return undefined;
  }

  return {
    asOwn(name, keys) {
      const namedSo = keys.some(
        (key) => key.supportedModels?.includes(name) === true && !knowsSpellings(manifests.get(key.provider)),
      );
      if (namedSo) return name;
      const { prefix, rest } = split(name);
      if (prefix === undefined) return authorsName(name) ?? name;
      const manifest = manifests.get(prefix);
      const own =
        manifest?.canonicalModel === undefined ? manifest?.otherSpelling?.toOwn(rest) : authorsName(rest);
      return own === undefined ? name : `${prefix}/${own}`;
    },
    withOthers(candidate) {
      const { prefix, rest } = split(candidate.id);
      const manifest = prefix === undefined ? undefined : manifests.get(prefix);
      const alsoNamed = manifest?.otherSpelling?.fromOwn(rest) ?? [];
      if (alsoNamed.length === 0) return candidate;
      return { ...candidate, endpoints: candidate.endpoints.map((each) => ({ ...each, alsoNamed })) };
    },
  };
}

/** Its keys' lists may hold either spelling of a model, and mean the same. */
function knowsSpellings(manifest: ProviderManifest | undefined): boolean {
  return manifest?.otherSpelling !== undefined || manifest?.canonicalModel !== undefined;
}
