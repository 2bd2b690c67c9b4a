/** The routing decision as it is shown: previewed, or stored with a generation. */
import { z } from 'zod';
import { choice, token, workspaceScope } from './fields.ts';
import { previewChanges, previewDraft } from './models.ts';

const reason = z
  .looseObject({
    code: z.string(),
    message: z.string().meta({ description: 'One sentence: why, and until when or what to change.' }),
  })
  .meta({ id: 'ExclusionReason' });

export const verdict = z
  .strictObject({
    provider_key_id: z.string(),
    label: z.string(),
    source: choice(['byok', 'platform']),
    provider: z.string(),
    kind: choice(['ranked', 'excluded']),
    rank: z.number().nullable().meta({ description: 'Order of trial, from 1.' }),
    share: z.number().nullable().meta({ description: 'Chance, 0-1, of being tried first within its tier.' }),
    upstream_model: z.string().nullable(),
    reason: reason.nullable(),
  })
  .meta({ id: 'Verdict' });

export const routePlan = z
  .strictObject({ model: z.string(), verdicts: z.array(verdict) })
  .meta({ id: 'RoutePlan' });

export const previewQuery = z.strictObject({
  api_key: token(64).optional().meta({
    description:
      'Hash or id of the API key whose restrictions apply; default: none, or the calling inference key.',
  }),
  ...workspaceScope,
});
/** A chat request as callers send it: its fields are the dialect's business, so they pass. */
export const previewBody = z.looseObject({
  model: z
    .string({ error: 'must be a model name' })
    .min(1, { error: 'must be a model name' })
    .max(256, { error: 'must be at most 256 characters' })
    .optional(),
  changes: previewChanges.optional().meta({ description: 'What if these keys were so.' }),
  draft: previewDraft.optional().meta({ description: 'What if there were this key too; its id is "draft".' }),
});
export const previewAnswer = z.strictObject({
  data: z.strictObject({
    model: z.string(),
    verdicts: z.array(verdict),
    fallbacks: z
      .array(routePlan)
      .meta({ description: "The plans for the request's further models, in order." }),
  }),
});
