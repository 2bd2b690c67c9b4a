/* oxlint-disable max-lines -- a table of data, one entry per route */
/**
 * The management API, whole: what the control plane registers, what the OpenAPI document and the client are made of.
 * A route that is not here does not exist; a route that is here and has no handler stops the start.
 */
import { z } from 'zod';
import { auditRoutes } from './audit-routes.ts';
import { bodyRoutes } from './body-routes.ts';
import { defineRoute } from './route.ts';
import {
  apiKeyAnswer,
  apiKeyHash,
  apiKeyListAnswer,
  createApiKeyAnswer,
  createApiKeyBody,
  currentKeyAnswer,
  deletedAnswer,
  listApiKeysQuery,
  updateApiKeyBody,
} from './schemas/api-keys.ts';
import {
  priceAnswer,
  priceListAnswer,
  providerModelsAnswer,
  providersAnswer,
  removePriceQuery,
  setPriceBody,
} from './schemas/catalogue.ts';
import {
  balanceAnswer,
  balanceQuery,
  createWorkspaceBody,
  creditsAnswer,
  grantCreditsAnswer,
  grantCreditsBody,
  transactionsAnswer,
  transactionsQuery,
  updateWorkspaceBody,
  workspaceAnswer,
  workspaceListAnswer,
} from './schemas/credits.ts';
import { token, workspaceScope } from './schemas/fields.ts';
import {
  generationAnswer,
  generationQuery,
  generationsAnswer,
  generationsQuery,
} from './schemas/generations.ts';
import {
  createProviderKeyBody,
  keyTestAnswer,
  listProviderKeysQuery,
  providerKeyAnswer,
  providerKeyId,
  providerKeyListAnswer,
  savedProviderKeyAnswer,
  testProviderKeyBody,
  testSavedProviderKeyBody,
  updateProviderKeyBody,
} from './schemas/provider-keys.ts';
import { previewAnswer, previewBody, previewQuery } from './schemas/routing.ts';
import {
  usageSummaryAnswer,
  usageSummaryQuery,
  usageTimeSeriesAnswer,
  usageTimeSeriesQuery,
} from './schemas/usage.ts';
import { insightRoutes as moreInsightRoutes } from './insight-routes.ts';
import { memberRoutes } from './member-routes.ts';
import { webhookRoutes } from './webhook-routes.ts';
import { sessionRoutes } from './session-routes.ts';

const MANAGERS = ['management', 'operator'] as const;
const EVERYONE = ['inference', 'management', 'operator'] as const;
const OPERATOR = ['operator'] as const;

const scopeQuery = z.strictObject(workspaceScope);
const byHash = z.strictObject({ hash: apiKeyHash });
const byProviderKeyId = z.strictObject({ id: providerKeyId });
const byProviderId = z.strictObject({ id: token(64) });
const byWorkspaceId = z.strictObject({ id: token(64) });

