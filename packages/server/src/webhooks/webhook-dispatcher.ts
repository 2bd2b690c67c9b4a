/**
 * Delivers what waits: events are rows before they are sent, so that a stop or a kill loses none; what was under way is
 * sent again (receivers know it by its id). Few at a time, fewer of one workspace, and one at a time per destination; who was
 * served longest ago comes first. So a destination that is slow, or has much waiting, holds up nobody but itself.
 */
import { laterBy, type Clock, type Instant, type Transport, type WireHeaders } from '@arouter/core';
import type { StoreLog } from '../store/store-log.ts';
import type { Store } from '../store/store.ts';
import type { Delivery, WebhookRecord } from '../store/webhook-ports.ts';
import type { OpenVault } from '../vault/open-vault.ts';
import { nextDelivery } from './next-delivery.ts';
import { createSending } from './create-sending.ts';
import { sendWebhook } from './send-webhook.ts';
import { signDelivery } from './sign-delivery.ts';

/** Read at a look: of each destination a few, so that one with much waiting does not hide the others. */
const DUE_AT_ONCE = { perDestination: 50, all: 200 };
/** Of a destination, before others have theirs. */
const TURN_MS_MAX = 5000;
const LOOK_EVERY_MS = 5000;
const KEPT_MS = 30 * 24 * 3_600_000;
const FORGET_EVERY_MS = 3_600_000;

export type WebhookDispatcherDeps = {
  readonly store: Pick<Store, 'webhooks'>;
  readonly vault: Pick<OpenVault, 'openFields'>;
  readonly transport: Pick<Transport, 'send'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: StoreLog;
};
export type WebhookDispatcher = {
  /** Looks at once for what is due. */
  wake(): void;
  /** One delivery, now, whatever its turn. */
  deliver(delivery: Delivery): Promise<Delivery>;
  /** Waits for what is being sent. */
  close(): Promise<void>;
};

export function createWebhookDispatcher(deps: WebhookDispatcherDeps): WebhookDispatcher {
  const busy = new Set<string>();
  const sending = createSending();
  let looking: Promise<void> | null = null;
  let again = false;
  let isClosed = false;
  let forgottenAt = 0;

  async function look(): Promise<void> {
    const now = deps.clock.now();
    if (now - forgottenAt > FORGET_EVERY_MS) {
      forgottenAt = now;
      await deps.store.webhooks.forget(laterBy(now, -KEPT_MS));
    }
    if (sending.isFull()) return;
    const due = await deps.store.webhooks.due(now, DUE_AT_ONCE);
    for (const queue of sending.inOrder([...Map.groupBy(due, ({ webhookId }) => webhookId).values()])) {
      if (!isClosed)
        sending.start(queue, (leave) =>
          sendQueue(deps, busy, { queue, isClosed: () => isClosed })
            .catch(report)
            .then(() => {
              leave();
              wake();
            }),
        );
    }
  }
  const report = (error: unknown): void =>
    deps.log.error({ fault: String(error) }, 'webhooks could not be delivered');

  function wake(): void {
    if (isClosed) return;
    if (looking !== null) {
      again = true;
      return;
    }
    looking = look()
      .catch(report)
      .finally(() => {
        looking = null;
        if (!again) return;
        again = false;
        wake();
      });
  }
  const timer = setInterval(wake, LOOK_EVERY_MS);
  timer.unref();
  return {
    wake,
    deliver: (delivery) => deliverOnce(deps, busy, delivery),
    async close() {
      isClosed = true;
      clearInterval(timer);
      await looking;
      await sending.ended();
    },
  };
}

/** What is left when its time is up waits until the others have had their turn. */
async function sendQueue(
  deps: WebhookDispatcherDeps,
  busy: Set<string>,
  { queue, isClosed }: { readonly queue: readonly Delivery[]; readonly isClosed: () => boolean },
): Promise<void> {
  const until = laterBy(deps.clock.now(), TURN_MS_MAX);
  for (const delivery of queue) {
    if (isClosed() || deps.clock.now() >= until) return;
    await deliverOnce(deps, busy, delivery);
  }
}

async function deliverOnce(
  deps: WebhookDispatcherDeps,
  busy: Set<string>,
  delivery: Delivery,
): Promise<Delivery> {
  if (busy.has(delivery.id)) return delivery;
  busy.add(delivery.id);
  try {
    const webhook = await deps.store.webhooks.get(delivery.workspaceId, delivery.webhookId);
    const at = deps.clock.now();
    const result =
      webhook === undefined || webhook.disabled
        ? ({ kind: 'failed', error: 'The destination was disabled or removed.' } as const)
        : await sendWebhook(deps.transport, callOf(deps, webhook, { delivery, at }));
    const outcome = nextDelivery(delivery, result, deps.clock.now());
    await deps.store.webhooks.settle(delivery.id, outcome);
    return { ...delivery, ...outcome };
  } finally {
    busy.delete(delivery.id);
  }
}

function callOf(
  { vault }: WebhookDispatcherDeps,
  webhook: WebhookRecord,
  { delivery, at }: { readonly delivery: Delivery; readonly at: Instant },
) {
  const { secret = '', ...values } = vault.openFields('webhooks', webhook);
  const own: WireHeaders = webhook.headerNames.map((name) => [
    name.toLowerCase(),
    values[`header ${name}`] ?? '',
  ]);
  const body = delivery.payload;
  const signature = signDelivery(secret, { id: delivery.eventId, at, body });
  return { url: webhook.url, method: webhook.method, headers: [...own, ...signature], body };
}
