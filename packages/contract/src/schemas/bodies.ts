/** Kept bodies: whether a workspace keeps them, and those of one generation. */
import { z } from 'zod';
import { choice, flag } from './fields.ts';

export const bodyKeeping = z
  .strictObject({
    id: z.string().meta({ description: 'Of the workspace.' }),
    allowed: z.boolean().meta({ description: 'False: the operator of the gateway has not allowed it.' }),
    keep: z.boolean(),
    since: z.string().nullable().meta({ description: 'Since when; null while it is off.' }),
    days: z.number().meta({ description: 'After as many days kept bodies are deleted.' }),
    body_bytes_max: z.number().meta({ description: 'Of one body no more is kept.' }),
    kept_bytes: z.number().meta({ description: "What the workspace's kept bodies take on disk now." }),
  })
  .meta({ id: 'BodyKeeping' });
export const bodyKeepingAnswer = z.strictObject({ data: bodyKeeping });
export const changeBodyKeepingBody = z.strictObject({ keep: flag() });

const keptBody = z
  .strictObject({
    media_type: z.string(),
    bytes: z.number().meta({ description: 'Of the whole body.' }),
    kept_bytes: z.number(),
    cut: z.boolean().meta({ description: 'True: only its beginning was kept.' }),
    encoding: choice(['utf8', 'base64']).meta({ description: '`base64` where it is not valid UTF-8.' }),
    text: z.string().nullable().meta({ description: 'Null: it is no text, which is not kept.' }),
  })
  .meta({ id: 'KeptBody' });
export const generationContentAnswer = z.strictObject({
  data: z
    .strictObject({
      id: z.string(),
      request: keptBody,
      answer: keptBody.meta({ description: 'As it went to the caller.' }),
      stored_at: z.string(),
      expires_at: z.string(),
    })
    .meta({ id: 'GenerationContent' }),
});