const apiKeyRoutes = {
  listApiKeys: defineRoute({
    method: 'GET',
    path: '/api/v1/keys',
    aliases: ['/v1/keys'],
    tag: 'API keys',
    summary:
      "List the workspace's API keys, newest first; disabled ones only when asked for. Developers see their own.",
    kinds: MANAGERS,
    permission: 'api_keys.read',
    query: listApiKeysQuery,
    answer: apiKeyListAnswer,
  }),
  createApiKey: defineRoute({
    method: 'POST',
    path: '/api/v1/keys',
    aliases: ['/v1/keys'],
    tag: 'API keys',
    summary: 'Create an API key. The key itself is in this answer and nowhere else.',
    kinds: MANAGERS,
    permission: 'api_keys.manage',
    query: scopeQuery,
    body: createApiKeyBody,
    answer: createApiKeyAnswer,
    status: 201,
  }),
  getApiKey: defineRoute({
    method: 'GET',
    path: '/api/v1/keys/{hash}',
    aliases: ['/v1/keys/{hash}'],
    tag: 'API keys',
    summary: 'Read an API key and its spend.',
    kinds: MANAGERS,
    permission: 'api_keys.read',
    params: byHash,
    query: scopeQuery,
    answer: apiKeyAnswer,
    errors: ['not_found'],
  }),
  updateApiKey: defineRoute({
    method: 'PATCH',
    path: '/api/v1/keys/{hash}',
    aliases: ['/v1/keys/{hash}'],
    tag: 'API keys',
    summary: 'Change an API key. Absent fields stay; null clears.',
    kinds: MANAGERS,
    permission: 'api_keys.manage',
    params: byHash,
    query: scopeQuery,
    body: updateApiKeyBody,
    answer: apiKeyAnswer,
    errors: ['not_found'],
  }),
  deleteApiKey: defineRoute({
    method: 'DELETE',
    path: '/api/v1/keys/{hash}',
    aliases: ['/v1/keys/{hash}'],
    tag: 'API keys',
    summary: 'Delete an API key: it stops working at once. Can be undone for ten minutes.',
    kinds: MANAGERS,
    permission: 'api_keys.manage',
    params: byHash,
    query: scopeQuery,
    answer: deletedAnswer,
    errors: ['not_found'],
  }),
  restoreApiKey: defineRoute({
    method: 'POST',
    path: '/api/v1/keys/{hash}/restore',
    tag: 'API keys',
    summary: 'Undo a deletion within ten minutes: the same secret works again.',
    kinds: MANAGERS,
    permission: 'api_keys.manage',
    params: byHash,
    query: scopeQuery,
    answer: apiKeyAnswer,
    errors: ['not_found'],
  }),
  rotateApiKey: defineRoute({
    method: 'POST',
    path: '/api/v1/keys/{hash}/rotate',
    tag: 'API keys',
    summary:
      'A new secret for the same key: its limits, spend and history stay, the old secret stops at once.',
    kinds: MANAGERS,
    permission: 'api_keys.manage',
    params: byHash,
    query: scopeQuery,
    answer: createApiKeyAnswer,
    status: 201,
    errors: ['not_found'],
  }),
  getCurrentKey: defineRoute({
    method: 'GET',
    path: '/api/v1/key',
    aliases: ['/v1/key'],
    tag: 'API keys',
    summary: 'The calling inference key: its limit and spend.',
    kinds: ['inference'],
    permission: null,
    answer: currentKeyAnswer,
  }),
} as const;

const byokRoutes = {
  listByok: defineRoute({
    method: 'GET',
    path: '/api/v1/byok',
    tag: 'Provider keys',
    summary: "List the workspace's provider keys with health and spend.",
    kinds: MANAGERS,
    permission: 'provider_keys.read',
    query: listProviderKeysQuery,
    answer: providerKeyListAnswer,
  }),
  createByok: defineRoute({
    method: 'POST',
    path: '/api/v1/byok',
    tag: 'Provider keys',
    summary: 'Add a provider key. The credential is sealed and never returned.',
    kinds: MANAGERS,
    permission: 'provider_keys.manage',
    query: scopeQuery,
    body: createProviderKeyBody,
    answer: savedProviderKeyAnswer,
    status: 201,
    errors: ['egress_denied'],
  }),
  testUnsavedByok: defineRoute({
    method: 'POST',
    path: '/api/v1/byok/test',
    tag: 'Provider keys',
    summary: 'Test a credential before saving it. Nothing is stored.',
    kinds: MANAGERS,
    permission: 'provider_keys.manage',
    query: scopeQuery,
    body: testProviderKeyBody,
    answer: keyTestAnswer,
    errors: ['egress_denied', 'rate_limit_exceeded'],
  }),
  getByok: defineRoute({
    method: 'GET',
    path: '/api/v1/byok/{id}',
    tag: 'Provider keys',
    summary: 'Read a provider key.',
    kinds: MANAGERS,
    permission: 'provider_keys.read',
    params: byProviderKeyId,
    query: scopeQuery,
    answer: providerKeyAnswer,
    errors: ['not_found'],
  }),
  updateByok: defineRoute({
    method: 'PATCH',
    path: '/api/v1/byok/{id}',
    tag: 'Provider keys',
    summary:
      'Change a provider key. A changed provider, base URL or region needs the credential again, in the same request.',
    kinds: MANAGERS,
    permission: 'provider_keys.manage',
    params: byProviderKeyId,
    query: scopeQuery,
    body: updateProviderKeyBody,
    answer: savedProviderKeyAnswer,
    errors: ['not_found', 'egress_denied', 'version_conflict'],
  }),
  deleteByok: defineRoute({
    method: 'DELETE',
    path: '/api/v1/byok/{id}',
    tag: 'Provider keys',
    summary:
      'Delete a provider key; it can be restored for ten minutes, then its secret is gone. Its past usage stays.',
    kinds: MANAGERS,
    permission: 'provider_keys.manage',
    params: byProviderKeyId,
    query: scopeQuery,
    answer: deletedAnswer,
    errors: ['not_found'],
  }),
  restoreByok: defineRoute({
    method: 'POST',
    path: '/api/v1/byok/{id}/restore',
    tag: 'Provider keys',
    summary: 'Undo a deletion within ten minutes.',
    kinds: MANAGERS,
    permission: 'provider_keys.manage',
    params: byProviderKeyId,
    query: scopeQuery,
    answer: providerKeyAnswer,
    errors: ['not_found'],
  }),
  testByok: defineRoute({
    method: 'POST',
    path: '/api/v1/byok/{id}/test',
    tag: 'Provider keys',
    summary: 'Test a saved key. Success ends its bench; a refused credential makes it unhealthy.',
    kinds: MANAGERS,
    permission: 'provider_keys.manage',
    params: byProviderKeyId,
    query: scopeQuery,
    body: testSavedProviderKeyBody,
    answer: keyTestAnswer,
    errors: ['not_found', 'rate_limit_exceeded'],
  }),
  reenableByok: defineRoute({
    method: 'POST',
    path: '/api/v1/byok/{id}/reenable',
    tag: 'Provider keys',
    summary: 'End the bench of a key and enable it.',
    kinds: MANAGERS,
    permission: 'provider_keys.manage',
    params: byProviderKeyId,
    query: scopeQuery,
    answer: providerKeyAnswer,
    errors: ['not_found', 'version_conflict'],
  }),
} as const;

