/** One caller request with its attempts, usage and cost; `contract.md` § 11.1 plus `route`. */
import { FAILURE_CLASSES, MODEL_ID_CHARACTERS_MAX, MODEL_NAME_CHARACTERS_MAX } from '@arouter/core';
import { z } from 'zod';
import {
  choice,
  PAGE_SIZE_MAX,
  querySwitch,
  queryUsd,
  queryWhole,
  timestamp,
  token,
  workspaceScope,
} from './fields.ts';
import { routePlan } from './routing.ts';

const ID_CHARACTERS_MAX = 256;
const status = choice(['running', 'succeeded', 'failed', 'cancelled', 'interrupted', 'refused']);
const source = choice(['byok', 'platform']);

const usage = z
  .strictObject({
    prompt_tokens: z.number(),
    completion_tokens: z.number(),
    total_tokens: z.number(),
    cost: z.number().nullable().meta({ description: 'USD at list price; null when the model has no price.' }),
    is_byok: z.boolean(),
    estimated: z.boolean().meta({ description: 'True when the provider gave no usable numbers.' }),
    prompt_tokens_details: z.strictObject({ cached_tokens: z.number(), cache_write_tokens: z.number() }),
    completion_tokens_details: z.strictObject({ reasoning_tokens: z.number() }),
    cost_details: z.strictObject({
      upstream_inference_cost: z.number().nullable(),
      upstream_inference_prompt_cost: z.number().nullable(),
      upstream_inference_completions_cost: z.number().nullable(),
    }),
  })
  .meta({ id: 'GenerationUsage' });

const attempt = z
  .strictObject({
    attempt: z.number(),
    provider_key_id: z.string(),
    provider: z.string(),
    source,
    model: z.string(),
    upstream_model: z.string(),
    started_at: z.string(),
    settled_at: z.string().nullable(),
    outcome: choice(['succeeded', 'failed', 'cancelled', 'interrupted']).nullable(),
    failure: z
      .strictObject({
        class: z.enum(FAILURE_CLASSES),
        message: z.string(),
        provider_code: z.string().nullable(),
      })
      .nullable(),
    status: z.number().nullable(),
    upstream_id: z.string().nullable(),
    latency_ms: z.number().nullable(),
    first_byte_ms: z.number().nullable(),
    cost_usd: z.number().nullable(),
    charged_usd: z.number(),
    charge_capped: z.boolean().meta({
      description:
        'True: the provider reported more than the request could cost by its own bounds (cost_usd). What was held for it (reserved_usd) was taken from the credits, and no more.',
    }),
    reserved_usd: z.number(),
    cost_lines: z.array(
      z.strictObject({
        what: z.string(),
        quantity: z.number(),
        usd_per_million: z.number().nullable().meta({ description: 'Null: the price is unknown.' }),
        usd: z.number().nullable(),
      }),
    ),
    fallback_reason: z.string().nullable(),
  })
  .meta({ id: 'Attempt' });

const generationSummary = {
  id: z.string(),
  model: z.string(),
  provider: z.string().nullable(),
  created_at: z.string(),
  latency_ms: z.number().nullable(),
  status,
  caller_status: z.number().nullable(),
  error_code: z.string().nullable(),
  model_requested: z.string(),
  dialect: z.string(),
  streamed: z.boolean(),
  finish_reason: z.string().nullable(),
  upstream_id: z.string().nullable(),
  request_id: z.string(),
  api_key_id: z.string(),
  provider_key_id: z.string().nullable(),
  source: source.nullable(),
  fallback_reason: z.string().nullable(),
  attempts: z.number(),
  usage: usage.nullable(),
};

export const generationQuery = z.strictObject({ id: token(ID_CHARACTERS_MAX), ...workspaceScope });
export const generationAnswer = z
  .strictObject({
    ...generationSummary,
    route: z.strictObject({
      plans: z.array(routePlan),
      refusals: z.array(
        z.strictObject({ provider_key_id: z.string(), code: z.string(), resets_at: z.string().nullable() }),
      ),
      attempts: z.array(attempt),
    }),
  })
  .meta({ id: 'Generation' });

/** Every column that a list shows can be asked for. */
const filter = {
  start_time: timestamp().optional(),
  end_time: timestamp().optional(),
  model: token(MODEL_ID_CHARACTERS_MAX).optional(),
  model_requested: token(MODEL_NAME_CHARACTERS_MAX).optional(),
  provider_id: token(64).optional(),
  provider_key_id: token(64).optional(),
  key_id: token(64).optional(),
  source: source.optional(),
  status: status.optional(),
  dialect: token(64).optional(),
  streamed: querySwitch().optional(),
  error_code: token(64).optional(),
  caller_status: queryWhole(100, 599).optional(),
  finish_reason: token(64).optional(),
  fallback_reason: token(64).optional(),
  request_id: token(128).optional(),
  upstream_id: token(ID_CHARACTERS_MAX).optional(),
  min_cost_usd: queryUsd().optional(),
  min_latency_ms: queryWhole(0, 86_400_000).optional(),
  min_attempts: queryWhole(1, 100).optional().meta({
    description:
      '1 leaves out what was refused before anything was sent; 2 is what the first key did not serve.',
  }),
  min_tokens: queryWhole(1, 1_000_000_000)
    .optional()
    .meta({ description: 'Input and output together, of the last attempt: `usage.total_tokens`.' }),
};
export const generationsQuery = z.strictObject({
  ...filter,
  cursor: z
    .string()
    .max(256, { error: 'must be a next_cursor of an earlier answer' })
    .regex(/^\d{1,16}\.[\w.-]{1,200}$/, { error: 'must be a next_cursor of an earlier answer' })
    .optional(),
  limit: queryWhole(1, PAGE_SIZE_MAX).optional().meta({ description: 'Default 50.' }),
  ...workspaceScope,
});
export const streamGenerationsQuery = z.strictObject({ ...filter, ...workspaceScope });
export const generationsAnswer = z.strictObject({
  data: z.array(z.strictObject(generationSummary).meta({ id: 'GenerationSummary' })),
  next_cursor: z.string().nullable(),
  searched_back_to: z
    .string()
    .nullable()
    .meta({
      description:
        'One request looks at no more than 100,000 generations. When it ended there, before it found a full page: how far ' +
        'back it looked, and `next_cursor` goes on from it.',
    }),
});
