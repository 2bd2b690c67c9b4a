/** GET /v1beta/models and /v1beta/models/{model}: the catalogue in the shape of Google's API (ai.google.dev "Models"). */
import { GatewayError, type ProviderId } from '@arouter/core';
import { type ModelListing, servableModels, type ServableListing } from './list-models.ts';

/** Google's own default and maximum. */
const PAGE_SIZE_DEFAULT = 50;
const PAGE_SIZE_MAX = 1000;
const GENERATING = ['generateContent', 'streamGenerateContent', 'countTokens'];
const EMBEDDING = ['embedContent', 'batchEmbedContents'];

/** `query`: `pageSize` and `pageToken`. Throws `invalid_request`. */
export function listGeminiModels(listing: ModelListing, query: string): object {
  const parameters = new URLSearchParams(query);
  const size = wholeNumber(parameters, 'pageSize') ?? PAGE_SIZE_DEFAULT;
  const start = wholeNumber(parameters, 'pageToken') ?? 0;
  const models = servableModels(listing).map((each) => toListed(each, listing.defaultProvider));
  const end = start + Math.min(Math.max(size, 1), PAGE_SIZE_MAX);
  return { models: models.slice(start, end), ...(end < models.length ? { nextPageToken: String(end) } : {}) };
}

/** `name`: what follows `models/`. Throws `model_not_found`. */
export function findGeminiModel(listing: ModelListing, name: string): object {
  const found = servableModels(listing).find(
    ({ provider, id }) =>
      name === `${provider.id}/${id}` || (provider.id === listing.defaultProvider && name === id),
  );
  if (found !== undefined) return toListed(found, listing.defaultProvider);
  throw new GatewayError(
    'model_not_found',
    'There is no such model that a key of this workspace serves. GET /v1beta/models lists those that there are.',
  );
}

function toListed({ provider, id, model }: ServableListing, ownProvider: ProviderId): object {
  const name = provider.id === ownProvider ? id : `${provider.id}/${id}`;
  return {
    name: `models/${name}`,
    baseModelId: id,
    version: model?.released ?? '',
    displayName: model?.name ?? id,
    description: `${provider.name}: ${model?.name ?? id}`,
    inputTokenLimit: model?.contextTokens ?? 0,
    outputTokenLimit: model?.outputTokensMax ?? 0,
    // The catalogues do not say what a model is for; their names do.
    supportedGenerationMethods: /embed/i.test(id) ? EMBEDDING : GENERATING,
    thinking: model?.reasoning ?? false,
  };
}

function wholeNumber(parameters: URLSearchParams, name: string): number | null {
  const text = parameters.get(name);
  if (text === null || text === '') return null;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new GatewayError(
    'invalid_request',
    `The parameter "${name}" must be a whole number from an earlier answer or your own.`,
  );
}