/** The operator's keys have the same options and machinery, and belong to no workspace. */
const platform = {
  kinds: OPERATOR,
  permission: 'operator',
  scope: 'instance',
  tag: 'Platform keys',
} as const;
const platformListQuery = listProviderKeysQuery.omit({ workspace_id: true });
const platformKeyRoutes = {
  listPlatformKeys: defineRoute({
    ...byokRoutes.listByok,
    ...platform,
    path: '/api/v1/platform-keys',
    query: platformListQuery,
    summary: "List the operator's provider keys with health and spend.",
  }),
  createPlatformKey: defineRoute({
    ...byokRoutes.createByok,
    ...platform,
    path: '/api/v1/platform-keys',
    query: null,
  }),
  testUnsavedPlatformKey: defineRoute({
    ...byokRoutes.testUnsavedByok,
    ...platform,
    path: '/api/v1/platform-keys/test',
    query: null,
  }),
  getPlatformKey: defineRoute({
    ...byokRoutes.getByok,
    ...platform,
    path: '/api/v1/platform-keys/{id}',
    query: null,
  }),
  updatePlatformKey: defineRoute({
    ...byokRoutes.updateByok,
    ...platform,
    path: '/api/v1/platform-keys/{id}',
    query: null,
  }),
  deletePlatformKey: defineRoute({
    ...byokRoutes.deleteByok,
    ...platform,
    path: '/api/v1/platform-keys/{id}',
    query: null,
  }),
  restorePlatformKey: defineRoute({
    ...byokRoutes.restoreByok,
    ...platform,
    path: '/api/v1/platform-keys/{id}/restore',
    query: null,
  }),
  testPlatformKey: defineRoute({
    ...byokRoutes.testByok,
    ...platform,
    path: '/api/v1/platform-keys/{id}/test',
    query: null,
  }),
  reenablePlatformKey: defineRoute({
    ...byokRoutes.reenableByok,
    ...platform,
    path: '/api/v1/platform-keys/{id}/reenable',
    query: null,
  }),
} as const;

