/** The last thing before sending: what signs the time must not wait for a reservation. */
import type { ProviderKeyRecord } from '../keys/provider-key.ts';
import type { Ports } from '../ports.ts';
import type { AuthContext, AuthScheme } from '../wire/provider-manifest.ts';
import { TransportFault, type WireRequest } from '../wire/wire.ts';
import type { Target } from './prepare.ts';

/** Throws or rejects with AuthorizationFault or TransportFault; then nothing of the request has been sent. */
export function authorizeRequest(
  ports: Pick<Ports, 'clock' | 'transport'>,
  { manifest, unsigned, credential, key }: Target,
): ReturnType<AuthScheme> {
  return manifest.authorize(unsigned, credential, authContext(ports, key));
}

/** Whether a refusal is of a token that was kept, and not of the key; then the next request is given another one. */
export function isTokenStale(
  ports: Pick<Ports, 'clock' | 'transport'>,
  { manifest, key }: Target,
  sent: WireRequest,
): boolean {
  return manifest.renewAuthorization?.(sent, authContext(ports, key)) === true;
}

export function authContext(
  { clock, transport }: Pick<Ports, 'clock' | 'transport'>,
  key: Pick<ProviderKeyRecord, 'id' | 'secretVersion' | 'region' | 'options'>,
): AuthContext {
  return {
    now: clock.now(),
    send: (request, limits, signal) => transport.send(request, limits, signal).catch(asUnsent),
    region: key.region,
    options: key.options,
    keyId: key.id,
    secretVersion: key.secretVersion,
  };
}

/** Whatever the token endpoint got, nothing of the request itself has been sent. */
function asUnsent(error: unknown): never {
  if (error instanceof TransportFault) throw new TransportFault(error.code, true, { cause: error });
  throw error;
}
