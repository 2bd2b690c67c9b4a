/**
 * What happened → deliveries to whom it interests. Every event has an id that says what it is about, so that a budget
 * is told once per period and not once per request, also across restarts.
 */
import {
  nanoToUsd,
  periodAt,
  type Clock,
  type ConfigSnapshot,
  type Health,
  type HealthUpdate,
  type NanoUsd,
  type ProviderKeyRecord,
  type Random,
  type WorkspaceId,
} from '@arouter/core';
import type { RouteAnswer, WebhookEventType } from '@arouter/contract';
import type { StoreLog } from '../store/store-log.ts';
import type { Store } from '../store/store.ts';
import type { WebhookRecord } from '../store/webhook-ports.ts';

const ID_BYTES = 12;
/** Events that wait for their rows; beyond it, further ones of generations are left out and said so in the log. */
const WAITING_MAX = 1000;
/** Of all credits ever granted. */
const CREDITS_LOW_SHARE = 0.1;
const SCOPES_MAX = 10_000;
const KNOWN_MS_MAX = 5000;

export type WebhookEvent = {
  readonly id: string;
  readonly type: WebhookEventType;
  readonly workspaceId: WorkspaceId;
  readonly data: Readonly<Record<string, unknown>>;
};
export type GenerationSummary = RouteAnswer<'listGenerations'>['data'][number];

export type WebhookEventsDeps = {
  readonly store: Pick<Store, 'webhooks' | 'usage' | 'credits'>;
  readonly snapshot: () => ConfigSnapshot;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Pick<Random, 'hex' | 'uniform'>;
  readonly log: StoreLog;
  /** Called when deliveries have been stored. */
  readonly stored: () => void;
};

export type WebhookEvents = {
  /** Asks nobody to wait, and costs nothing where nobody wants to be told; what cannot be stored is logged. */
  generationEnded(workspace: WorkspaceId, read: () => Promise<GenerationSummary | undefined>): void;
  healthChanged(updates: readonly HealthUpdate[]): void;
  /** Destinations were changed: read them again before the next event. */
  destinationsChanged(): void;
};

export function createWebhookEvents(deps: WebhookEventsDeps): WebhookEvents {
  let waiting = 0;
  const changed = createStateChanges();
  const book = createDestinationBook(deps);
  const inBackground = (work: () => Promise<void>): void => {
    if (waiting >= WAITING_MAX) {
      deps.log.warn({ waiting }, 'a webhook event was left out: too many wait');
      return;
    }
    waiting += 1;
    work()
      .catch((error: unknown) =>
        deps.log.error({ fault: String(error) }, 'a webhook event could not be stored'),
      )
      .finally(() => {
        waiting -= 1;
      });
  };
  return {
    destinationsChanged: book.forget,
    generationEnded: (workspace, read) => {
      if (book.knowsNone(workspace)) return;
      inBackground(async () => {
        const webhooks = (await book.all()).filter(({ workspaceId }) => workspaceId === workspace);
        if (webhooks.length === 0) return;
        const generation = await read();
        if (generation === undefined) return;
        await publish(deps, webhooks, completed(workspace, generation));
        for (const event of await limitEvents(deps, workspace, generation)) {
          await publish(deps, webhooks, event);
        }
      });
    },
    healthChanged: (updates) => {
      for (const update of updates.filter(changed)) {
        inBackground(async () => publishHealth(deps, await book.all(), update));
      }
    },
  };
}

/** The enabled destinations, in memory: requests must not ask the store who wants to hear of them. */
function createDestinationBook({ store, clock }: Pick<WebhookEventsDeps, 'store' | 'clock'>) {
  let known: readonly WebhookRecord[] | null = null;
  let readAt = 0;
  return {
    /** True only when it is certain; another process may have added one since. */
    knowsNone: (workspace: WorkspaceId): boolean =>
      known !== null &&
      clock.now() - readAt < KNOWN_MS_MAX &&
      known.every(({ workspaceId }) => workspaceId !== workspace),
    async all(): Promise<readonly WebhookRecord[]> {
      if (known !== null && clock.now() - readAt < KNOWN_MS_MAX) return known;
      readAt = clock.now();
      known = (await store.webhooks.list(null)).filter(({ disabled }) => !disabled);
      return known;
    },
    forget(): void {
      known = null;
    },
  };
}

function completed(workspaceId: WorkspaceId, generation: GenerationSummary): WebhookEvent {
  return {
    id: `generation.completed:${generation.id}`,
    type: 'generation.completed',
    workspaceId,
    data: { generation },
  };
}

async function publish(
  deps: WebhookEventsDeps,
  webhooks: readonly WebhookRecord[],
  event: WebhookEvent,
): Promise<void> {
  const wanting = webhooks.filter((webhook) => wants(deps, webhook, event));
  if (wanting.length === 0) return;
  const createdAt = deps.clock.now();
  await deps.store.webhooks.enqueue(
    wanting.map((webhook) => ({
      id: `whd_${deps.random.hex(ID_BYTES)}`,
      webhookId: webhook.id,
      workspaceId: event.workspaceId,
      eventType: event.type,
      eventId: event.id,
      payload: payloadOf(event, createdAt, webhook.privacyMode),
      createdAt,
    })),
  );
  deps.stored();
}