const moneyRoutes = {
  getBalance: defineRoute({
    method: 'GET',
    path: '/api/v1/balance',
    tag: 'Credits',
    summary: "The workspace's credit balance in USD.",
    kinds: EVERYONE,
    permission: 'credits.read',
    query: balanceQuery,
    answer: balanceAnswer,
  }),
  getCredits: defineRoute({
    method: 'GET',
    path: '/api/v1/credits',
    tag: 'Credits',
    summary: 'Credits granted and used, in all.',
    kinds: MANAGERS,
    permission: 'credits.read',
    query: scopeQuery,
    answer: creditsAnswer,
  }),
  listTransactions: defineRoute({
    method: 'GET',
    path: '/api/v1/transactions',
    aliases: ['/v1/billing/transactions'],
    tag: 'Credits',
    summary: 'What moved the balance, newest first.',
    kinds: MANAGERS,
    permission: 'billing.read',
    query: transactionsQuery,
    answer: transactionsAnswer,
  }),
  grantCredits: defineRoute({
    method: 'POST',
    path: '/api/v1/workspaces/{id}/credits',
    tag: 'Credits',
    summary: 'Grant credits to a workspace.',
    kinds: OPERATOR,
    permission: 'operator',
    scope: 'instance',
    params: byWorkspaceId,
    body: grantCreditsBody,
    answer: grantCreditsAnswer,
    status: 201,
    errors: ['not_found'],
  }),
  listPrices: defineRoute({
    method: 'GET',
    path: '/api/v1/prices',
    tag: 'Prices',
    summary: "The operator's own prices, which win over the shipped catalogue.",
    kinds: MANAGERS,
    permission: 'account',
    scope: 'instance',
    answer: priceListAnswer,
  }),
  setPrice: defineRoute({
    method: 'PUT',
    path: '/api/v1/prices',
    tag: 'Prices',
    summary: "Set the price of a provider's model: the remedy for price_unknown.",
    kinds: OPERATOR,
    permission: 'operator',
    scope: 'instance',
    body: setPriceBody,
    answer: priceAnswer,
  }),
  removePrice: defineRoute({
    method: 'DELETE',
    path: '/api/v1/prices',
    tag: 'Prices',
    summary: "Remove the operator's price; the catalogue's applies again.",
    kinds: OPERATOR,
    permission: 'operator',
    scope: 'instance',
    query: removePriceQuery,
    answer: deletedAnswer,
    errors: ['not_found'],
  }),
} as const;

const workspaceRoutes = {
  listWorkspaces: defineRoute({
    method: 'GET',
    path: '/api/v1/workspaces',
    tag: 'Workspaces',
    summary: 'List the workspaces; a management key sees its own.',
    kinds: MANAGERS,
    permission: 'account',
    scope: 'instance',
    answer: workspaceListAnswer,
  }),
  createWorkspace: defineRoute({
    method: 'POST',
    path: '/api/v1/workspaces',
    tag: 'Workspaces',
    summary: 'Create a workspace. Metered unless said otherwise.',
    kinds: OPERATOR,
    permission: 'operator',
    scope: 'instance',
    body: createWorkspaceBody,
    answer: workspaceAnswer,
    status: 201,
  }),
  updateWorkspace: defineRoute({
    method: 'PATCH',
    path: '/api/v1/workspaces/{id}',
    tag: 'Workspaces',
    summary: 'Rename a workspace, or turn its metering on or off.',
    kinds: OPERATOR,
    permission: 'operator',
    scope: 'instance',
    params: byWorkspaceId,
    body: updateWorkspaceBody,
    answer: workspaceAnswer,
    errors: ['not_found'],
  }),
} as const;

