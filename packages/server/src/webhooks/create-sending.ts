/** Which webhook destinations are being sent to, and who is next. Few at a time, fewer of one workspace, each destination once. */
import type { Delivery } from '../store/webhook-ports.ts';

const SENDING_MAX = 8;
const SENDING_OF_WORKSPACE_MAX = 2;
/** Destinations of which it is known when they had their turn. */
const REMEMBERED_MAX = 10_000;

export function createSending() {
  const running = new Map<string, { readonly workspaceId: string; readonly done: Promise<void> }>();
  const servedAt = new Map<string, number>();
  let turn = 0;
  const isFull = (): boolean => running.size >= SENDING_MAX;
  return {
    isFull,
    /** Who was served longest ago comes first. */
    inOrder: (queues: readonly (readonly Delivery[])[]) =>
      queues.toSorted(
        ([one], [other]) =>
          (servedAt.get(one?.webhookId ?? '') ?? 0) - (servedAt.get(other?.webhookId ?? '') ?? 0),
      ),
    /** Does nothing where there is no room: what is due is found again. */
    start([first]: readonly Delivery[], send: (leave: () => void) => Promise<void>): void {
      if (first === undefined || isFull() || running.has(first.webhookId)) return;
      const { webhookId, workspaceId } = first;
      const ofWorkspace = [...running.values()].filter((each) => each.workspaceId === workspaceId);
      if (ofWorkspace.length >= SENDING_OF_WORKSPACE_MAX) return;
      turn += 1;
      servedAt.delete(webhookId);
      servedAt.set(webhookId, turn);
      const [oldest] = servedAt.keys();
      if (servedAt.size > REMEMBERED_MAX && oldest !== undefined) servedAt.delete(oldest);
      const leave = (): void => void running.delete(webhookId);
      running.set(webhookId, { workspaceId, done: send(leave) });
    },
    ended: async (): Promise<void> => void (await Promise.all([...running.values()].map(({ done }) => done))),
  };
}
