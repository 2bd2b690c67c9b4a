/** Webhooks of a running instance: what happens in it becomes deliveries, and deliveries are sent. */
import type { Engine } from '../instance/build-engine.ts';
import type { Instance } from '../instance/open-instance.ts';
import { shownGenerationSummary } from '../control-plane/generation-view.ts';
import type { StoreLog } from '../store/store-log.ts';
import { createWebhookDispatcher, type WebhookDispatcher } from './webhook-dispatcher.ts';
import { createWebhookEvents, type WebhookEvents } from './webhook-events.ts';

export type Webhooks = { readonly dispatcher: WebhookDispatcher; readonly events: WebhookEvents };

export function startWebhooks(
  { store, vault, clock, random }: Instance,
  { transport, live, generationFeed, listenToHealth }: Engine,
  log: StoreLog,
): Webhooks {
  const dispatcher = createWebhookDispatcher({ store, vault, transport, clock, log });
  const events = createWebhookEvents({
    store,
    snapshot: live.current,
    clock,
    random,
    log,
    stored: dispatcher.wake,
  });
  generationFeed.listen(({ workspaceId, id }) =>
    events.generationEnded(workspaceId, async () => {
      const generation = await store.generations.get(workspaceId, id);
      return generation && shownGenerationSummary(generation);
    }),
  );
  listenToHealth(events.healthChanged);
  return { dispatcher, events };
}
