/** Sums of requests, tokens and spend; `contract.md` § 11.2 with the own-key and platform parts told apart. */
import { z } from 'zod';
import { choice, timestamp, token, workspaceScope } from './fields.ts';

const MODEL_CHARACTERS_MAX = 256;

const filter = {
  start_time: timestamp()
    .optional()
    .meta({ description: 'Default: 30 days before end_time. Rounded down to the hour.' }),
  end_time: timestamp().optional().meta({ description: 'Default: now. Exclusive.' }),
  provider_id: token(64).optional(),
  model: token(MODEL_CHARACTERS_MAX).optional(),
  key_id: token(64).optional().meta({ description: "An API key's hash or id." }),
};
export const usageSummaryQuery = z.strictObject({ ...filter, ...workspaceScope });
export const usageTimeSeriesQuery = z.strictObject({
  ...filter,
  granularity: choice(['hourly', 'daily', 'monthly']).optional().meta({ description: 'Default daily.' }),
  ...workspaceScope,
});

const sums = {
  requests: z.number(),
  input_tokens: z.number(),
  output_tokens: z.number(),
  estimated_cost_usd: z.number().meta({ description: 'At list price; unpriced requests are not in it.' }),
};
const parts = {
  byok_requests: z.number(),
  platform_requests: z.number(),
  estimated_byok_spend_usd: z.number(),
  platform_spend_usd: z.number(),
};
const faults = {
  errors: z.number(),
  unpriced: z.number().meta({ description: 'Succeeded requests whose model has no price.' }),
};
const source = choice(['byok', 'platform', 'mix']);

export const usageSummaryAnswer = z
  .strictObject({
    total_requests: z.number(),
    total_input_tokens: z.number(),
    total_output_tokens: z.number(),
    total_tokens: z.number(),
    estimated_cost_usd: z.number(),
    ...parts,
    byok_error_rate: z
      .number()
      .nullable()
      .meta({ description: 'Failed share, 0-1, of the attempts on own keys; null without any.' }),
    ...faults,
    by_provider: z.array(z.strictObject({ provider_id: z.string(), ...sums, source, ...parts, ...faults })),
    by_model: z.array(
      z.strictObject({ provider_id: z.string(), model: z.string(), ...sums, source, ...parts, ...faults }),
    ),
  })
  .meta({ id: 'UsageSummary' });

export const usageTimeSeriesAnswer = z
  .strictObject({
    data_points: z.array(z.strictObject({ timestamp: z.string(), ...sums, ...parts, ...faults })),
  })
  .meta({ id: 'UsageTimeSeries' });
