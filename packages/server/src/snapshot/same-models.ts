/**
 * One model at several providers. A provider that serves other people's models says which (`canonicalModel` in its
 * manifest); from that, the author's name of a model gives every provider's name of it.
 */
import type { ProviderId, ProviderManifest } from '@arouter/core';

export type NamedAt = { readonly provider: ProviderId; readonly upstreamModel: string };

export type SameModels = {
  /** The other providers that serve what the author calls by that name; empty when there are none. */
  elsewhere(author: ProviderId, model: string): readonly NamedAt[];
  /** The provider's own name of a model called as its author does (`claude-sonnet-4-5`), if it serves it. */
  ownName(provider: ProviderId, authorsName: string): string | undefined;
};

/** `-2025-08-07`, `-20250807` or `-latest`. */
const VERSION_SUFFIX = /-(?:\d{4}-\d{2}-\d{2}|\d{8}|latest)$/;

export function indexSameModels(
  manifests: ReadonlyMap<ProviderId, ProviderManifest>,
  providerId: (name: string) => ProviderId | undefined,
): SameModels {
  const byAuthor = new Map<string, Map<ProviderId, string>>();
  const byProvider = new Map<string, string>();

  function add(provider: ProviderId, canonical: string, upstreamModel: string): void {
    const slash = canonical.indexOf('/');
    const author = providerId(canonical.slice(0, slash));
    const name = canonical.slice(slash + 1);
    if (author !== undefined) {
      const served = byAuthor.get(`${author}/${name}`) ?? new Map<ProviderId, string>();
      served.set(provider, upstreamModel);
      byAuthor.set(`${author}/${name}`, served);
    }
    byProvider.set(`${provider}/${name}`, upstreamModel);
  }

  for (const { id: provider, canonicalModel, models } of manifests.values()) {
    if (canonicalModel === undefined) continue;
    // Oldest first, and exact names last: a name without a date means the newest, unless it is listed itself.
    const named = models
      .toSorted((a, b) => ((a.released ?? '') < (b.released ?? '') ? -1 : 1))
      .flatMap(({ id }) => {
        const canonical = canonicalModel(id);
        return canonical === undefined ? [] : [{ canonical, id }];
      });
    for (const { canonical, id } of named) add(provider, canonical.replace(VERSION_SUFFIX, ''), id);
    for (const { canonical, id } of named) add(provider, canonical, id);
  }

  return {
    elsewhere(author, model) {
      const served = byAuthor.get(`${author}/${model}`);
      if (served === undefined) return [];
      return [...served]
        .filter(([provider]) => provider !== author)
        .map(([provider, upstreamModel]) => ({ provider, upstreamModel }));
    },
    ownName: (provider, authorsName) => byProvider.get(`${provider}/${authorsName}`),
  };
}
