/** The routes that show what happened: sums over time, errors by key, single requests as they come. */
import { defineRoute } from './route.ts';
import { streamGenerationsQuery } from './schemas/generations.ts';
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
} as const;
