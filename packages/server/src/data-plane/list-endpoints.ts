/** GET /v1/models/{author}/{slug}/endpoints: who serves one model to this caller, at which price; `contract.md` §10.2. */
import type { TokenPrice } from '@arouter/core';
import {
  candidateOf,
  modelNotFound,
  outputsOf,
  servableModels,
  supportedParametersOf,
  type ModelListing,
  type ServableListing,
} from './list-models.ts';

/** Prices are per token. */
const NANO_PER_MILLION = 1e15;

/** `name`: any that a request may use. Throws `model_not_found`: nobody serves it, or not to this caller. */
export function listEndpoints(listing: ModelListing, name: string): object {
  const candidate = candidateOf(listing, name);
  const served = servableModels(listing);
  const serving = (candidate?.endpoints ?? []).flatMap(({ provider, upstreamModel, price }) => {
    const found = served.find((each) => each.provider.id === provider && each.id === upstreamModel);
    return found === undefined ? [] : [{ ...found, price }];
  });
  const [first] = serving;
  if (candidate === undefined || first === undefined) throw modelNotFound();
  return {
    data: {
      id: candidate.id,
      name: first.model?.name ?? candidate.id,
      created: Math.floor(Date.parse(first.model?.released ?? '1970-01-01') / 1000),
      description: '',
      architecture: {
        input_modalities: first.model?.inputModalities ?? ['text'],
        output_modalities: outputsOf(first),
      },
      endpoints: serving.map(shownEndpoint),
    },
  };
}

function shownEndpoint(serving: ServableListing & { readonly price: TokenPrice | undefined }): object {
  const { provider, id, model, price } = serving;
  return {
    provider_id: provider.id,
    provider_name: provider.name,
    model: id,
    context_length: model?.contextTokens ?? null,
    max_completion_tokens: model?.outputTokensMax ?? null,
    pricing:
      price === undefined
        ? null
        : { prompt: price.input / NANO_PER_MILLION, completion: price.output / NANO_PER_MILLION },
    // The catalogue knows neither; who needs the one or the other asks the provider.
    quantization: null,
    is_zdr: null,
    supported_parameters: supportedParametersOf(serving),
  };
}
