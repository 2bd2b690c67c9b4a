/** Which of a provider's listed models a list of names and patterns matches, by the gateway's own rule. */
import { matchesAnyModelPattern } from '@arouter/contract';

export type ListedModel = { readonly id: string; readonly name: string };

export function matchedModels(
  patterns: readonly string[],
  models: readonly ListedModel[],
  provider: string,
): readonly ListedModel[] {
  return models.filter(({ id }) => matchesAnyModelPattern(patterns, [id, `${provider}/${id}`]));
}
