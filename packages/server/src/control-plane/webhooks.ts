/** Webhook destinations: the signing secret and the headers are sealed for their origin and never shown again. */
import { WEBHOOK_EVENT_TYPES, type RouteInput, type WebhookEventType } from '@arouter/contract';
import { GatewayError, type WorkspaceId } from '@arouter/core';
import type { Delivery, WebhookRecord } from '../store/webhook-ports.ts';
import { sendWebhook } from '../webhooks/send-webhook.ts';
import { createWebhookSecret } from '../webhooks/sign-delivery.ts';
import { payloadOf } from '../webhooks/webhook-events.ts';
import { createTurns } from '../instance/create-turns.ts';
import type { ControlPlaneDeps } from './deps.ts';
import { shownTime, shownTimeOrNull, type Call, type Handlers } from './handler.ts';

const ID_BYTES = 12;
const WEBHOOKS_MAX = 20;
const PAGE_SIZE_DEFAULT = 50;
const MASK = '••••';

const DESCRIPTIONS: Readonly<Record<WebhookEventType, string>> = {
  'generation.completed': 'A request has ended, with its usage, cost and source.',
  'provider_key.unhealthy': 'A provider refused the credential of a key; it is left out until it is mended.',
  'provider_key.cooling_down': 'A key is left out for a while after failures.',
  'provider_key.recovered': 'A key serves again.',
  'budget.reached': 'The daily or monthly budget of a key is spent.',
  'credits.low': 'A tenth or less of the credits is left.',
  test: 'A sample, sent on request.',
};

type Deps = Pick<
  ControlPlaneDeps,
  | 'store'
  | 'vault'
  | 'checkDestination'
  | 'transport'
  | 'webhookDispatcher'
  | 'webhooksChanged'
  | 'clock'
  | 'random'
>;
type WebhookRoute =
  | 'listWebhooks'
  | 'createWebhook'
  | 'getWebhook'
  | 'updateWebhook'
  | 'deleteWebhook'
  | 'rotateWebhookSecret'
  | 'testWebhookConnection'
  | 'sendWebhookTestEvent'
  | 'listWebhookEventTypes'
  | 'listWebhookDeliveries'
  | 'retryWebhookDelivery';

export function webhookHandlers(deps: Deps): Handlers<WebhookRoute> {
  const { webhooks } = deps.store;
  const inTurn = createTurns();
  return {
    listWebhooks: async ({ workspace }) => ({ data: (await webhooks.list(workspace)).map(shownWebhook) }),
    createWebhook: (call) => inTurn(call.workspace, () => createWebhook(deps, call)),
    getWebhook: async ({ workspace, params }) => shownWebhook(await find(deps, workspace, params.id)),
    // Headers and secret are sealed together: what one change reads, no other may have changed before it writes.
    updateWebhook: (call) => inTurn(call.params.id, () => updateWebhook(deps, call)),
    deleteWebhook: async ({ workspace, params }) => {
      if (!(await webhooks.delete(workspace, params.id))) throw webhookNotFound();
      deps.webhooksChanged();
      return { data: { deleted: true } };
    },
    rotateWebhookSecret: (call) => inTurn(call.params.id, () => rotateSecret(deps, call)),
    testWebhookConnection: (call) => testConnection(deps, call),
    sendWebhookTestEvent: async ({ workspace, body }) => {
      const webhook = await find(deps, workspace, body.endpoint_id);
      return { data: shownDelivery(await deps.webhookDispatcher.deliver(await testDelivery(deps, webhook))) };
    },
    listWebhookEventTypes: async () => ({
      data: WEBHOOK_EVENT_TYPES.map((type) => ({ type, description: DESCRIPTIONS[type] })),
    }),
    listWebhookDeliveries: (call) => listDeliveries(deps, call),
    retryWebhookDelivery: async ({ workspace, params }) => {
      const delivery = await webhooks.delivery(workspace, params.id);
      if (delivery === undefined) throw new GatewayError('not_found', 'There is no such delivery.');
      return { data: shownDelivery(await deps.webhookDispatcher.deliver(delivery)) };
    },
  };
}

