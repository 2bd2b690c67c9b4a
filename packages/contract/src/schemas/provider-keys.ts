/** Provider keys: credentials for providers, a workspace's own (byok) and the operator's (platform). */
import { FAILURE_CLASSES, RPM_LIMIT_MAX, WEIGHT_MAX } from '@arouter/core';
import { z } from 'zod';
import {
  choice,
  flag,
  LABEL_CHARACTERS_MAX,
  limit,
  modelList,
  NAME_CHARACTERS_MAX,
  offset,
  printable,
  saying,
  token,
  usdAboveZero,
  whole,
  workspaceScope,
} from './fields.ts';

export const CREDENTIAL_CHARACTERS_MAX = 65_536;
const MAX_CONCURRENCY_MAX = 10_000;
const URL_CHARACTERS_MAX = 2_048;
const OPTION_CHARACTERS_MAX = 512;
const OPTIONS_CHARACTERS_MAX = 8_192;

const credentialTypes = choice(['api_key', 'azure', 'bedrock', 'vertex']);
const credentialText = z.string().min(1).max(CREDENTIAL_CHARACTERS_MAX);
/** An object of fields, or the same pasted as JSON text, or the bare key where the type has a single field. */
const credential = z
  .union([credentialText, z.record(z.string().max(NAME_CHARACTERS_MAX), z.unknown())], {
    error: saying('must be an object of credential fields, or the JSON of one as text'),
  })
  .meta({ description: 'Write-only: never returned.', writeOnly: true });

const optionName = z.string().min(1).max(NAME_CHARACTERS_MAX);
const optionText = z.string().max(OPTION_CHARACTERS_MAX);
const providerOptions = z
  .record(
    optionName,
    z.union([optionText, z.record(optionName, optionText)], {
      error: saying('must be text, or an object of texts'),
    }),
    { error: saying('must be an object of the settings that its provider has') },
  )
  .refine((given) => JSON.stringify(given).length <= OPTIONS_CHARACTERS_MAX, {
    error: `must be at most ${OPTIONS_CHARACTERS_MAX} characters as JSON`,
  });

const options = {
  options: providerOptions.optional().meta({
    description: "The provider's settings that are not secret, e.g. deployments. Replaces what was there.",
  }),
  label: printable(LABEL_CHARACTERS_MAX).nullable().optional().meta({ description: 'Name shown to people.' }),
  always_use: flag()
    .optional()
    .meta({ description: 'True: never fall back to platform keys (fallback policy deny).' }),
  fallback_policy: choice(['allow', 'deny'])
    .optional()
    .meta({ description: 'The same as always_use, in words.' }),
  weight: whole(1, WEIGHT_MAX)
    .optional()
    .meta({ description: "Share among the provider's keys; default 1." }),
  rpm_limit: whole(1, RPM_LIMIT_MAX).nullable().optional(),
  base_url: z
    .string({ error: saying('must be a URL, or null for the provider default') })
    .min(1, { error: 'must be a URL, or null for the provider default' })
    .max(URL_CHARACTERS_MAX, { error: `must be at most ${URL_CHARACTERS_MAX} characters` })
    .nullable()
    .optional(),
  region: z
    .string({ error: saying('must be a region such as us-east-1, or null') })
    .regex(/^[a-z0-9](-?[a-z0-9]){0,39}$/, { error: 'must be a region such as us-east-1, or null' })
    .nullable()
    .optional(),
  supported_models: modelList()
    .nullable()
    .optional()
    .meta({ description: 'Exact ids or `*` globs, bare or prefixed; null = all.' }),
  daily_budget_usd: usdAboveZero().nullable().optional(),
  monthly_budget_usd: usdAboveZero().nullable().optional(),
  hard_budget: flag().optional().meta({ description: 'True: the budget is never overshot.' }),
  max_concurrency: whole(1, MAX_CONCURRENCY_MAX).nullable().optional(),
  enabled: flag().optional(),
};
/** OpenRouter's spelling of the same things. */
const aliases = {
  key: credential.optional().meta({ deprecated: true, description: 'Alias of credential.', writeOnly: true }),
  name: options.label.meta({ deprecated: true, description: 'Alias of label.' }),
  disabled: flag().optional().meta({ deprecated: true, description: 'The opposite of enabled.' }),
  allowed_models: options.supported_models.meta({
    deprecated: true,
    description: 'Alias of supported_models.',
  }),
};

