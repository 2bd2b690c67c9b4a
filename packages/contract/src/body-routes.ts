/** The routes of kept bodies: off by default, turned on by people, seen by people. */
import { z } from 'zod';
import { defineRoute } from './route.ts';
import { bodyKeepingAnswer, changeBodyKeepingBody, generationContentAnswer } from './schemas/bodies.ts';
import { workspaceScope } from './schemas/fields.ts';
import { generationQuery } from './schemas/generations.ts';

/** No key of any kind turns it on, and none reads what somebody said. */
const inPerson = { kinds: [], tag: 'Kept bodies' } as const;
const keeping = {
  ...inPerson,
  path: '/api/v1/workspace/bodies',
  query: z.strictObject(workspaceScope),
  answer: bodyKeepingAnswer,
} as const;

export const bodyRoutes = {
  getBodyKeeping: defineRoute({
    ...keeping,
    method: 'GET',
    permission: 'workspace.read',
    summary: 'Whether the bodies of requests and answers are kept, how long, and how much there is.',
  }),
  changeBodyKeeping: defineRoute({
    ...keeping,
    method: 'PATCH',
    permission: 'workspace.manage',
    summary: 'Turn it on or off. Off stops at once and deletes nothing.',
    body: changeBodyKeepingBody,
  }),
  deleteKeptBodies: defineRoute({
    ...keeping,
    method: 'DELETE',
    permission: 'workspace.manage',
    summary: 'Delete all bodies that are kept of the workspace. Cannot be undone.',
  }),
  getGenerationContent: defineRoute({
    ...inPerson,
    method: 'GET',
    path: '/api/v1/generation/content',
    permission: 'bodies.read',
    summary:
      'What the caller sent and got, where it was kept. Each reading is in the audit log. A 404 says in `metadata.reason` why there is nothing.',
    query: generationQuery,
    answer: generationContentAnswer,
    errors: ['not_found'],
  }),
} as const;
