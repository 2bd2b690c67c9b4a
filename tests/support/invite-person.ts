/** Somebody with a role in the first workspace, by an invitation that they accept; signed in. */
import type { Role } from '@arouter/contract';
import type { Page } from 'playwright-core';
import { signIn, type Person, type SignedInAs } from './open-dashboard.ts';
import type { Gateway } from './start-gateway.ts';

/** `owner`: a page of somebody who may invite. */
export async function invitePerson(
  gateway: Pick<Gateway, 'url'>,
  owner: Page,
  { role, ...person }: Person & { readonly role: Role },
): Promise<SignedInAs> {
  const headers = { origin: gateway.url };
  const invited = await owner.request.post(`${gateway.url}/api/v1/invitations`, {
    headers,
    data: { email: person.email, role },
  });
  if (!invited.ok())
    throw new Error(`the invitation was answered ${invited.status()}: ${await invited.text()}`);
  const { url } = (await invited.json()) as { readonly url: string };
  const accepted = await fetch(`${gateway.url}/api/v1/invitation/accept`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({
      token: new URL(url).hash.replace('#token=', ''),
      name: person.name,
      password: person.password,
    }),
  });
  if (!accepted.ok) throw new Error(`it was not accepted (${accepted.status}): ${await accepted.text()}`);
  return signIn(gateway, person);
}