export const createProviderKeyBody = z.strictObject({
  provider: token(64),
  credential_type: credentialTypes.optional().meta({ description: "Default: the provider's first." }),
  credential: credential.optional(),
  ...options,
  ...aliases,
});
export const updateProviderKeyBody = z.strictObject({
  provider: token(64).optional(),
  credential_type: credentialTypes.optional(),
  credential: credential.optional(),
  ...options,
  ...aliases,
});
const testModel = token(256)
  .optional()
  .meta({ description: 'Test with this model, where the provider allows.' });
export const testProviderKeyBody = z.strictObject({ ...createProviderKeyBody.shape, model: testModel });
export const testSavedProviderKeyBody = z.strictObject({ model: testModel }).optional();

export const providerKeyId = token(64);
export const listProviderKeysQuery = z.strictObject({
  offset,
  limit,
  provider: token(64).optional(),
  ...workspaceScope,
});

const lastError = z.strictObject({
  status: z.number().nullable(),
  class: z.enum(FAILURE_CLASSES),
  message: z.string().meta({ description: "The provider's words, redacted and cut." }),
  at: z.string(),
  advice: z.string().meta({ description: 'What to do about it, in one sentence of ours.' }),
});
export const providerKeyObject = z
  .strictObject({
    id: providerKeyId,
    source: choice(['byok', 'platform']),
    provider: z.string(),
    credential_type: credentialTypes,
    label: z.string(),
    hint: z.string().meta({ description: 'What may be shown of the secret.' }),
    options: z
      .record(z.string(), z.union([z.string(), z.record(z.string(), z.string())]))
      .meta({ description: "The provider's settings that are not secret, e.g. deployments." }),
    always_use: z.boolean(),
    fallback_policy: choice(['allow', 'deny']),
    weight: z.number(),
    rpm_limit: z.number().nullable(),
    base_url: z.string().nullable(),
    region: z.string().nullable(),
    supported_models: z.array(z.string()).nullable(),
    daily_budget_usd: z.number().nullable(),
    monthly_budget_usd: z.number().nullable(),
    hard_budget: z.boolean(),
    max_concurrency: z.number().nullable(),
    enabled: z.boolean(),
    spent_today_usd: z.number(),
    spent_month_usd: z.number(),
    health: z.strictObject({
      state: choice(['healthy', 'cooling_down', 'unhealthy', 'unreadable']),
      until: z.string().nullable(),
      last_error: lastError.nullable(),
      models: z
        .array(z.strictObject({ model: z.string(), until: z.string().nullable() }))
        .meta({ description: 'The models for which the key is benched now.' }),
    }),
    created_at: z.string(),
    updated_at: z.string(),
    last_used_at: z.string().nullable(),
  })
  .meta({ id: 'ProviderKey' });

export const providerKeyAnswer = z.strictObject({ data: providerKeyObject });
export const savedProviderKeyAnswer = z.strictObject({
  data: providerKeyObject,
  warnings: z.array(z.string()).meta({ description: 'What is allowed but probably not meant.' }),
});
export const providerKeyListAnswer = z.strictObject({
  data: z.array(providerKeyObject),
  total_count: z.number(),
});

export const KEY_TEST_CLASSES = [
  'ok',
  'bad_credential',
  'no_such_model',
  'no_quota',
  'limited',
  'network',
  'cannot_test',
  'misconfigured',
] as const;
export const keyTestAnswer = z.strictObject({
  data: z
    .strictObject({
      ok: z.boolean(),
      class: z.enum(KEY_TEST_CLASSES),
      message: z.string(),
      status: z.number().nullable(),
      latency_ms: z.number(),
    })
    .meta({ id: 'KeyTest' }),
});
