/** The catalogue with prices per provider and who of the workspace's keys serves it; and shares of keys not yet saved. */
import { z } from 'zod';
import { choice, printable, token, usdAboveZero, whole, workspaceScope } from './fields.ts';

export const catalogueQuery = z.strictObject({
  q: printable(128).optional().meta({ description: 'Part of a name.' }),
  ...workspaceScope,
});
const perMillion = () => z.number().nullable().meta({ description: 'USD per million; null: not known.' });
const tier = z.strictObject({
  above_input_tokens: z.number(),
  input_usd_per_million: z.number(),
  output_usd_per_million: z.number(),
  cached_input_usd_per_million: perMillion(),
  cache_write_5m_usd_per_million: perMillion(),
});
const prices = z.strictObject({
  input_usd_per_million: z.number(),
  output_usd_per_million: z.number(),
  cached_input_usd_per_million: perMillion(),
  cache_write_5m_usd_per_million: perMillion(),
  cache_write_1h_usd_per_million: perMillion(),
  audio_input_usd_per_million: perMillion(),
  audio_output_usd_per_million: perMillion(),
  image_usd_per_million: perMillion(),
  character_usd_per_million: perMillion(),
  second_usd_per_million: perMillion(),
  search_usd_per_million: perMillion(),
  request_usd: z.number().nullable().meta({ description: 'USD per request, on top.' }),
  tiers: z.array(tier).meta({
    description: 'Long-context prices: the dearest tier that is exceeded prices the whole request.',
  }),
});
const endpoint = z.strictObject({
  provider: z.string(),
  provider_name: z.string(),
  upstream_model: z.string(),
  context_tokens: z.number().nullable(),
  output_tokens_max: z.number().nullable(),
  prices: prices.nullable().meta({ description: 'Null: unknown.' }),
  price_source: z
    .string()
    .nullable()
    .meta({ description: 'Where the price was read and when; `operator` for a price of their own.' }),
  my_keys: z
    .array(z.strictObject({ id: z.string(), label: z.string(), enabled: z.boolean() }))
    .meta({ description: "The workspace's keys whose settings let them serve it, disabled ones too." }),
  platform: z.boolean().meta({ description: 'Whether a platform key serves it.' }),
});
export const catalogueAnswer = z.strictObject({
  data: z.array(
    z
      .strictObject({
        id: z.string(),
        name: z.string(),
        context_tokens: z.number().nullable(),
        output_tokens_max: z.number().nullable(),
        input_modalities: z.array(z.string()),
        output_modalities: z.array(z.string()),
        tools: z.boolean(),
        reasoning: z.boolean(),
        released: z.string().nullable().meta({ description: 'ISO date.' }),
        endpoints: z
          .array(endpoint)
          .meta({ description: 'The same model wherever it is known to stand; its author first.' }),
      })
      .meta({ id: 'CatalogueModel' }),
  ),
  total_count: z.number(),
});

export const shareBody = z.strictObject({
  provider: token(64),
  weight: whole(1, 1000),
  source: choice(['byok', 'platform'])
    .optional()
    .meta({ description: "Default byok; platform: among the operator's keys, for those who operate." }),
  provider_key_id: token(64).optional().meta({ description: 'When a saved key is being changed.' }),
});
export const shareAnswer = z.strictObject({
  data: z.array(
    z
      .strictObject({
        provider_key_id: z.string().meta({ description: '"draft" for one that is not saved.' }),
        label: z.string(),
        weight: z.number(),
        share: z.number().meta({ description: 'Of requests to the provider, 0-1, while all are healthy.' }),
        enabled: z.boolean(),
      })
      .meta({ id: 'KeyShare' }),
  ),
});

const CHANGES_MAX = 100;
const hypothetical = {
  weight: whole(1, 1000).optional(),
  always_use: z.boolean({ error: 'must be true or false' }).optional(),
  supported_models: z
    .array(token(256))
    .max(500, { error: 'must be a list of at most 500 names' })
    .nullable()
    .optional(),
  region: token(64).nullable().optional(),
  rpm_limit: whole(1, 1_000_000).nullable().optional(),
  daily_budget_usd: usdAboveZero().nullable().optional(),
  monthly_budget_usd: usdAboveZero().nullable().optional(),
};
/** In the body of a preview, beside the request: what would be if these keys were so. */
export const previewChanges = z
  .array(
    z.strictObject({
      provider_key_id: token(64),
      enabled: z.boolean({ error: 'must be true or false' }).optional(),
      ...hypothetical,
    }),
  )
  .max(CHANGES_MAX, { error: `must be a list of at most ${CHANGES_MAX} changes` });
export const previewDraft = z.strictObject({
  provider: token(64),
  label: printable(255).optional(),
  source: choice(['byok']).optional(),
  ...hypothetical,
});
