/** The routes that show what happened: sums over time, errors by key, single requests as they come. */
import { z } from 'zod';
import { defineRoute } from './route.ts';
import { workspaceScope } from './schemas/fields.ts';
import { streamGenerationsQuery } from './schemas/generations.ts';
import { catalogueAnswer, catalogueQuery, shareAnswer, shareBody } from './schemas/models.ts';
import {
  sparklinesAnswer,
  sparklinesQuery,
  usageErrorsAnswer,
  usageErrorsQuery,
  usageExportQuery,
} from './schemas/usage.ts';

const MANAGERS = ['management', 'operator'] as const;
const usage = { kinds: MANAGERS, permission: 'usage.read', tag: 'Usage', method: 'GET' } as const;

export const insightRoutes = {
  getUsageErrors: defineRoute({
    ...usage,
    path: '/api/usage/errors',
    summary: 'Failed attempts by provider key and by class of failure.',
    query: usageErrorsQuery,
    answer: usageErrorsAnswer,
    errors: ['not_found'],
  }),
  getSparklines: defineRoute({
    ...usage,
    path: '/api/usage/sparklines',
    summary: 'Attempts and failures per hour of the last day, for all provider keys at once.',
    query: sparklinesQuery,
    answer: sparklinesAnswer,
  }),
  exportUsage: defineRoute({
    ...usage,
    path: '/api/usage/export',
    summary: 'The usage of every key, model and source over time, as a table for spreadsheets.',
    query: usageExportQuery,
    contentType: 'text/csv',
    answer: null,
    errors: ['not_found'],
  }),
  streamGenerations: defineRoute({
    method: 'GET',
    path: '/api/v1/generations/stream',
    tag: 'Generations',
    summary:
      'Requests as they end, as server-sent events: `generation` with a summary, `dropped` with a count when the reader is too slow. Ends after 30 minutes.',
    kinds: MANAGERS,
    permission: 'generations.read',
    query: streamGenerationsQuery,
    contentType: 'text/event-stream',
    answer: null,
    errors: ['not_found', 'rate_limit_exceeded'],
  }),
  getCatalogue: defineRoute({
    method: 'GET',
    path: '/api/v1/catalogue',
    tag: 'Catalogue',
    summary: "The models that are known, with prices, and which of the workspace's keys would serve them.",
    kinds: MANAGERS,
    permission: 'routing.preview',
    query: catalogueQuery,
    answer: catalogueAnswer,
  }),
  shareOfDraft: defineRoute({
    method: 'POST',
    path: '/api/v1/routing/share',
    tag: 'Routing',
    summary: 'The share that a key would have beside its sisters with this weight. Stores and sends nothing.',
    kinds: MANAGERS,
    permission: 'routing.preview',
    query: z.strictObject(workspaceScope),
    body: shareBody,
    answer: shareAnswer,
  }),
} as const;