async function createWebhook(deps: Deps, { workspace, body }: Call<'createWebhook'>) {
  if ((await deps.store.webhooks.list(workspace)).length >= WEBHOOKS_MAX) {
    throw new GatewayError(
      'invalid_request',
      `A workspace has at most ${WEBHOOKS_MAX} webhook destinations.`,
    );
  }
  const now = deps.clock.now();
  const secret = createWebhookSecret();
  const record: WebhookRecord = {
    id: `wh_${deps.random.hex(ID_BYTES)}`,
    workspaceId: workspace,
    name: body.name,
    url: body.url,
    method: body.method ?? 'POST',
    privacyMode: body.privacy_mode ?? false,
    samplingRate: body.sampling_rate ?? 1,
    apiKeyIds: body.api_key_ids ?? null,
    eventTypes: body.event_types ?? null,
    disabled: false,
    headerNames: Object.keys(body.headers ?? {}),
    destination: originOf(deps, body.url),
    sealed: new Uint8Array(),
    createdAt: now,
    updatedAt: now,
  };
  const sealed = await seal(deps, record, { secret, ...headerFields(body.headers) });
  await deps.store.webhooks.create(sealed);
  deps.webhooksChanged();
  return { endpoint: shownWebhook(sealed), secret };
}

/** A header may hold a token: it goes to the origin it was entered for, and nowhere else. */
async function updateWebhook(deps: Deps, { workspace, params, body }: Call<'updateWebhook'>) {
  const current = await find(deps, workspace, params.id);
  const { secret = '', ...values } = deps.vault.openFields('webhooks', current);
  const url = body.url ?? current.url;
  const destination = originOf(deps, url);
  const kept = destination === current.destination ? values : {};
  const fields = body.headers === undefined ? kept : headerFields(body.headers);
  const next: WebhookRecord = {
    ...current,
    url,
    destination,
    name: body.name ?? current.name,
    method: body.method ?? current.method,
    privacyMode: body.privacy_mode ?? current.privacyMode,
    samplingRate: body.sampling_rate ?? current.samplingRate,
    apiKeyIds: body.api_key_ids === undefined ? current.apiKeyIds : body.api_key_ids,
    eventTypes: body.event_types === undefined ? current.eventTypes : body.event_types,
    disabled: body.disabled ?? current.disabled,
    headerNames: Object.keys(fields).map((field) => field.slice(HEADER_PREFIX.length)),
    updatedAt: deps.clock.now(),
  };
  const sealed = await seal(deps, next, { secret, ...fields });
  if (!(await deps.store.webhooks.update(sealed))) throw webhookNotFound();
  deps.webhooksChanged();
  return shownWebhook(sealed);
}

async function rotateSecret(deps: Deps, { workspace, params }: Call<'rotateWebhookSecret'>) {
  const current = await find(deps, workspace, params.id);
  const secret = createWebhookSecret();
  const fields = { ...deps.vault.openFields('webhooks', current), secret };
  const sealed = { ...(await seal(deps, current, fields)), updatedAt: deps.clock.now() };
  if (!(await deps.store.webhooks.update(sealed))) throw webhookNotFound();
  return { secret };
}

async function testConnection(deps: Deps, { body }: Call<'testWebhookConnection'>) {
  originOf(deps, body.url);
  const result = await sendWebhook(deps.transport, {
    url: body.url,
    method: body.method ?? 'POST',
    headers: [...Object.entries(body.headers ?? {}), ['x-test-connection', 'true'] as const],
    body: '{}',
  });
  if (result.kind === 'failed') return { reachable: false, error: result.error };
  // Who checks what arrives may well refuse an empty event: it is there all the same.
  const reachable = (result.status >= 200 && result.status < 300) || result.status === 400;
  const error = `The host answered with status ${result.status}.`;
  return { reachable, status_code: result.status, ...(reachable ? {} : { error }) };
}

