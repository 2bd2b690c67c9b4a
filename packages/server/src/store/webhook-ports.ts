/** The part of the Store port that is about webhooks. */
import type { WebhookEventType } from '@arouter/contract';
import type { Instant, WorkspaceId } from '@arouter/core';

export type WebhookRecord = {
  readonly id: string;
  readonly workspaceId: WorkspaceId;
  readonly name: string;
  readonly url: string;
  readonly method: 'POST' | 'PUT';
  readonly privacyMode: boolean;
  /** 0 to 1, of generation.completed. */
  readonly samplingRate: number;
  readonly apiKeyIds: readonly string[] | null;
  readonly eventTypes: readonly WebhookEventType[] | null;
  readonly disabled: boolean;
  /** Their values are sealed. */
  readonly headerNames: readonly string[];
  /** Origin that the seal is bound to. */
  readonly destination: string;
  /** The signing secret and the values of the headers. */
  readonly sealed: Uint8Array;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
};
export type Delivery = {
  readonly sequence: number;
  readonly id: string;
  readonly webhookId: string;
  readonly workspaceId: WorkspaceId;
  readonly eventType: WebhookEventType;
  readonly eventId: string;
  readonly payload: string;
  readonly state: 'pending' | 'delivered' | 'dead';
  readonly attempts: number;
  readonly statusCode: number | null;
  readonly error: string | null;
  readonly createdAt: Instant;
  readonly nextAttemptAt: Instant | null;
  readonly deliveredAt: Instant | null;
};
export type NewDelivery = Pick<
  Delivery,
  'id' | 'webhookId' | 'workspaceId' | 'eventType' | 'eventId' | 'payload' | 'createdAt'
>;
export type DeliveryOutcome = Pick<
  Delivery,
  'state' | 'attempts' | 'statusCode' | 'error' | 'nextAttemptAt' | 'deliveredAt'
>;
export interface WebhookStore {
  create(record: WebhookRecord): Promise<void>;
  /** Of all workspaces where none is named. */
  list(workspace: WorkspaceId | null): Promise<readonly WebhookRecord[]>;
  get(workspace: WorkspaceId, id: string): Promise<WebhookRecord | undefined>;
  update(record: WebhookRecord): Promise<boolean>;
  /** With what waits for it. */
  delete(workspace: WorkspaceId, id: string): Promise<boolean>;
  /** An event that a destination has already is not added again. */
  enqueue(deliveries: readonly NewDelivery[]): Promise<void>;
  /** Pending and due: the longest due of every destination first, then the second of every, and so on. */
  due(
    at: Instant,
    limits: { readonly perDestination: number; readonly all: number },
  ): Promise<readonly Delivery[]>;
  settle(id: string, outcome: DeliveryOutcome): Promise<void>;
  delivery(workspace: WorkspaceId, id: string): Promise<Delivery | undefined>;
  /** Newest first. */
  deliveries(
    workspace: WorkspaceId,
    filter: { readonly webhookId?: string | undefined; readonly state?: Delivery['state'] | undefined },
    page: { readonly before: number | null; readonly limit: number },
  ): Promise<readonly Delivery[]>;
  /** Those that ended before the moment. */
  forget(before: Instant): Promise<void>;
}
