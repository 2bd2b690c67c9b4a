/** A model for the first request: one that the workspace's own keys serve, and that costs little. */
export type ListedModel = {
  readonly id: string;
  readonly supported_parameters?: readonly string[];
  readonly pricing: Readonly<Record<string, string>> | null;
  readonly architecture?: { readonly output_modalities?: readonly string[] };
};

const TOKENS = 1_000_000;
/** Below this (USD per million tokens of output) it is a free tier or no chat model: it may refuse. */
const OUTPUT_USD_MIN = 0.05;

/** `/v1/models` as the API key sees it → a name, or null when nothing is served. */
export function chooseFirstModel(models: readonly ListedModel[]): string | null {
  const written = models.filter(
    ({ architecture }) => architecture?.output_modalities?.includes('text') !== false,
  );
  // A model that takes tools is a chat model; old completion models are listed too.
  const chat = written.filter(
    ({ supported_parameters: parameters }) => parameters?.includes('tools') === true,
  );
  const priced = chat
    .map(({ id, pricing }) => ({ id, usd: Number(pricing?.['completion'] ?? Number.NaN) * TOKENS }))
    .filter(({ usd }) => usd >= OUTPUT_USD_MIN)
    .toSorted((a, b) => a.usd - b.usd);
  return priced[0]?.id ?? chat[0]?.id ?? written[0]?.id ?? null;
}

/** Asked with the API key itself: it shows what that key may use. */
export async function fetchFirstModel(apiKey: string): Promise<string | null> {
  const response = await fetch('/v1/models', { headers: { authorization: `Bearer ${apiKey}` } });
  if (!response.ok) return null;
  const { data } = (await response.json()) as { readonly data: readonly ListedModel[] };
  return chooseFirstModel(data);
}
