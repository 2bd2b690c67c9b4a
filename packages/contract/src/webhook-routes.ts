/** The routes of webhooks; `contract.md` § 15. */
import { z } from 'zod';
import { defineRoute } from './route.ts';
import { deletedAnswer } from './schemas/api-keys.ts';
import { token, workspaceScope } from './schemas/fields.ts';
import {
  createWebhookAnswer,
  createWebhookBody,
  deliveriesAnswer,
  deliveriesQuery,
  deliveryAnswer,
  eventTypesAnswer,
  testConnectionAnswer,
  testConnectionBody,
  testEventBody,
  updateWebhookBody,
  webhookListAnswer,
  webhookObject,
  webhookSecretAnswer,
} from './schemas/webhooks.ts';

const MANAGERS = ['management', 'operator'] as const;
const scopeQuery = z.strictObject(workspaceScope);
const byId = z.strictObject({ id: token(64) });
const read = { kinds: MANAGERS, permission: 'webhooks.read', tag: 'Webhooks', query: scopeQuery } as const;
const manage = { ...read, permission: 'webhooks.manage' } as const;

export const webhookRoutes = {
  listWebhooks: defineRoute({
    ...read,
    method: 'GET',
    path: '/api/webhooks/endpoints',
    summary: 'The webhook destinations of the workspace.',
    answer: webhookListAnswer,
  }),
  createWebhook: defineRoute({
    ...manage,
    method: 'POST',
    path: '/api/webhooks/endpoints',
    summary:
      'Add a webhook destination. The secret that signs deliveries is in this answer and nowhere else.',
    body: createWebhookBody,
    answer: createWebhookAnswer,
    status: 201,
    errors: ['egress_denied'],
  }),
  getWebhook: defineRoute({
    ...read,
    method: 'GET',
    path: '/api/webhooks/endpoints/{id}',
    summary: 'One webhook destination.',
    params: byId,
    answer: webhookObject,
    errors: ['not_found'],
  }),
  updateWebhook: defineRoute({
    ...manage,
    method: 'PATCH',
    path: '/api/webhooks/endpoints/{id}',
    summary:
      'Change a webhook destination. Absent fields stay. A new origin drops headers that are not sent again.',
    params: byId,
    body: updateWebhookBody,
    answer: webhookObject,
    errors: ['not_found', 'egress_denied'],
  }),
  deleteWebhook: defineRoute({
    ...manage,
    method: 'DELETE',
    path: '/api/webhooks/endpoints/{id}',
    summary: 'Remove a webhook destination and what waits for it.',
    params: byId,
    answer: deletedAnswer,
    errors: ['not_found'],
  }),
  rotateWebhookSecret: defineRoute({
    ...manage,
    method: 'POST',
    path: '/api/webhooks/endpoints/{id}/rotate-secret',
    summary: 'A new signing secret; the old one is gone at once.',
    params: byId,
    answer: webhookSecretAnswer,
    errors: ['not_found'],
  }),
  testWebhookConnection: defineRoute({
    ...manage,
    method: 'POST',
    path: '/api/webhooks/test-connection',
    summary: 'Whether a URL answers, without a saved destination.',
    body: testConnectionBody,
    answer: testConnectionAnswer,
    errors: ['egress_denied'],
  }),
  sendWebhookTestEvent: defineRoute({
    ...manage,
    method: 'POST',
    path: '/api/webhooks/test-event',
    summary: 'Send a sample event to a saved destination now.',
    body: testEventBody,
    answer: deliveryAnswer,
    errors: ['not_found'],
  }),
  listWebhookEventTypes: defineRoute({
    ...read,
    method: 'GET',
    path: '/api/webhooks/event-types',
    summary: 'What can be told.',
    answer: eventTypesAnswer,
  }),
  listWebhookDeliveries: defineRoute({
    ...read,
    method: 'GET',
    path: '/api/webhooks/deliveries',
    summary: 'What was delivered, waits, or was given up, newest first.',
    query: deliveriesQuery,
    answer: deliveriesAnswer,
  }),
  retryWebhookDelivery: defineRoute({
    ...manage,
    method: 'POST',
    path: '/api/webhooks/deliveries/{id}/retry',
    summary: 'Try a delivery again now.',
    params: byId,
    answer: deliveryAnswer,
    errors: ['not_found'],
  }),
} as const;
