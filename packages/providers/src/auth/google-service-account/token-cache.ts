/**
 * Access tokens, one per credential: kept while they are good, replaced before they are not, fetched once however many
 * ask. A new secret of a key has a token of its own. A failure is not kept: whoever asks next tries again, but a token
 * that is still good is used meanwhile, and its replacement is not asked for more often than every RETRY_MS.
 */
import type { Instant } from '@arouter/core';
import type { AccessToken } from './fetch-token.ts';

/** From here on a new token is fetched, while the old one still serves. */
const REFRESH_BEFORE_MS = 5 * 60_000;
/** A token with less than this left may be too old on arrival. */
const USABLE_BEFORE_MS = 30_000;
const RETRY_MS = 10_000;
/** More credentials than any one process has in use; the one that was used longest ago goes. */
const CREDENTIALS_MAX = 1024;

type Entry = {
  /** A token belongs to the secret that it was given for. */
  readonly secret: string;
  current: AccessToken | null;
  flight: Promise<AccessToken> | null;
  refreshedAt: number;
  /** How often the current token has been given out. */
  uses: number;
};

export class TokenCache {
  readonly #entries = new Map<string, Entry>();

  /** `fetch` is called at most once at a time per credential. Rejects as `fetch` does when there is no usable token. */
  tokenFor(
    credential: { readonly name: string; readonly secret: string },
    now: Instant,
    fetch: () => Promise<AccessToken>,
  ): string | Promise<string> {
    const entry = this.#entryOf(credential);
    const leftMs = entry.current === null ? 0 : entry.current.expiresAt - now;
    if (entry.current !== null && leftMs > USABLE_BEFORE_MS) {
      if (leftMs < REFRESH_BEFORE_MS && now - entry.refreshedAt >= RETRY_MS) {
        // Its failure is nobody's: the old token serves, and the next one to ask tries again.
        this.#refresh(entry, now, fetch).catch(() => undefined);
      }
      entry.uses += 1;
      return entry.current.token;
    }
    return this.#refresh(entry, now, fetch).then(({ token }) => {
      entry.uses += 1;
      return token;
    });
  }

  /**
   * The provider refused the token: it is not given out again. False where it was made for the refused request itself, so
   * that another one would be refused as well.
   */
  discard(name: string, token: string): boolean {
    const entry = this.#entries.get(name);
    // Somebody else has seen to it, or is about to.
    if (entry === undefined || entry.current?.token !== token) return true;
    if (entry.uses <= 1) return false;
    entry.current = null;
    return true;
  }

  #entryOf({ name, secret }: { readonly name: string; readonly secret: string }): Entry {
    const known = this.#entries.get(name);
    const entry =
      known?.secret === secret
        ? known
        : { secret, current: null, flight: null, refreshedAt: -Infinity, uses: 0 };
    // Map order is age of use.
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    if (this.#entries.size > CREDENTIALS_MAX) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
    return entry;
  }

  #refresh(entry: Entry, now: Instant, fetch: () => Promise<AccessToken>): Promise<AccessToken> {
    if (entry.flight !== null) return entry.flight;
    entry.refreshedAt = now;
    const flight = fetch()
      .then((token) => {
        entry.current = token;
        entry.uses = 0;
        return token;
      })
      .finally(() => {
        entry.flight = null;
      });
    entry.flight = flight;
    return flight;
  }
}
