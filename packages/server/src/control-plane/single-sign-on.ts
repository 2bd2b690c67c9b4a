/** The identity provider that the operator has set up, and who may come in by it. */
import type { Role } from '@arouter/contract';
import type { OidcClient } from '../people/sso/oidc-client.ts';

export type SingleSignOn = {
  readonly label: string;
  readonly issuer: string;
  readonly client: OidcClient;
  /** Lower case; empty: nobody new. */
  readonly domains: readonly string[];
  /** In the first workspace; null: they join by invitation. */
  readonly role: Role | null;
  /** True: passwords are not taken. */
  readonly isOnly: boolean;
};
