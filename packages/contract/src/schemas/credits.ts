/** Prepaid credits and what moved them; `contract.md` § 12. */
import { z } from 'zod';
import {
  choice,
  flag,
  limit,
  nameForPeople,
  offset,
  printable,
  token,
  usdAboveZero,
  workspaceScope,
} from './fields.ts';

const DESCRIPTION_CHARACTERS_MAX = 500;

export const balanceQuery = z.strictObject({ ...workspaceScope });
export const balanceAnswer = z.strictObject({
  balance: z.number().meta({ description: 'USD.' }),
  currency: z.literal('USD'),
  unmetered: z.boolean().meta({ description: 'True: platform keys are used without a credit check.' }),
});
export const creditsAnswer = z.strictObject({
  data: z.strictObject({ total_credits: z.number(), total_usage: z.number() }),
});

const transaction = z
  .strictObject({
    id: z.string(),
    type: choice(['usage', 'credit']),
    amount: z.number().meta({ description: 'USD; negative for usage.' }),
    description: z.string(),
    created_at: z.string(),
  })
  .meta({ id: 'Transaction' });
export const transactionsQuery = z.strictObject({ offset, limit, ...workspaceScope });
export const transactionsAnswer = z.strictObject({
  transactions: z.array(transaction).meta({ description: 'Newest first.' }),
});

export const grantCreditsBody = z.strictObject({
  amount_usd: usdAboveZero(),
  description: printable(DESCRIPTION_CHARACTERS_MAX).optional(),
  idempotency_key: token(128)
    .optional()
    .meta({ description: 'A repeated grant with the same key is booked once.' }),
});
export const grantCreditsAnswer = z.strictObject({
  data: z.strictObject({ transaction_id: z.string(), amount_usd: z.number(), balance: z.number() }),
});

export const workspaceObject = z
  .strictObject({ id: z.string(), name: z.string(), unmetered: z.boolean(), created_at: z.string() })
  .meta({ id: 'Workspace' });
export const createWorkspaceBody = z.strictObject({ name: nameForPeople(), unmetered: flag().optional() });
export const updateWorkspaceBody = z.strictObject({
  name: nameForPeople().optional(),
  unmetered: flag().optional(),
});
export const workspaceAnswer = z.strictObject({ data: workspaceObject });
export const workspaceListAnswer = z.strictObject({
  data: z.array(workspaceObject),
  total_count: z.number(),
});
