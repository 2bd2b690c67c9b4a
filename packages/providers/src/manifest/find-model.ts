/** A provider's model by any of its names, in one lookup. */
import { hasNameLength, type ModelFacts, type ProviderManifest } from '@arouter/core';

type NamedModels = Pick<ProviderManifest, 'models' | 'foldModelName'>;

/** `-2025-08-07`, `-20250807` or `-latest`: the same model, frozen on a day or not. */
const VERSION_SUFFIX = /-(?:\d{4}-\d{2}-\d{2}|\d{8}|latest)$/;

const indexes = new WeakMap<readonly ModelFacts[], ReadonlyMap<string, ModelFacts>>();

/**
 * The listed model of that name; else the one it is a dated or `-latest` form of; else, for a bare name of which only
 * dated forms are listed, the newest of them. Undefined when the provider lists no such model.
 */
export function findModel(manifest: NamedModels, name: string): ModelFacts | undefined {
  if (!hasNameLength(name)) return undefined;
  const index = indexOf(manifest.models);
  const folded = manifest.foldModelName?.(name) ?? name;
  return index.get(name) ?? index.get(folded) ?? index.get(folded.replace(VERSION_SUFFIX, ''));
}

function indexOf(models: readonly ModelFacts[]): ReadonlyMap<string, ModelFacts> {
  const known = indexes.get(models);
  if (known !== undefined) return known;
  const index = new Map<string, ModelFacts>();
  for (const model of [...models].toSorted(byRelease)) index.set(model.id.replace(VERSION_SUFFIX, ''), model);
  for (const model of models) index.set(model.id, model);
  indexes.set(models, index);
  return index;
}

/** Oldest first, so that the newest is what a bare name stands for. */
function byRelease(a: ModelFacts, b: ModelFacts): number {
  const [first, second] = [a.released ?? '', b.released ?? ''];
  return first === second ? (a.id < b.id ? -1 : 1) : first < second ? -1 : 1;
}
