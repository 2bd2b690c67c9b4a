/** Which model is asked stands in the address; what is said does not. */
export type PlaygroundSearch = { readonly model?: string };

const MODEL_CHARACTERS_MAX = 256;

export function readPlaygroundSearch({ model }: Readonly<Record<string, unknown>>): PlaygroundSearch {
  return typeof model === 'string' && model !== '' ? { model: model.slice(0, MODEL_CHARACTERS_MAX) } : {};
}
