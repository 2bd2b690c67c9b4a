/** Units and identities. A number or string that means something carries its meaning in its type. */

declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

export type WorkspaceId = Branded<string, 'WorkspaceId'>;
/** The public part of an API key (12 base62 characters); says nothing about its secret. */
export type ApiKeyId = Branded<string, 'ApiKeyId'>;
export type ProviderKeyId = Branded<string, 'ProviderKeyId'>;
export type GenerationId = Branded<string, 'GenerationId'>;
export type ProviderId = Branded<string, 'ProviderId'>;
/** `provider/model`, the form in which the catalogue names a model. */
export type ModelId = Branded<string, 'ModelId'>;
/** A wire format, e.g. `openai-chat`. */
export type DialectId = Branded<string, 'DialectId'>;

/** Milliseconds since 1970 UTC, always from the Clock port. */
export type Instant = Branded<number, 'Instant'>;
/** Integer nano-USD (10⁻⁹ USD). Safe up to 9 million USD; sums beyond that are taken in the database. */
export type NanoUsd = Branded<number, 'NanoUsd'>;

export const NANO_PER_USD = 1_000_000_000;
/** The owner of platform keys: not a workspace that a person can join. */
export const PLATFORM_WORKSPACE = 'ws_platform' as WorkspaceId;

export function nanoUsd(amount: number): NanoUsd {
  if (!Number.isSafeInteger(amount)) throw new RangeError(`not an integer amount of nano-USD: ${amount}`);
  return amount as NanoUsd;
}

/** USD as people write it to nano-USD, rounded to the nearest integer. */
export function usdToNano(usd: number): NanoUsd {
  return nanoUsd(Math.round(usd * NANO_PER_USD));
}

export function nanoToUsd(amount: NanoUsd): number {
  return amount / NANO_PER_USD;
}

export function instant(ms: number): Instant {
  return ms as Instant;
}

export function laterBy(at: Instant, ms: number): Instant {
  return (at + ms) as Instant;
}

/** Where a provider key comes from: the workspace's own, or the operator's. */
export type KeySource = 'byok' | 'platform';