const insightRoutes = {
  getUsageSummary: defineRoute({
    method: 'GET',
    path: '/api/usage/summary',
    tag: 'Usage',
    summary: 'Requests, tokens and spend, own keys and platform apart. An inference key sees its own usage.',
    kinds: EVERYONE,
    permission: 'usage.read',
    query: usageSummaryQuery,
    answer: usageSummaryAnswer,
    errors: ['not_found'],
  }),
  getUsageTimeSeries: defineRoute({
    method: 'GET',
    path: '/api/usage/timeseries',
    tag: 'Usage',
    summary: 'The same over time. An inference key sees its own usage.',
    kinds: EVERYONE,
    permission: 'usage.read',
    query: usageTimeSeriesQuery,
    answer: usageTimeSeriesAnswer,
    errors: ['not_found'],
  }),
  getGeneration: defineRoute({
    method: 'GET',
    path: '/api/v1/generation',
    tag: 'Generations',
    summary:
      'One request: usage, cost, and every verdict and attempt of its routing. An inference key sees its own.',
    kinds: EVERYONE,
    permission: 'generations.read',
    query: generationQuery,
    answer: generationAnswer,
    errors: ['not_found'],
  }),
  listGenerations: defineRoute({
    method: 'GET',
    path: '/api/v1/generations',
    tag: 'Generations',
    summary: 'List requests, newest first.',
    kinds: MANAGERS,
    permission: 'generations.read',
    query: generationsQuery,
    answer: generationsAnswer,
    errors: ['not_found'],
  }),
  previewRouting: defineRoute({
    method: 'POST',
    path: '/api/v1/routing/preview',
    tag: 'Routing',
    summary: 'How a chat request would be routed now: a verdict on every key. Sends nothing.',
    kinds: EVERYONE,
    permission: 'routing.preview',
    query: previewQuery,
    body: previewBody,
    answer: previewAnswer,
    errors: ['model_not_found', 'not_found', 'model_not_allowed', 'provider_not_allowed'],
  }),
  listProviders: defineRoute({
    method: 'GET',
    path: '/api/v1/providers',
    tag: 'Providers',
    summary: 'The providers, and the form of their credentials.',
    kinds: EVERYONE,
    permission: 'account',
    scope: 'instance',
    answer: providersAnswer,
  }),
  listProviderModels: defineRoute({
    method: 'GET',
    path: '/api/v1/providers/{id}/models',
    tag: 'Providers',
    summary: 'The models of a provider that the catalogue lists, without prefix.',
    kinds: EVERYONE,
    permission: 'account',
    scope: 'instance',
    params: byProviderId,
    answer: providerModelsAnswer,
    errors: ['not_found'],
  }),
} as const;

const documentRoutes = {
  getOpenApi: defineRoute({
    method: 'GET',
    path: '/openapi.json',
    tag: 'Documentation',
    summary: 'This document.',
    kinds: [],
    permission: null,
    scope: 'instance',
    answer: z.record(z.string(), z.unknown()),
  }),
  getDocs: defineRoute({
    method: 'GET',
    path: '/docs',
    contentType: 'text/html',
    tag: 'Documentation',
    summary: 'This document as a page.',
    kinds: [],
    permission: null,
    scope: 'instance',
    answer: null,
  }),
} as const;

export const ROUTES = {
  ...sessionRoutes,
  ...memberRoutes,
  ...apiKeyRoutes,
  ...byokRoutes,
  ...platformKeyRoutes,
  ...moneyRoutes,
  ...workspaceRoutes,
  ...insightRoutes,
  ...moreInsightRoutes,
  ...auditRoutes,
  ...bodyRoutes,
  ...webhookRoutes,
  ...documentRoutes,
} as const;

export type RouteTable = typeof ROUTES;
export type RouteName = keyof RouteTable;
export const ROUTE_NAMES = Object.keys(ROUTES) as RouteName[];

/** What a handler gets (after the schema's defaults and transformations), and what a client gives (before them). */
type Checked<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;
type Unchecked<Schema> = Schema extends z.ZodType ? z.input<Schema> : undefined;
export type RouteInput<Name extends RouteName> = {
  readonly params: Checked<RouteTable[Name]['params']>;
  readonly query: Checked<RouteTable[Name]['query']>;
  readonly body: Checked<RouteTable[Name]['body']>;
};
export type RouteAnswer<Name extends RouteName> = RouteTable[Name]['answer'] extends z.ZodType
  ? z.output<RouteTable[Name]['answer']>
  : string;
/** Parts that have only optional fields may be left out. */
export type RouteRequest<Name extends RouteName> = Part<'params', Unchecked<RouteTable[Name]['params']>> &
  Part<'query', Unchecked<RouteTable[Name]['query']>> &
  Part<'body', Unchecked<RouteTable[Name]['body']>>;
type Part<Key extends string, Value> = [Value] extends [undefined]
  ? { readonly [key in Key]?: undefined }
  : Record<string, never> extends Value
    ? { readonly [key in Key]?: Value }
    : undefined extends Value
      ? { readonly [key in Key]?: Value }
      : { readonly [key in Key]: Value };