async function testDelivery(deps: Deps, webhook: WebhookRecord): Promise<Delivery> {
  const createdAt = deps.clock.now();
  const id = `whd_${deps.random.hex(ID_BYTES)}`;
  const event = {
    id: `test:${id}`,
    type: 'test',
    workspaceId: webhook.workspaceId,
    data: { message: 'A sample event from ARouter.' },
  } as const;
  const payload = payloadOf(event, createdAt, webhook.privacyMode);
  const row = { id, webhookId: webhook.id, workspaceId: webhook.workspaceId, payload, createdAt };
  await deps.store.webhooks.enqueue([{ ...row, eventType: 'test', eventId: event.id }]);
  const stored = await deps.store.webhooks.delivery(webhook.workspaceId, id);
  if (stored === undefined) throw new Error('a delivery that was stored is missing');
  return stored;
}

async function listDeliveries(deps: Deps, { workspace, query }: Call<'listWebhookDeliveries'>) {
  const limit = query.limit ?? PAGE_SIZE_DEFAULT;
  const rows = await deps.store.webhooks.deliveries(
    workspace,
    { webhookId: query.endpoint_id, state: query.state },
    { before: query.cursor === undefined ? null : Number(query.cursor), limit: limit + 1 },
  );
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    data: shown.map(shownDelivery),
    next_cursor: rows.length > limit && last !== undefined ? String(last.sequence) : null,
  };
}

function originOf(deps: Pick<Deps, 'checkDestination'>, url: string): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (cause) {
    throw new GatewayError('invalid_request', '`url` is not a URL.', { cause });
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw new GatewayError('invalid_request', '`url` must not hold a name or password; use `headers`.');
  }
  const verdict = deps.checkDestination(parsed.origin);
  if (!verdict.ok) throw new GatewayError('egress_denied', `\`url\`: ${verdict.reason}`);
  return verdict.origin;
}

const HEADER_PREFIX = 'header ';

function headerFields(headers: RouteInput<'createWebhook'>['body']['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [HEADER_PREFIX + name, value]),
  );
}

async function seal(
  { vault }: Deps,
  record: WebhookRecord,
  fields: Readonly<Record<string, string>>,
): Promise<WebhookRecord> {
  await vault.ensureWorkspace(record.workspaceId);
  return { ...record, sealed: vault.sealFields('webhooks', record, fields) };
}

async function find(
  { store }: Pick<Deps, 'store'>,
  workspace: WorkspaceId,
  id: string,
): Promise<WebhookRecord> {
  const webhook = await store.webhooks.get(workspace, id);
  if (webhook === undefined) throw webhookNotFound();
  return webhook;
}

function webhookNotFound(): GatewayError {
  return new GatewayError('not_found', 'There is no such webhook destination in the workspace.');
}

function shownWebhook(webhook: WebhookRecord) {
  const { headerNames } = webhook;
  return {
    id: webhook.id,
    name: webhook.name,
    url: webhook.url,
    method: webhook.method,
    headers: headerNames.length === 0 ? null : Object.fromEntries(headerNames.map((name) => [name, MASK])),
    privacy_mode: webhook.privacyMode,
    sampling_rate: webhook.samplingRate,
    api_key_ids: webhook.apiKeyIds === null ? null : [...webhook.apiKeyIds],
    event_types: webhook.eventTypes === null ? null : [...webhook.eventTypes],
    disabled: webhook.disabled,
    created_at: shownTime(webhook.createdAt),
    updated_at: shownTime(webhook.updatedAt),
  };
}

function shownDelivery(delivery: Delivery) {
  return {
    id: delivery.id,
    endpoint_id: delivery.webhookId,
    event_type: delivery.eventType,
    event_id: delivery.eventId,
    state: delivery.state,
    attempts: delivery.attempts,
    status_code: delivery.statusCode,
    error: delivery.error,
    created_at: shownTime(delivery.createdAt),
    next_attempt_at: shownTimeOrNull(delivery.nextAttemptAt),
    delivered_at: shownTimeOrNull(delivery.deliveredAt),
  };
}
