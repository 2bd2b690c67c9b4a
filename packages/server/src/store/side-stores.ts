/** The stores beside configuration and ledger: people, their changes, and whom to tell. */
import { createAuditStore } from './audit-store.ts';
import { createIdentityStore } from './identity-store.ts';
import { createInvitationStore, createMemberStore } from './member-store.ts';
import type { SqlExecutor } from './sql-executor.ts';
import type { Store } from './store.ts';
import { createWebhookStore } from './webhook-store.ts';

type SideStores = Pick<Store, 'identity' | 'members' | 'invitations' | 'audit' | 'webhooks'>;

export function createSideStores(executor: SqlExecutor): SideStores {
  return {
    identity: createIdentityStore(executor),
    members: createMemberStore(executor),
    invitations: createInvitationStore(executor),
    audit: createAuditStore(executor),
    webhooks: createWebhookStore(executor),
  };
}