function wants({ random }: WebhookEventsDeps, webhook: WebhookRecord, event: WebhookEvent): boolean {
  if (webhook.disabled) return false;
  if (webhook.eventTypes !== null && !webhook.eventTypes.includes(event.type)) return false;
  if (event.type !== 'generation.completed') return true;
  const { api_key_id: key } = (event.data as { readonly generation: GenerationSummary }).generation;
  if (webhook.apiKeyIds !== null && !webhook.apiKeyIds.includes(key)) return false;
  return webhook.samplingRate === 0 || random.uniform() < webhook.samplingRate;
}

/** `privacy_mode`: no names that people gave, no words of providers; `contract.md` § 15. */
export function payloadOf(event: WebhookEvent, at: number, privacyMode: boolean): string {
  const data = privacyMode
    ? Object.fromEntries(
        Object.entries(event.data).filter(([name]) => name !== 'key_name' && name !== 'failure_reason'),
      )
    : event.data;
  const { id, type, workspaceId } = event;
  return JSON.stringify({
    id,
    type,
    created_at: new Date(at).toISOString(),
    workspace_id: workspaceId,
    data,
  });
}

/** Only what people would call a change: a key that is benched or well again, not every count in between. */
function createStateChanges(): (update: HealthUpdate) => boolean {
  const states = new Map<string, Health['state']>();
  return ({ scope, health }) => {
    const key = JSON.stringify(scope);
    const before = states.get(key) ?? 'healthy';
    if (states.size >= SCOPES_MAX) states.clear();
    if (health.state === 'healthy') states.delete(key);
    else states.set(key, health.state);
    return before !== health.state;
  };
}

async function publishHealth(
  deps: WebhookEventsDeps,
  webhooks: readonly WebhookRecord[],
  { scope, health }: HealthUpdate,
): Promise<void> {
  if (scope.kind === 'provider_model') return;
  const config = deps.snapshot();
  const workspaces = new Set(webhooks.map(({ workspaceId }) => workspaceId));
  for (const workspaceId of workspaces) {
    const key = config
      .providerKeys(workspaceId)
      .find(({ id, source }) => id === scope.key && source === 'byok');
    if (key === undefined) continue;
    const event = healthEvent(key, { scope, health }, deps.clock.now());
    await publish(
      deps,
      webhooks.filter((each) => each.workspaceId === workspaceId),
      event,
    );
  }
}

const HEALTH_EVENTS = {
  healthy: 'provider_key.recovered',
  cooling_down: 'provider_key.cooling_down',
  unhealthy: 'provider_key.unhealthy',
} as const;

function healthEvent(key: ProviderKeyRecord, { scope, health }: HealthUpdate, at: number): WebhookEvent {
  const type = HEALTH_EVENTS[health.state];
  return {
    id: `${type}:${key.id}:${at}`,
    type,
    workspaceId: key.workspaceId,
    data: {
      provider_key_id: key.id,
      provider: key.provider,
      key_name: key.label,
      model: scope.kind === 'key_model' ? scope.model : null,
      until: health.until === null ? null : new Date(health.until).toISOString(),
      failure_class: health.lastError?.class ?? null,
      failure_reason: health.lastError?.message ?? null,
    },
  };
}

/** Told by the request that reached it. */
async function limitEvents(
  deps: WebhookEventsDeps,
  workspaceId: WorkspaceId,
  generation: GenerationSummary,
): Promise<readonly WebhookEvent[]> {
  const budgets = await budgetEvents(deps, workspaceId, generation);
  const credits = await creditsEvent(deps, workspaceId);
  return credits === null ? budgets : [...budgets, credits];
}

async function budgetEvents(
  deps: WebhookEventsDeps,
  workspaceId: WorkspaceId,
  { provider_key_id: keyId }: GenerationSummary,
): Promise<readonly WebhookEvent[]> {
  const key = deps
    .snapshot()
    .providerKeys(workspaceId)
    .find(({ id, source }) => id === keyId && source === 'byok');
  if (key === undefined) return [];
  const events: WebhookEvent[] = [];
  for (const [period, budget] of [
    ['day', key.dailyBudgetNano],
    ['month', key.monthlyBudgetNano],
  ] as const) {
    if (budget === null) continue;
    const { from, to } = periodAt(period, deps.clock.now());
    if (to === null) continue;
    const spent = (await deps.store.usage.providerKeySpend([key.id], from, to)).get(key.id) ?? 0;
    if (spent < budget) continue;
    events.push({
      id: `budget.reached:${key.id}:${period}:${from}:${budget}`,
      type: 'budget.reached',
      workspaceId,
      data: {
        provider_key_id: key.id,
        provider: key.provider,
        key_name: key.label,
        period,
        budget_usd: nanoToUsd(budget),
        spent_usd: nanoToUsd(spent as NanoUsd),
        resets_at: new Date(to).toISOString(),
      },
    });
  }
  return events;
}

async function creditsEvent(deps: WebhookEventsDeps, workspaceId: WorkspaceId): Promise<WebhookEvent | null> {
  if (deps.snapshot().workspace(workspaceId)?.unmetered !== false) return null;
  const { grantedNano, usedNano } = await deps.store.credits.balance(workspaceId);
  const left = grantedNano - usedNano;
  if (grantedNano <= 0 || left > grantedNano * CREDITS_LOW_SHARE) return null;
  return {
    id: `credits.low:${workspaceId}:${grantedNano}`,
    type: 'credits.low',
    workspaceId,
    data: { balance_usd: nanoToUsd(left as NanoUsd), granted_usd: nanoToUsd(grantedNano as NanoUsd) },
  };
}
