/**
 * Tells who listens, in this process, which generations have just ended. A listener must return at once; the ledger
 * waits for none.
 */
import type { GenerationId, Ledger, WorkspaceId } from '@arouter/core';

export type EndedGeneration = { readonly workspaceId: WorkspaceId; readonly id: GenerationId };
export type GenerationFeed = {
  /** The same ledger, telling of what ends. */
  observe(ledger: Ledger): Ledger;
  /** Returns how to stop listening. */
  listen(listener: (ended: EndedGeneration) => void): () => void;
};

export function createGenerationFeed(): GenerationFeed {
  const listeners = new Set<(ended: EndedGeneration) => void>();
  const tell = ({
    workspaceId,
    id,
  }: {
    readonly workspaceId: WorkspaceId;
    readonly id: GenerationId;
  }): void => {
    for (const listener of listeners) listener({ workspaceId, id });
  };
  return {
    observe: (ledger) => ({
      open: (row) => ledger.open(row),
      settle(row) {
        const settled = ledger.settle(row);
        // Nearly always nobody listens.
        if (!row.final || listeners.size === 0) return settled;
        return settled.then(() => tell(row.generation));
      },
      refuse: (row) => {
        ledger.refuse(row);
        if (listeners.size > 0) tell(row.generation);
      },
    }),
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
