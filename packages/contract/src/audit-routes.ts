/** The routes of the audit log. */
import { defineRoute } from './route.ts';
import { auditAnswer, auditQuery, instanceAuditQuery } from './schemas/audit.ts';

export const auditRoutes = {
  listAudit: defineRoute({
    method: 'GET',
    path: '/api/v1/audit',
    tag: 'Audit',
    summary: 'Every change in the workspace: who, what, when, and what it was before.',
    kinds: ['management', 'operator'],
    permission: 'audit.read',
    query: auditQuery,
    answer: auditAnswer,
  }),
  listInstanceAudit: defineRoute({
    method: 'GET',
    path: '/api/v1/platform-audit',
    tag: 'Audit',
    summary:
      'Every change of the instance: platform keys, prices, workspaces, and what people did to their accounts.',
    kinds: ['operator'],
    permission: 'operator',
    scope: 'instance',
    query: instanceAuditQuery,
    answer: auditAnswer,
  }),
} as const;
