/** Webhook destinations and what was delivered to them; `contract.md` § 15 with the deliveries made visible. */
import { z } from 'zod';
import {
  choice,
  flag,
  nameForPeople,
  PAGE_SIZE_MAX,
  queryWhole,
  saying,
  token,
  workspaceScope,
} from './fields.ts';

export const WEBHOOK_EVENT_TYPES = [
  'generation.completed',
  'provider_key.unhealthy',
  'provider_key.cooling_down',
  'provider_key.recovered',
  'budget.reached',
  'credits.low',
  'test',
] as const;
export type WebhookEventType = (typeof WEBHOOK_EVENT_TYPES)[number];

const HEADERS_MAX = 20;
const method = choice(['POST', 'PUT']);

function url() {
  const error = saying('must be an https URL of at most 2048 characters');
  return z
    .string({ error })
    .max(2048, { error })
    .regex(/^https?:\/\/[\x21-\x7e]+$/, { error });
}

/** Their own: what we set ourselves cannot be replaced. */
function headers() {
  const error = saying(`must be at most ${HEADERS_MAX} header fields of printable characters`);
  const name = z
    .string()
    .max(64, { error })
    .regex(/^(?!host$|content-|transfer-|connection$|webhook-)[A-Za-z][A-Za-z0-9-]*$/i, { error });
  const value = z
    .string({ error })
    .max(1024, { error })
    .regex(/^[\x20-\x7e]*$/, { error });
  return z
    .record(name, value, { error })
    .refine((all) => Object.keys(all).length <= HEADERS_MAX, { error })
    .meta({ writeOnly: true });
}
const samplingError = saying('must be a number from 0 to 1');
const options = {
  method: method.optional().meta({ description: 'Default POST.' }),
  headers: headers().nullable().optional(),
  privacy_mode: flag().optional().meta({ description: 'Leaves out names of keys and words of providers.' }),
  sampling_rate: z
    .number({ error: samplingError })
    .min(0, { error: samplingError })
    .max(1, { error: samplingError })
    .optional()
    .meta({ description: 'Of generation.completed; 0 and absent mean all.' }),
  api_key_ids: z
    .array(token(64))
    .max(100, { error: 'must be a list of at most 100 ids' })
    .nullable()
    .optional()
    .meta({ description: 'Only generations of these API keys; null = all.' }),
  event_types: z
    .array(choice(WEBHOOK_EVENT_TYPES))
    .max(WEBHOOK_EVENT_TYPES.length, { error: 'must be a list of event types' })
    .nullable()
    .optional()
    .meta({ description: 'Null = all.' }),
};

export const createWebhookBody = z.strictObject({ name: nameForPeople(), url: url(), ...options });
export const updateWebhookBody = z.strictObject({
  name: nameForPeople().optional(),
  url: url().optional(),
  disabled: flag().optional(),
  ...options,
});

export const webhookObject = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    url: z.string(),
    method,
    headers: z.record(z.string(), z.string()).nullable().meta({ description: 'Values are masked.' }),
    privacy_mode: z.boolean(),
    sampling_rate: z.number(),
    api_key_ids: z.array(z.string()).nullable(),
    event_types: z.array(z.enum(WEBHOOK_EVENT_TYPES)).nullable(),
    disabled: z.boolean(),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .meta({ id: 'WebhookDestination' });
const secret = z.string().meta({ description: 'Signs deliveries (Standard Webhooks, v1). Shown once.' });
export const createWebhookAnswer = z.strictObject({ endpoint: webhookObject, secret });
export const webhookListAnswer = z.strictObject({ data: z.array(webhookObject) });
export const webhookSecretAnswer = z.strictObject({ secret });

export const testConnectionBody = z.strictObject({
  url: url(),
  method: method.optional(),
  headers: headers().nullable().optional(),
});
export const testConnectionAnswer = z.strictObject({
  reachable: z.boolean(),
  status_code: z.number().optional(),
  error: z.string().optional(),
});
export const testEventBody = z.strictObject({ endpoint_id: token(64) });

export const deliveryObject = z
  .strictObject({
    id: z.string(),
    endpoint_id: z.string(),
    event_type: z.string(),
    event_id: z.string(),
    state: choice(['pending', 'delivered', 'dead']),
    attempts: z.number(),
    status_code: z.number().nullable(),
    error: z.string().nullable().meta({ description: 'In our words: nothing of the answer is kept.' }),
    created_at: z.string(),
    next_attempt_at: z.string().nullable(),
    delivered_at: z.string().nullable(),
  })
  .meta({ id: 'WebhookDelivery' });
export const deliveryAnswer = z.strictObject({ data: deliveryObject });
export const deliveriesQuery = z.strictObject({
  endpoint_id: token(64).optional(),
  state: choice(['pending', 'delivered', 'dead']).optional(),
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, { error: 'must be a next_cursor of an earlier answer' })
    .optional(),
  limit: queryWhole(1, PAGE_SIZE_MAX).optional().meta({ description: 'Default 50.' }),
  ...workspaceScope,
});
export const deliveriesAnswer = z.strictObject({
  data: z.array(deliveryObject),
  next_cursor: z.string().nullable(),
});
export const eventTypesAnswer = z.strictObject({
  data: z.array(z.strictObject({ type: z.enum(WEBHOOK_EVENT_TYPES), description: z.string() })),
});
