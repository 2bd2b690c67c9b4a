import { MODEL_NAME_CHARACTERS_MAX } from '@arouter/contract';

/** Which model is asked stands in the address; what is said does not. */
export type PlaygroundSearch = { readonly model?: string };

export function readPlaygroundSearch({ model }: Readonly<Record<string, unknown>>): PlaygroundSearch {
  return typeof model === 'string' && model !== ''
    ? { model: model.slice(0, MODEL_NAME_CHARACTERS_MAX) }
    : {};
}
