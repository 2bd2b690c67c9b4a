/** Single sign-on as the operator configured it. */
import type { Settings } from '../../config/settings.ts';
import type { SingleSignOn } from '../../control-plane/single-sign-on.ts';
import { createOidcClient } from './oidc-client.ts';

export function singleSignOn(
  settings: Settings['oidc'],
  deps: Parameters<typeof createOidcClient>[0],
): SingleSignOn | null {
  if (settings === null) return null;
  const { label, issuer, domains, role, isOnly } = settings;
  return { label, issuer, domains, role, isOnly, client: createOidcClient(deps, settings) };
}
