/**
 * A change that rides on a session cookie must come from a page of this gateway: browsers send the cookie for whoever
 * asks, but they say truthfully which page asked. Nothing here reads the Host header.
 */
import { GatewayError } from '@arouter/core';

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export type OriginHeaders = {
  readonly method: string;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
};

/** Throws `cross_site_request`. */
export function checkOrigin({ method, origin, fetchSite }: OriginHeaders, own: ReadonlySet<string>): void {
  if (SAFE_METHODS.has(method)) return;
  const isSameSite = fetchSite === undefined || fetchSite === 'same-origin';
  if (origin !== undefined && own.has(origin) && isSameSite) return;
  throw new GatewayError(
    'cross_site_request',
    `A change with a session must come from a page of this gateway (${[...own].join(', ')}). Open the dashboard there, or set AROUTER_PUBLIC_URL to the address that people use.`,
  );
}
