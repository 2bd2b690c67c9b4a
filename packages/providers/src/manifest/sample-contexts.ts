/** Plain contexts for tests and generated pages: a key without place or options, a token endpoint that nobody may ask. */
import { instant, type AuthContext, type PathContext, type ProviderKeyId } from '@arouter/core';

export function samplePath(fields: Partial<PathContext> = {}): PathContext {
  return {
    upstreamModel: 'MODEL',
    stream: false,
    credential: {},
    key: { baseUrl: null, region: null, options: {} },
    ...fields,
  };
}

export function sampleAuth(fields: Partial<AuthContext> = {}): AuthContext {
  return {
    now: instant(1_767_225_600_000),
    send: () => Promise.reject(new Error('this scheme needs no token call')),
    region: null,
    options: {},
    keyId: 'pk_sample' as ProviderKeyId,
    secretVersion: 1,
    ...fields,
  };
}
