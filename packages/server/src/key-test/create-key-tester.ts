/** Test Key: the cheapest call that proves a credential, over the same guarded transport as everything else. */
import {
  authContext,
  AuthorizationFault,
  destinationOf,
  keyTestPath,
  TransportFault,
  type Clock,
  type Credential,
  type Destination,
  type ProviderId,
  type ProviderKeyRecord,
  type ProviderManifest,
  type Transport,
  type WireRequest,
} from '@arouter/core';
import {
  interpretAuthorizationFault,
  interpretKeyTest,
  interpretKeyTestFault,
  nextKeyTest,
  type KeyTestClass,
  type KeyTestResult,
} from '@arouter/providers';

export type KeyTestAnswer = {
  readonly class: KeyTestClass;
  /** Plain words; holds no byte of the provider's answer. */
  readonly message: string;
  readonly status: number | null;
  readonly latencyMs: number;
};
export type KeyTester = (candidate: {
  readonly key: ProviderKeyRecord;
  readonly credential: Credential;
}) => Promise<KeyTestAnswer>;

const ANSWER_BYTES_MAX = 64 * 1024;

type KeyTesterDeps = {
  readonly transport: Transport;
  readonly providers: ReadonlyMap<ProviderId, ProviderManifest>;
  readonly clock: Clock;
};

export function createKeyTester(deps: KeyTesterDeps): KeyTester {
  return async ({ key, credential }) => {
    const manifest = deps.providers.get(key.provider);
    const destination = manifest === undefined ? undefined : destinationOf(key, manifest);
    if (manifest === undefined || destination === undefined) {
      return {
        class: 'misconfigured',
        message: 'The key has no base URL. Enter one and test again.',
        status: null,
        latencyMs: 0,
      };
    }
    const startedMs = deps.clock.monotonicMs();
    const elapsed = (): number => Math.round(deps.clock.monotonicMs() - startedMs);
    let tested: ProviderManifest | undefined = manifest;
    let answer = await ask(deps, { key, manifest, destination, credential });
    // A host without the usual endpoint may have another one that proves the key.
    while (answer.class === 'cannot_test' && (tested = nextKeyTest(tested)) !== undefined) {
      answer = await ask(deps, { key, manifest: tested, destination, credential });
    }
    return { ...answer, latencyMs: elapsed() };
  };
}

type Ask = {
  readonly key: ProviderKeyRecord;
  readonly manifest: ProviderManifest;
  readonly destination: Destination;
  readonly credential: Credential;
};

async function ask(
  deps: KeyTesterDeps,
  asked: Ask,
): Promise<KeyTestResult & { readonly status: number | null }> {
  const { manifest, credential, key } = asked;
  try {
    const context = authContext(deps, key);
    const { timeoutMs } = manifest.keyTest;
    const limits = { connectMs: timeoutMs, firstByteMs: timeoutMs, idleMs: timeoutMs, totalMs: timeoutMs };
    const send = async () => {
      const request = await manifest.authorize(testRequest(asked), credential, context);
      return { request, response: await deps.transport.send(request, limits) };
    };
    const first = await send();
    // A token that was kept says nothing of the key any more.
    const isStale =
      first.response.status === 401 && manifest.renewAuthorization?.(first.request, context) === true;
    if (isStale) first.response.cancel();
    const { response } = isStale ? await send() : first;
    const body = await Promise.resolve(response.readAll(ANSWER_BYTES_MAX)).catch((fault: unknown) => {
      // A list of models may be longer than the bound; the status has already said what it says.
      if (fault instanceof TransportFault && fault.code === 'answer_too_large')
        return new TextEncoder().encode('{}');
      throw fault;
    });
    return {
      ...interpretKeyTest(manifest, response.status, (name) => response.header(name), body),
      status: response.status,
    };
  } catch (fault) {
    if (fault instanceof AuthorizationFault) {
      return { ...interpretAuthorizationFault(manifest, fault), status: fault.status };
    }
    if (!(fault instanceof TransportFault)) throw fault;
    return { ...interpretKeyTestFault(manifest, fault.code), status: null };
  }
}

function testRequest({ manifest, destination, credential, key }: Ask): WireRequest {
  const { method, headers, bodyOf } = manifest.keyTest;
  const body = bodyOf === undefined ? manifest.keyTest.body : bodyOf({ credential, key });
  const json = body === undefined ? null : new TextEncoder().encode(JSON.stringify(body));
  return {
    method,
    origin: destination.origin,
    path: destination.pathPrefix + keyTestPath(manifest.keyTest, { credential, key }),
    headers: [
      ['accept', 'application/json'],
      ...(headers ?? []),
      ...(json === null ? [] : ([['content-type', 'application/json']] as const)),
    ],
    body: json,
  };
}
