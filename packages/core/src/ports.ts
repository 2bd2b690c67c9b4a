/**
 * What the core needs from the world, and nothing else. Each port says how it behaves when it fails.
 * Every adapter of a port passes the same contract suite.
 */
import type { AttemptOpened, AttemptSettled, GenerationRefused } from './keys/generation.ts';
import type { Clock } from './clock.ts';
import type { ApiKeyRecord, WorkspaceRecord } from './keys/api-key.ts';
import type { Credential, ProviderKeyRecord } from './keys/provider-key.ts';
import type { Demand, Reading, Reservation, ReserveResult, SettleAmounts } from './limits/limits.ts';
import type { Health, HealthScope, HealthUpdate, Outcome } from './routing/health.ts';
import type { ServableModel } from './routing/choose-models.ts';
import type { EndpointSpeed, SpeedSample } from './routing/endpoint-speed.ts';
import type { ModelCandidate } from './routing/route-plan.ts';
import type { ProviderId, WorkspaceId } from './values.ts';
import type { ProviderManifest } from './wire/provider-manifest.ts';
import type { Transport, WireLimits } from './wire/wire.ts';

export type { CancelSignal, Clock } from './clock.ts';
export type { Transport } from './wire/wire.ts';

export interface Random {
  /** [0, 1). */
  uniform(): number;
  /** A 32-bit seed for one request's draws, stored with the plan so that it can be replayed. */
  seed(): number;
  /** Lower-case hex from a secure source. */
  hex(bytes: number): string;
}

/**
 * The configuration as one immutable value, replaced when its version changes; reading it costs no query.
 * Never fails: an adapter keeps the last good value.
 */
export interface ConfigSnapshot {
  readonly version: number;
  /** How many workspaces of people there are; the platform's own is none. */
  readonly workspaceCount: number;
  workspace(id: WorkspaceId): WorkspaceRecord | undefined;
  /** By the public part of the key. */
  apiKey(id: string): ApiKeyRecord | undefined;
  /** The workspace's own keys and then the platform keys, deleted ones left out. */
  providerKeys(workspace: WorkspaceId): readonly ProviderKeyRecord[];
  /** The model as asked for → what it is and which providers serve it; undefined when nobody does. */
  resolveModel(name: string, context: ModelNameContext): ModelCandidate | undefined;
  /** What the router may choose from when it is asked for `auto`. */
  servableModels(workspace: WorkspaceId): readonly ServableModel[];
  /** A provider's id from any of its spellings; undefined when unknown. */
  providerId(name: string): ProviderId | undefined;
}
/** How a bare model name is read: by the providers that natively speak the caller's dialect first. */
export type ModelNameContext = { readonly defaultProvider: ProviderId; readonly workspace: WorkspaceId };

/**
 * Durable rows. Fails closed: a rejected `open` means that nothing may be sent; a rejected `settle` is retried by
 * the adapter until it is durable or the process ends (then the next start settles it as interrupted).
 */
export interface Ledger {
  /** Resolves when the row survives `kill -9`. */
  open(row: AttemptOpened): Promise<void>;
  /** Idempotent by (generation, attempt number). Resolves when durable. */
  settle(row: AttemptSettled): Promise<void>;
  /** A request that reached no provider. Not awaited by the pipeline; bounded, may be dropped under overload. */
  refuse(row: GenerationRefused): void;
}

/**
 * Fast shared state: windows, budgets, credits, health. All-or-nothing across the demands of one call, and nothing in it waits, so
 * that nobody comes between a reading and what is taken by it. Fails closed.
 */
export interface Counters {
  /** What the planner may know before reserving. */
  readings(demands: readonly Demand[]): readonly Reading[];
  reserve(demands: readonly Demand[]): ReserveResult;
  /** The attempt is being sent now: its windows of requests per minute begin here, not when it was reserved. */
  dispatching(reservation: Reservation): void;
  /** Settling twice is a no-op. */
  settle(reservation: Reservation, amounts: SettleAmounts): void;
  health(scope: HealthScope): Health | undefined;
  /** Applies the pure reducer `nextHealth` atomically; returns what changed. */
  applyOutcome(scopes: readonly HealthScope[], outcome: Outcome): readonly HealthUpdate[];
  /**
   * Takes the one half-open probe of every given scope whose bench has passed, all or none; false when someone else
   * has one or a bench still holds. Healthy scopes need none. A lost probe is free again after 30 s.
   */
  takeProbes(scopes: readonly HealthScope[]): boolean;
  /** Frees the probes of an attempt that said nothing about health: not made, cancelled, or the caller's own mistake. */
  releaseProbes(scopes: readonly HealthScope[]): void;
}

/** How fast endpoints were lately; a hint for sorting, lost at a restart and learned again. Never fails. */
export interface Speeds {
  observe(sample: SpeedSample): void;
  of(provider: ProviderId, upstreamModel: string): EndpointSpeed | null;
}

/** Envelope encryption. The binding is authenticated: a row copied elsewhere, or sent elsewhere, will not open. */
export interface Vault {
  /** The credential in clear, from a short-lived cache or by opening it. Throws VaultError when it cannot be read. */
  openCredential(key: ProviderKeyRecord): Credential;
  /** False when the sealed secret cannot be opened; cached, costs next to nothing. */
  isReadable(key: ProviderKeyRecord): boolean;
}

/** Compares an API key's secret with its stored keyed hash. */
export interface KeyVerifier {
  /** Undefined unless the token is well-formed, known and its keyed hash matches; costs no query. */
  verify(token: string, snapshot: ConfigSnapshot): ApiKeyRecord | undefined;
}

/** How long a provider may take, by what it was asked for. */
export type GenerationLimits = {
  readonly answer: WireLimits;
  readonly stream: WireLimits;
  /** Between two pictures of a stream nothing comes, however long the second takes to be drawn. */
  readonly pictures: WireLimits;
};

export interface Ports {
  readonly clock: Clock;
  readonly random: Random;
  readonly config: () => ConfigSnapshot;
  readonly keyVerifier: KeyVerifier;
  readonly ledger: Ledger;
  readonly counters: Counters;
  readonly speeds: Speeds;
  readonly vault: Vault;
  readonly transport: Transport;
  readonly wireLimits: GenerationLimits;
  readonly providers: ReadonlyMap<ProviderId, ProviderManifest>;
}
