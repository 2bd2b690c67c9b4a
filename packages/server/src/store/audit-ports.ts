/** The audit log as the store keeps it: a chain in the order of its sequence. */
import type { AuditTarget } from '@arouter/contract';
import type { Instant, WorkspaceId } from '@arouter/core';

export type AuditEntry = {
  readonly at: Instant;
  /** Whom it is about; the owner of platform keys for what belongs to the instance. */
  readonly workspaceId: WorkspaceId;
  readonly actor: {
    readonly type: 'user' | 'api_key' | 'link' | 'command';
    readonly id: string;
    readonly name: string;
  };
  readonly action: string;
  readonly target: { readonly type: AuditTarget; readonly id: string; readonly name: string };
  readonly changes: readonly FieldChange[];
  readonly ip: string | null;
  readonly requestId: string;
};
/** As the management API shows the field; null: there was, or is, none. */
export type FieldChange = { readonly field: string; readonly before: unknown; readonly after: unknown };

export type StoredAuditEntry = AuditEntry & { readonly sequence: number; readonly hash: string };

export type AuditQuery = {
  readonly workspaceId: WorkspaceId;
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly target?: string | undefined;
  readonly from?: Instant | undefined;
  /** Exclusive. */
  readonly to?: Instant | undefined;
  /** Only entries before it. */
  readonly beforeSequence?: number | undefined;
  readonly limit: number;
};

export interface AuditStore {
  /** Takes out the note of the same request. Rejects with StoreConflict when the sequence is taken: someone else appended. */
  append(entry: StoredAuditEntry): Promise<void>;
  newest(): Promise<{ readonly sequence: number; readonly hash: string } | undefined>;
  /** Newest first. */
  list(query: AuditQuery): Promise<readonly StoredAuditEntry[]>;
  /** In the order of the chain, for whoever checks it. */
  after(sequence: number, limit: number): Promise<readonly StoredAuditEntry[]>;
  /** Of changes that have no entry yet. */
  notes(): Promise<readonly AuditEntry[]>;
  forgetNote(requestId: string): Promise<void>;
}
