/** All that the control plane needs of the rest of the server, asked for narrowly. */
import type {
  ApiKeyId,
  ApiKeyKind,
  ApiKeyRecord,
  Clock,
  ConfigSnapshot,
  Counters,
  Credential,
  Health,
  KeyVerifier,
  NanoUsd,
  ProviderId,
  ProviderKeyId,
  ProviderKeyRecord,
  ProviderManifest,
  Random,
  RoutePlan,
  Transport,
  Vault,
  WorkspaceId,
} from '@arouter/core';
import type { KEY_TEST_CLASSES } from '@arouter/contract';
import type { GenerationFeed } from '../instance/generation-feed.ts';
import type { AuditLog } from '../audit/create-audit-log.ts';
import type { BodyStore } from '../bodies/body-store.ts';
import type { Hypothesis } from '../preview/hypothetical-keys.ts';
import type { People } from '../people/people.ts';
import type { Store } from '../store/store.ts';
import type { OpenVault } from '../vault/open-vault.ts';
import type { SingleSignOn } from './single-sign-on.ts';
import type { WebhookDispatcher } from '../webhooks/webhook-dispatcher.ts';

export type ControlPlaneDeps = {
  readonly store: ControlPlaneStore;
  readonly vault: CredentialVault;
  /** Makes a new token; the token itself is shown once and kept nowhere. */
  readonly issueApiKey: IssueApiKey;
  readonly keyVerifier: KeyVerifier;
  readonly snapshot: () => ConfigSnapshot;
  /** Resolves when the snapshot holds every change that was durable before the call. */
  readonly refreshSnapshot: () => Promise<void>;
  readonly health: KeyHealth;
  readonly testKey: (candidate: KeyTestCandidate) => Promise<KeyTestResult>;
  /** Throws GatewayError (`invalid_request`, `model_not_found`). Sends nothing. */
  readonly previewRoute: (request: PreviewRequest) => Promise<readonly RoutePlan[]>;
  /** For webhooks: guarded like all calls to the outside. */
  readonly transport: Pick<Transport, 'send'>;
  readonly webhookDispatcher: Pick<WebhookDispatcher, 'deliver'>;
  /** Called when destinations were added, changed or removed. */
  readonly webhooksChanged: () => void;
  readonly checkDestination: (url: string) => DestinationVerdict;
  readonly providers: ReadonlyMap<ProviderId, ProviderManifest>;
  /** Tells the counters that a workspace has more credits; called after the grant is durable. */
  readonly creditsGranted: (workspace: WorkspaceId, amountNano: NanoUsd) => Promise<void>;
  readonly people: People;
  readonly generationFeed: Pick<GenerationFeed, 'listen'>;
  readonly bodies: Pick<BodyStore, 'rules' | 'find' | 'bytesOf' | 'deleteOf'>;
  readonly audit: AuditLog;
  readonly firstRun: FirstRun;
  /** Null: not configured. */
  readonly sso: SingleSignOn | null;
  /** The origins of this gateway's own pages, e.g. `https://gateway.example.com`. */
  readonly origins: () => ReadonlySet<string>;
  /** Where people open the dashboard, for links: the first of the origins. */
  readonly pageUrl: () => string;
  readonly clock: Clock;
  readonly random: Pick<Random, 'hex' | 'uniform'>;
  readonly log: Log;
  /** Of the program; shown in the OpenAPI document. */
  readonly version: string;
};

export type ControlPlaneStore = Pick<
  Store,
  | 'workspaces'
  | 'apiKeys'
  | 'providerKeys'
  | 'prices'
  | 'credits'
  | 'generations'
  | 'usage'
  | 'members'
  | 'invitations'
  | 'audit'
  | 'webhooks'
>;

export type FirstRun = {
  /** True while nobody owns this instance. */
  readonly isOpen: () => Promise<boolean>;
  /** True once, for the token of the printed link in time. */
  readonly consume: (token: string) => Promise<boolean>;
  /** The first workspace and an API key for it, whose token is shown once. */
  readonly createWorkspace: (name: string) => Promise<{ readonly id: WorkspaceId; readonly apiKey: string }>;
};

export type CredentialVault = Pick<Vault, 'openCredential' | 'isReadable'> &
  Pick<OpenVault, 'sealFields' | 'openFields'> & {
    /** Makes the workspace's data key when it has none. Must resolve before the first seal. */
    ensureWorkspace(workspace: WorkspaceId): Promise<void>;
    /** Bound to the row and its destination: the result opens nowhere else. */
    sealCredential(
      key: Pick<ProviderKeyRecord, 'id' | 'workspaceId' | 'destination'>,
      credential: Credential,
    ): Uint8Array;
    /** Equal for equal credentials of one workspace; says nothing about them otherwise. */
    fingerprint(workspace: WorkspaceId, credential: Credential): string;
  };

/** With an id: a new secret for that key. */
export type IssueApiKey = (kind: ApiKeyKind, id?: ApiKeyId) => IssuedApiKey;

export type IssuedApiKey = {
  readonly token: string;
  readonly id: ApiKeyId;
  readonly hash: string;
  readonly hint: string;
  readonly mac: Uint8Array;
};

export type KeyHealth = Pick<Counters, 'health' | 'applyOutcome'> & {
  /** Models on which the key has a health of its own. */
  modelsOf(key: ProviderKeyId): readonly { readonly model: string; readonly health: Health }[];
};

export type KeyTestCandidate = {
  /** Saved or about to be; its `sealed` bytes are not to be opened: the credential is beside it. */
  readonly key: ProviderKeyRecord;
  readonly credential: Credential;
  /** Which model to prove, where the provider's test allows a choice. */
  readonly model: string | null;
};
export type KeyTestResult = {
  readonly class: (typeof KEY_TEST_CLASSES)[number];
  /** Plain words; for an unknown host without any byte of its answer. */
  readonly message: string;
  readonly status: number | null;
  readonly latencyMs: number;
};

export type PreviewRequest = {
  readonly workspace: WorkspaceId;
  /** Whose restrictions apply; null: none. */
  readonly apiKey: ApiKeyRecord | null;
  /** What if the keys were so. */
  readonly hypothesis?: Hypothesis;
  readonly body: Readonly<Record<string, unknown>>;
};

export type DestinationVerdict =
  | { readonly ok: true; readonly origin: string; readonly pathPrefix: string }
  | { readonly ok: false; readonly reason: string };

/** Enumerated fields only: no free objects, no errors, nothing a caller wrote. */
export interface Log {
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}
export type LogFields = {
  readonly requestId: string;
  readonly route: string;
  readonly status?: number;
  readonly code?: string;
  readonly workspaceId?: string;
  readonly apiKeyId?: string;
  readonly userId?: string;
  readonly resourceId?: string;
  /** Of an error that is a bug: its class and stack frames, without its message. */
  readonly errorName?: string;
  readonly frames?: string;
};
