/** Who changed what, and when. */
import { z } from 'zod';
import { choice, limit, timestamp, token, workspaceScope } from './fields.ts';

/** What a change can be about. */
const AUDIT_TARGETS = [
  'api_key',
  'provider_key',
  'platform_key',
  'price',
  'credits',
  'workspace',
  'member',
  'invitation',
  'webhook',
  'user',
  'generation',
] as const;
export type AuditTarget = (typeof AUDIT_TARGETS)[number];

const filter = {
  actor: token(64).optional().meta({ description: 'Id of a user or an API key.' }),
  action: token(64).optional().meta({ description: 'For example `provider_key.update`.' }),
  target: token(128)
    .optional()
    .meta({ description: 'Id of what was changed; of an API key its `id`, not its hash.' }),
  start_time: timestamp().optional(),
  end_time: timestamp().optional().meta({ description: 'Exclusive.' }),
  cursor: token(64).optional(),
  limit,
};
export const auditQuery = z.strictObject({ ...filter, ...workspaceScope });
export const instanceAuditQuery = z.strictObject(filter);

const entry = z
  .strictObject({
    id: z.string(),
    at: z.string(),
    actor: z.strictObject({
      type: choice(['user', 'api_key', 'link', 'command']).meta({
        description: '`command`: whoever ran a command of `arouter` on the machine.',
      }),
      id: z.string(),
      name: z.string().meta({ description: 'As it was called then.' }),
    }),
    action: z.string(),
    target: z.strictObject({ type: choice(AUDIT_TARGETS), id: z.string(), name: z.string() }),
    changes: z
      .array(z.strictObject({ field: z.string(), before: z.unknown(), after: z.unknown() }))
      .meta({ description: 'Fields that differ, as the API shows them; never a secret.' }),
    ip: z.string().nullable(),
    request_id: z.string(),
    hash: z
      .string()
      .meta({ description: 'SHA-256 over this entry and the hash of the one before, whoever it is about.' }),
  })
  .meta({ id: 'AuditEntry' });

export const auditAnswer = z.strictObject({
  data: z.array(entry).meta({ description: 'Newest first.' }),
  next_cursor: z.string().nullable(),
});
