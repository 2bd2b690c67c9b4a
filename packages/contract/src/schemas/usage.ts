/** Sums of requests, tokens and spend; `contract.md` § 11.2 with the own-key and platform parts told apart. */
import { FAILURE_CLASSES, MODEL_ID_CHARACTERS_MAX } from '@arouter/core';
import { z } from 'zod';
import { choice, timestamp, token, workspaceScope } from './fields.ts';

const filter = {
  start_time: timestamp()
    .optional()
    .meta({ description: 'Default: 30 days before end_time. Rounded down to the hour.' }),
  end_time: timestamp().optional().meta({ description: 'Default: now. Exclusive.' }),
  provider_id: token(64).optional(),
  model: token(MODEL_ID_CHARACTERS_MAX).optional(),
  key_id: token(64).optional().meta({ description: "An API key's hash or id." }),
  provider_key_id: token(64).optional(),
  source: choice(['byok', 'platform']).optional(),
};
const granularity = choice(['hourly', 'daily', 'monthly']).optional().meta({ description: 'Default daily.' });
export const USAGE_GROUPS = ['source', 'provider', 'model', 'provider_key', 'api_key'] as const;

export const usageSummaryQuery = z.strictObject({
  ...filter,
  compare: choice(['previous'])
    .optional()
    .meta({ description: 'Adds the sums of the period of the same length before.' }),
  granularity: choice(['hourly', 'daily', 'monthly'])
    .optional()
    .meta({ description: 'Without effect on sums; clients have one type for both of the usage queries.' }),
  ...workspaceScope,
});
export const usageTimeSeriesQuery = z.strictObject({
  ...filter,
  granularity,
  group_by: choice(USAGE_GROUPS)
    .optional()
    .meta({ description: 'Adds a series per group: the nine with most requests, and "other".' }),
  ...workspaceScope,
});
export const usageErrorsQuery = z.strictObject({ ...filter, ...workspaceScope });
export const usageExportQuery = z.strictObject({ ...filter, granularity, ...workspaceScope });
export const sparklinesQuery = z.strictObject({
  platform: choice(['true', 'false'])
    .optional()
    .meta({ description: "true: the operator's keys, for those who operate." }),
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

const totals = {
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
  error_rate: z.number().nullable().meta({ description: 'Failed share, 0-1, of the requests.' }),
  ...faults,
};

export const usageSummaryAnswer = z
  .strictObject({
    ...totals,
    previous: z
      .strictObject({ start_time: z.string(), end_time: z.string(), ...totals })
      .nullable()
      .meta({ description: 'Only with compare=previous.' }),
    by_provider: z.array(z.strictObject({ provider_id: z.string(), ...sums, source, ...parts, ...faults })),
    by_model: z.array(
      z.strictObject({ provider_id: z.string(), model: z.string(), ...sums, source, ...parts, ...faults }),
    ),
  })
  .meta({ id: 'UsageSummary' });

const dataPoints = z.array(z.strictObject({ timestamp: z.string(), ...sums, ...parts, ...faults }));

export const usageTimeSeriesAnswer = z
  .strictObject({
    data_points: dataPoints,
    series: z
      .array(z.strictObject({ key: z.string(), label: z.string(), data_points: dataPoints }))
      .optional()
      .meta({ description: 'Only with group_by; largest first.' }),
  })
  .meta({ id: 'UsageTimeSeries' });

export const usageErrorsAnswer = z.strictObject({
  data: z
    .array(
      z
        .strictObject({
          provider_key_id: z.string(),
          label: z.string(),
          provider: z.string(),
          source: choice(['byok', 'platform']),
          attempts: z.number(),
          failed_attempts: z.number(),
          error_rate: z.number().nullable(),
          classes: z.array(z.strictObject({ class: z.enum(FAILURE_CLASSES), count: z.number() })),
        })
        .meta({ id: 'KeyErrors' }),
    )
    .meta({ description: 'Most failed first.' }),
});

export const sparklinesAnswer = z.strictObject({
  start_time: z.string(),
  end_time: z.string(),
  data: z.array(
    z
      .strictObject({
        provider_key_id: z.string(),
        requests: z.array(z.number()).meta({ description: 'Attempts per hour, oldest first, 24 of them.' }),
        errors: z.array(z.number()).meta({ description: 'Failed attempts per hour.' }),
      })
      .meta({ id: 'Sparkline' }),
  ),
});
