/** Providers with their credential forms, and the operator's own prices. */
import { MODEL_NAME_CHARACTERS_MAX } from '@arouter/core';
import { z } from 'zod';
import { choice, saying, token, whole } from './fields.ts';

/** USD per million tokens. Times 10⁹ it is still an exact integer of nano-USD. */
const PRICE_MAX = 1_000_000;

export const providersAnswer = z.strictObject({
  data: z.array(
    z
      .strictObject({
        id: z.string(),
        name: z.string(),
        aliases: z.array(z.string()),
        model_count: z.number(),
        is_byok_supported: z.boolean(),
        keys_url: z.string().meta({ description: 'Where a person makes a key.' }),
        base_url: z.string().nullable().meta({ description: 'Null: a key must bring its own.' }),
        regions: z.array(z.string()),
        credential_types: z.array(
          z.strictObject({
            id: z.string(),
            label: z.string(),
            fields: z.array(
              z.strictObject({
                name: z.string(),
                label: z.string(),
                secret: z.boolean(),
                required: z.boolean(),
                input: choice(['text', 'textarea', 'url', 'select']),
                help: z.string(),
                aliases: z.array(z.string()),
              }),
            ),
          }),
        ),
      })
      .meta({ id: 'Provider' }),
  ),
});

/** What can be listed of a provider's models; its keys may serve others too. */
export const providerModelsAnswer = z.strictObject({
  data: z.array(z.strictObject({ id: z.string(), name: z.string() })),
});

function price() {
  const error = saying(`must be from 0 to ${PRICE_MAX} (USD per million tokens)`);
  return z.number({ error }).min(0, { error }).max(PRICE_MAX, { error });
}
const modelName = token(MODEL_NAME_CHARACTERS_MAX);
const priceFields = {
  input_usd_per_million: price(),
  output_usd_per_million: price(),
  cached_input_usd_per_million: price().optional(),
  cache_write_5m_usd_per_million: price().optional(),
  cache_write_1h_usd_per_million: price().optional(),
  audio_input_usd_per_million: price().optional(),
  audio_output_usd_per_million: price().optional(),
  request_usd: price().optional().meta({ description: 'USD per request, on top.' }),
};
const tier = z.strictObject({
  above_input_tokens: whole(1, 100_000_000),
  input_usd_per_million: price(),
  output_usd_per_million: price(),
  cached_input_usd_per_million: price().optional(),
  cache_write_5m_usd_per_million: price().optional(),
});
const tiers = z
  .array(tier)
  .max(8, { error: 'must be a list of at most 8 tiers' })
  .optional()
  .meta({ description: 'Long-context prices: the dearest tier that is exceeded prices the whole request.' });

export const priceObject = z
  .strictObject({ provider: z.string(), model: z.string(), ...priceFields, tiers, set_at: z.string() })
  .meta({ id: 'Price' });
export const setPriceBody = z.strictObject({ provider: token(64), model: modelName, ...priceFields, tiers });
export const removePriceQuery = z.strictObject({ provider: token(64), model: modelName });
export const priceAnswer = z.strictObject({ data: priceObject });
export const priceListAnswer = z.strictObject({ data: z.array(priceObject), total_count: z.number() });
