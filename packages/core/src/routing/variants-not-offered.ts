/** Variants that other gateways have and this one does not: such a name is refused, with what to write instead. */

const INSTEAD: ReadonlyMap<string, string> = new Map([
  ['thinking', 'ask for it in the request, with "reasoning_effort" or "reasoning"'],
  ['extended', 'every model is served with the whole context that its provider gives it'],
  ['exacto', 'providers are not ranked by their use of tools; "provider.order" says who comes first'],
  ['online', 'searching is a tool of the provider\'s own, to be named in "tools"'],
]);

export function isVariantNotOffered(suffix: string): boolean {
  return INSTEAD.has(suffix);
}

/** What to say of a name that nobody serves and that ends so; undefined: nothing. */
export function insteadOfVariant(name: string): string | undefined {
  const suffix = name.slice(name.lastIndexOf(':') + 1);
  const instead = INSTEAD.get(suffix);
  return instead === undefined ? undefined : `There is no variant ":${suffix}" here: ${instead}.`;
}
