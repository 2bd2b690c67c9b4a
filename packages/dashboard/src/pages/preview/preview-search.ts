/** Which request is previewed. It stands in the address, so that it can be sent to a colleague. */
export type PreviewSearch = {
  readonly model?: string;
  /** Hash of the API key whose restrictions apply. */
  readonly apiKey?: string;
};

const TEXT_CHARACTERS_MAX = 256;

export function readPreviewSearch(search: Readonly<Record<string, unknown>>): PreviewSearch {
  const { model, apiKey } = search;
  return {
    ...(typeof model === 'string' && model !== '' ? { model: model.slice(0, TEXT_CHARACTERS_MAX) } : {}),
    ...(typeof apiKey === 'string' && apiKey !== '' ? { apiKey } : {}),
  };
}
