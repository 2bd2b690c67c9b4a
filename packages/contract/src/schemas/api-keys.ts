/** API keys: what callers send to us. `contract.md` § 5 names are kept to the letter: official clients read them. */
import { z } from 'zod';
import {
  allowList,
  choice,
  flag,
  modelList,
  nameForPeople,
  OFFSET_MAX,
  offset,
  PAGE_SIZE_MAX,
  querySwitch,
  queryWhole,
  timestamp,
  token,
  usdFromZero,
  whole,
  workspaceScope,
} from './fields.ts';

const RPM_MAX = 1_000_000;
const limitReset = choice(['daily', 'weekly', 'monthly']);

const apiKeyOptions = {
  limit: usdFromZero()
    .nullable()
    .optional()
    .meta({ description: 'Spending limit in USD; null or absent = none.' }),
  limit_usd: usdFromZero().nullable().optional().meta({ description: 'Another name of `limit`.' }),
  spending_limit: usdFromZero().nullable().optional().meta({ description: 'Another name of `limit`.' }),
  limit_reset: limitReset.nullable().optional().meta({
    description: 'When the limit starts anew (00:00 UTC; Monday; the 1st). Null = a lifetime limit.',
  }),
  include_byok_in_limit: flag()
    .optional()
    .meta({ description: "Whether spend on the workspace's own provider keys counts against the limit." }),
  allowed_providers: allowList().nullable().optional(),
  allowed_models: modelList().nullable().optional().meta({ description: 'Exact names or `*` globs.' }),
  rpm_limit: whole(1, RPM_MAX).nullable().optional().meta({ description: 'Requests in any 60 seconds.' }),
  rate_limit: z
    .strictObject({ requests_per_minute: whole(1, RPM_MAX).nullable().optional() })
    .nullable()
    .optional()
    .meta({ description: 'Another way to write `rpm_limit`.' }),
  expires_at: timestamp().nullable().optional(),
};

export const createApiKeyBody = z.strictObject({
  name: nameForPeople(),
  key_type: choice(['regular', 'management'])
    .optional()
    .meta({ description: 'Default regular. Management keys manage their workspace and cannot infer.' }),
  ...apiKeyOptions,
});
export const updateApiKeyBody = z.strictObject({
  name: nameForPeople().optional(),
  disabled: flag().optional(),
  ...apiKeyOptions,
});

export const apiKeyHash = z
  .string()
  .regex(/^[0-9a-f]{64}$/, { error: 'must be the 64 hex characters that identify a key' })
  .meta({ description: "The key's public identifier." });

export const listApiKeysQuery = z.strictObject({
  page_size: queryWhole(1, PAGE_SIZE_MAX).optional().meta({ description: 'Default 20.' }),
  page_token: z
    .string()
    .regex(/^\d{1,7}$/, { error: 'must be a next_page_token of an earlier answer' })
    .refine((text) => Number(text) <= OFFSET_MAX, {
      error: 'must be a next_page_token of an earlier answer',
    })
    .optional(),
  offset,
  include_disabled: querySwitch().optional(),
  ...workspaceScope,
});

/** Spend in USD at list price, in the running UTC day, week (from Monday) and month, and in all. */
const usageWindows = {
  usage: z.number().meta({ description: 'USD on platform keys, all time.' }),
  usage_daily: z.number(),
  usage_weekly: z.number(),
  usage_monthly: z.number(),
  byok_usage: z.number().meta({ description: 'USD at list price on own provider keys, all time.' }),
  byok_usage_daily: z.number(),
  byok_usage_weekly: z.number(),
  byok_usage_monthly: z.number(),
};
const limitState = {
  limit: z.number().nullable(),
  limit_remaining: z.number().nullable(),
  limit_reset: limitReset.nullable(),
  include_byok_in_limit: z.boolean(),
};

export const apiKeyObject = z
  .strictObject({
    hash: apiKeyHash,
    id: token(64).meta({ description: 'The public part of the key itself.' }),
    name: z.string(),
    label: z.string().meta({ description: 'The masked key.' }),
    key_type: choice(['regular', 'management', 'operator']),
    disabled: z.boolean(),
    ...limitState,
    allowed_providers: z.array(z.string()).nullable(),
    allowed_models: z.array(z.string()).nullable(),
    rpm_limit: z.number().nullable(),
    ...usageWindows,
    created_at: z.string(),
    creator_user_id: z.string().nullable().meta({
      description:
        'The person who made it; null: a key, the command line, or not known. Members by id: /api/v1/members.',
    }),
    updated_at: z.string().nullable(),
    expires_at: z.string().nullable(),
  })
  .meta({ id: 'ApiKey' });

export const createApiKeyAnswer = z.strictObject({
  data: apiKeyObject,
  key: z.string().meta({ description: 'The key itself. Shown once.' }),
});
export const apiKeyAnswer = z.strictObject({ data: apiKeyObject });
export const apiKeyListAnswer = z.strictObject({
  data: z.array(apiKeyObject),
  total_count: z.number(),
  next_page_token: z.string().nullable(),
});

export const currentKeyAnswer = z.strictObject({
  data: z
    .strictObject({
      label: z.string(),
      ...limitState,
      ...usageWindows,
      is_free_tier: z.boolean(),
      is_management_key: z.boolean(),
      is_provisioning_key: z.boolean(),
      expires_at: z.string().nullable(),
      rate_limit: z
        .strictObject({ requests: z.number(), interval: z.string(), note: z.string() })
        .meta({ description: 'Requests per interval; -1 = no limit on this key.' }),
    })
    .meta({ id: 'CurrentKey' }),
});

export const deletedAnswer = z
  .strictObject({ data: z.strictObject({ deleted: z.literal(true) }) })
  .meta({ id: 'Deleted' });
