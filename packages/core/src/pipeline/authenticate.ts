/** The caller's key → who they are. A malformed key costs no query. */
import { GatewayError } from '../errors/gateway-error.ts';
import type { ApiKeyKind, ApiKeyRecord } from '../keys/api-key.ts';
import type { Ports } from '../ports.ts';
import type { ApiKeyId } from '../values.ts';

/** Throws 401 for what is not a key of ours, 403 for one that may not do this. */
export function authenticate(
  ports: Pick<Ports, 'keyVerifier' | 'config' | 'clock'>,
  token: string | undefined,
  kinds: readonly ApiKeyKind[],
): ApiKeyRecord {
  if (token === undefined || token === '') {
    throw new GatewayError(
      'invalid_api_key',
      'No API key was sent. Send your ARouter key as "Authorization: Bearer lr_live_…" or in the x-api-key header.',
    );
  }
  return usable(ports, ports.keyVerifier.verify(token, ports.config()), kinds);
}

/** For a caller who has been proved otherwise to be the key with this id: the same refusals, save for the token's. */
export function authenticateProven(
  ports: Pick<Ports, 'config' | 'clock'>,
  id: ApiKeyId,
  kinds: readonly ApiKeyKind[],
): ApiKeyRecord {
  return usable(ports, ports.config().apiKey(id), kinds);
}

function usable(
  ports: Pick<Ports, 'clock'>,
  record: ApiKeyRecord | undefined,
  kinds: readonly ApiKeyKind[],
): ApiKeyRecord {
  // One sentence for unknown, malformed and revoked keys: nothing is to be learned by trying.
  if (record === undefined) {
    throw new GatewayError(
      'invalid_api_key',
      'The API key is not valid. Check it, or create a new one in API keys.',
    );
  }
  if (record.disabled) {
    throw new GatewayError(
      'api_key_disabled',
      `The API key "${record.name}" is disabled. Enable it, or use another.`,
    );
  }
  if (record.expiresAt !== null && record.expiresAt <= ports.clock.now()) {
    throw new GatewayError(
      'api_key_expired',
      `The API key "${record.name}" has expired. Create a new one in API keys.`,
    );
  }
  if (!kinds.includes(record.kind)) {
    throw new GatewayError(
      'wrong_key_kind',
      record.kind === 'inference'
        ? 'This key is for inference and cannot manage. Use a management key (lr_mgmt_…).'
        : 'Management keys cannot call models. Use an inference key (lr_live_…).',
    );
  }
  return record;
}
