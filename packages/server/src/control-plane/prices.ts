/** The operator's own prices, in USD per million tokens outside and integer nano-USD inside. */
import type { RouteAnswer, RouteInput } from '@arouter/contract';
import { GatewayError, usdToNano, type NanoUsd, type TokenPrice } from '@arouter/core';
import type { PriceOverride } from '../store/store.ts';
import type { ControlPlaneDeps } from './deps.ts';
import { findProvider } from './find-provider.ts';
import { shownTime, shownUsd, type Handlers } from './handler.ts';

const PRICES_MAX = 10_000;

type Deps = Pick<ControlPlaneDeps, 'store' | 'refreshSnapshot' | 'providers' | 'clock'>;
type Given = RouteInput<'setPrice'>['body'];
type Shown = RouteAnswer<'setPrice'>['data'];

export function priceHandlers(deps: Deps): Handlers<'listPrices' | 'setPrice' | 'removePrice'> {
  return {
    listPrices: async () => {
      const rows = await deps.store.prices.list();
      return { data: rows.map(shownPrice), total_count: rows.length };
    },
    setPrice: async ({ body }) => {
      const { id: provider } = findProvider(deps.providers, body.provider, 'provider');
      if ((await deps.store.prices.list()).length >= PRICES_MAX) {
        throw new GatewayError('invalid_request', `There can be at most ${PRICES_MAX} own prices.`);
      }
      const upstreamModel = withoutPrefix(body.model, provider);
      const row: PriceOverride = { provider, upstreamModel, price: readPrice(body), setAt: deps.clock.now() };
      await deps.store.prices.set(row);
      await deps.refreshSnapshot();
      return { data: shownPrice(row) };
    },
    removePrice: async ({ query }) => {
      const { id: provider } = findProvider(deps.providers, query.provider, 'provider');
      if (!(await deps.store.prices.remove(provider, withoutPrefix(query.model, provider)))) {
        throw new GatewayError('not_found', 'There is no own price for this model of this provider.');
      }
      await deps.refreshSnapshot();
      return { data: { deleted: true } };
    },
  };
}

/** People write the name they call with, `provider/model`; a price belongs to the name the provider knows. */
function withoutPrefix(model: string, provider: string): string {
  const prefix = `${provider}/`;
  return model.toLowerCase().startsWith(prefix) && model.length > prefix.length
    ? model.slice(prefix.length)
    : model;
}

function readPrice(given: Given): TokenPrice {
  return withoutAbsent({
    input: usdToNano(given.input_usd_per_million),
    output: usdToNano(given.output_usd_per_million),
    cachedInput: nano(given.cached_input_usd_per_million),
    cacheWrite5m: nano(given.cache_write_5m_usd_per_million),
    cacheWrite1h: nano(given.cache_write_1h_usd_per_million),
    audioInput: nano(given.audio_input_usd_per_million),
    audioOutput: nano(given.audio_output_usd_per_million),
    request: nano(given.request_usd),
    tiers: given.tiers?.map((tier) =>
      withoutAbsent({
        aboveInputTokens: tier.above_input_tokens,
        input: usdToNano(tier.input_usd_per_million),
        output: usdToNano(tier.output_usd_per_million),
        cachedInput: nano(tier.cached_input_usd_per_million),
        cacheWrite5m: nano(tier.cache_write_5m_usd_per_million),
      }),
    ),
  });
}

function shownPrice({ provider, upstreamModel, price, setAt }: PriceOverride): Shown {
  const { input, output, cachedInput, cacheWrite5m, cacheWrite1h, audioInput, audioOutput, request, tiers } =
    price;
  return withoutAbsent({
    provider,
    model: upstreamModel,
    input_usd_per_million: shownUsd(input),
    output_usd_per_million: shownUsd(output),
    cached_input_usd_per_million: usd(cachedInput),
    cache_write_5m_usd_per_million: usd(cacheWrite5m),
    cache_write_1h_usd_per_million: usd(cacheWrite1h),
    audio_input_usd_per_million: usd(audioInput),
    audio_output_usd_per_million: usd(audioOutput),
    request_usd: usd(request),
    tiers: tiers?.map((tier) =>
      withoutAbsent({
        above_input_tokens: tier.aboveInputTokens,
        input_usd_per_million: shownUsd(tier.input),
        output_usd_per_million: shownUsd(tier.output),
        cached_input_usd_per_million: usd(tier.cachedInput),
        cache_write_5m_usd_per_million: usd(tier.cacheWrite5m),
      }),
    ),
    set_at: shownTime(setAt),
  });
}

function nano(amount: number | undefined): NanoUsd | undefined {
  return amount === undefined ? undefined : usdToNano(amount);
}

function usd(amount: number | undefined): number | undefined {
  return amount === undefined ? undefined : shownUsd(amount);
}

type Present<Fields> = { [Name in keyof Fields]: Exclude<Fields[Name], undefined> };
function withoutAbsent<Fields extends object>(fields: Fields): Present<Fields> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Present<Fields>;
}
