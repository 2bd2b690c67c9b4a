/** The one shape of all errors: string codes at both places that official clients read (`contract.md` § 3.1). */
import { z } from 'zod';

export const errorAnswer = z
  .strictObject({
    error: z.strictObject({
      message: z.string(),
      type: z.string(),
      code: z.string(),
      request_id: z.string(),
      metadata: z.record(z.string(), z.unknown()).optional(),
    }),
    code: z.string(),
    message: z.string(),
  })
  .meta({ id: 'Error' });
export type ErrorAnswer = z.output<typeof errorAnswer>;
