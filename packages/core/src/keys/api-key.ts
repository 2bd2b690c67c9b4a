import type { ApiKeyId, Instant, NanoUsd, WorkspaceId } from '../values.ts';

export type WorkspaceRecord = {
  readonly id: WorkspaceId;
  readonly name: string;
  /** True: no credit check. Off once the operator turns metering on. */
  readonly unmetered: boolean;
  /** Since when the bodies of requests and answers are to be kept; null: they are not. */
  readonly bodiesKeptSince: Instant | null;
  readonly createdAt: Instant;
};

/** `inference` calls models; `management` manages one workspace; `operator` manages the instance. */
export type ApiKeyKind = 'inference' | 'management' | 'operator';
export type LimitReset = 'daily' | 'weekly' | 'monthly';

/** What callers send to us, without its secret. */
export type ApiKeyRecord = {
  readonly id: ApiKeyId;
  /** 64 hex characters: the identifier in paths. Derived from the public id, never from the secret. */
  readonly hash: string;
  readonly workspaceId: WorkspaceId;
  readonly kind: ApiKeyKind;
  readonly name: string;
  /** The masked key, e.g. `lr_live_4fG…x9Q2`. */
  readonly hint: string;
  readonly disabled: boolean;
  readonly expiresAt: Instant | null;
  readonly limitNano: NanoUsd | null;
  /** Null: a lifetime limit. */
  readonly limitReset: LimitReset | null;
  readonly includeByokInLimit: boolean;
  readonly allowedProviders: readonly string[] | null;
  readonly allowedModels: readonly string[] | null;
  readonly rpmLimit: number | null;
  readonly createdAt: Instant;
  /** The id of the person who made it; null: a key, the command line, or not known. */
  readonly createdBy: string | null;
  readonly updatedAt: Instant | null;
  /** HMAC-SHA-256 of the whole token under the instance's pepper. */
  readonly mac: Uint8Array;
};
