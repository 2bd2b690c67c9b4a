/**
 * What the answer to a key test means, in one plain sentence. No byte of the answer is ever repeated: the host may be
 * anybody's (a base URL of the user's own), and what it says could be markup, a secret or a lie.
 */
import {
  type AuthorizationFault,
  type FailureClass,
  type ProviderManifest,
  type TransportFaultCode,
  classifyFailure,
  failureAdvice,
} from '@arouter/core';

export type KeyTestClass =
  | 'ok'
  | 'bad_credential'
  | 'no_such_model'
  | 'no_quota'
  | 'limited'
  | 'network'
  | 'cannot_test'
  | 'misconfigured';
export type KeyTestResult = {
  /** True only when the credential is proven to work; `cannot_test` is not ok. */
  readonly ok: boolean;
  readonly class: KeyTestClass;
  readonly message: string;
};
/** The part of a manifest that a key test needs. */
export type TestedManifest = Pick<
  ProviderManifest,
  'name' | 'keysUrl' | 'keyTest' | 'dialects' | 'failureRules' | 'regions' | 'baseUrlOf'
>;

/** Enough for every flag that a rule looks for. */
const BODY_BYTES_MAX = 256 * 1024;

/**
 * What the answer to `manifest.keyTest` means. On `cannot_test`, ask `nextKeyTest` for another call to try.
 */
export function interpretKeyTest(
  manifest: TestedManifest,
  status: number,
  header: (name: string) => string | undefined,
  body: Uint8Array,
): KeyTestResult {
  const { name, keyTest } = manifest;
  const text = new TextDecoder().decode(body.subarray(0, BODY_BYTES_MAX));
  if (status >= 200 && status < 300) return judgeSuccess(manifest, text);
  if (status >= 300 && status < 400) {
    return no(
      'misconfigured',
      `${name} answered with a redirect, which is not followed; enter the final base URL.`,
    );
  }
  const proof = keyTest.alsoOk?.find((row) => row.status === status && (row.when?.test(text) ?? true));
  if (proof !== undefined) return { ok: true, class: 'ok', message: `${name}: ${proof.message}` };
  const refusal = keyTest.refusals?.find((row) => row.status === status && (row.when?.test(text) ?? true));
  if (refusal !== undefined) return no(refusal.class, `${name}: ${refusal.message}`);
  if (status === 405 || (status === 404 && keyTest.method === 'GET')) {
    return keyTest.fallback === undefined
      ? no('misconfigured', `${name} has nothing at this address (HTTP ${status}); check the base URL.`)
      : no('cannot_test', `${name} has no endpoint that proves a key (HTTP ${status}).`);
  }
  const signals = manifest.dialects[0].dialect.decodeFailure(status, header, body);
  return judgeFailure(manifest, status, classifyFailure(signals, manifest.failureRules));
}

/** The same manifest with the call to try when the first one proved nothing; undefined when there is no other. */
export function nextKeyTest<Manifest extends TestedManifest>(manifest: Manifest): Manifest | undefined {
  const { fallback } = manifest.keyTest;
  return fallback === undefined ? undefined : { ...manifest, keyTest: fallback };
}

/** Why no answer came: the name cannot be found, nothing listens there, TLS fails, the address is not allowed. */
export function interpretKeyTestFault(
  manifest: Pick<ProviderManifest, 'name' | 'baseUrlOf'>,
  fault: TransportFaultCode,
): KeyTestResult {
  const { name } = manifest;
  switch (fault) {
    case 'egress_denied':
      return no(
        'misconfigured',
        'The base URL is not a public https address; use one, or ask the operator to allow this one.',
      );
    case 'dns_failed':
      return no(
        'network',
        manifest.baseUrlOf === undefined
          ? `The host name of ${name} cannot be found; check the base URL and this machine's DNS.`
          : `There is no host of ${name} in this region; check the region and this machine's DNS.`,
      );
    case 'connect_refused':
      return no('network', `Nothing listens at the address of ${name}; check the base URL and its port.`);
    case 'tls_failed':
      return no('network', `${name} has no valid TLS certificate for this host name; check the base URL.`);
    case 'connect_timeout':
    case 'first_byte_timeout':
    case 'idle_timeout':
    case 'total_timeout':
      return no('network', `${name} did not answer in time; check the base URL and try again.`);
    case 'connection_reset':
      return no('network', `The connection to ${name} broke; try again.`);
    case 'answer_too_large':
    case 'answer_encoded':
    case 'answer_malformed':
      return no('misconfigured', `What answered for ${name} does not speak this API; check the base URL.`);
    case 'cancelled':
      return no('cannot_test', 'The test was cancelled; start it again.');
  }
}

/** The key could not even be put on a request: the scheme's own words, which repeat nothing of an answer. */
export function interpretAuthorizationFault(
  manifest: TestedManifest,
  fault: AuthorizationFault,
): KeyTestResult {
  const { class: testClass } = judgeFailure(manifest, fault.status ?? 0, fault.class);
  return no(testClass === 'ok' ? 'cannot_test' : testClass, `${manifest.name}: ${fault.message}`);
}

function judgeSuccess(manifest: TestedManifest, text: string): KeyTestResult {
  const { name } = manifest;
  const flaw = manifest.keyTest.notOk?.find((row) => row.when.test(text));
  if (flaw !== undefined) return no(flaw.class, `${name}: ${flaw.message}`);
  if (!/^\s*[[{]/.test(text)) {
    return no('misconfigured', `What answered for ${name} is not an API (no JSON); check the base URL.`);
  }
  return { ok: true, class: 'ok', message: `${name} accepted the key.` };
}

function judgeFailure(manifest: TestedManifest, status: number, failure: FailureClass): KeyTestResult {
  const { name } = manifest;
  const advice = failureAdvice(failure, { provider: name, keysUrl: manifest.keysUrl });
  switch (failure) {
    case 'key_invalid':
      return no('bad_credential', `${name} refused this key (HTTP ${status}). ${advice}`);
    case 'key_ambiguous':
      return no(
        'bad_credential',
        `${name} refused this key (HTTP ${status})${regionHint(manifest)}. ${advice}`,
      );
    case 'billing':
      return no('no_quota', `${name} knows this key, but its account has no credit or quota left. ${advice}`);
    case 'rate_limited':
    case 'too_big_for_key':
      return no('limited', `${name} knows this key, but allows it no more requests now. ${advice}`);
    case 'model_unavailable':
      return no('no_such_model', `${name} knows this key, but not the model it was tested with. ${advice}`);
    case 'provider_busy':
    case 'provider_error':
    case 'timeout':
    case 'unreachable':
      return no(
        'network',
        `${name} failed to answer (HTTP ${status}), which says nothing about the key. ${advice}`,
      );
    case 'egress_denied':
    case 'invalid_answer':
      return no('misconfigured', `What answered for ${name} does not speak this API. ${advice}`);
    case 'context_length':
    case 'content_filter':
    case 'bad_request':
    case 'client_gone':
    case 'token_stale':
    case 'secret_unreadable':
      return no(
        'cannot_test',
        `${name} answered with HTTP ${status}, which neither proves nor disproves the key; save it and send a request.`,
      );
  }
}

function regionHint(manifest: TestedManifest): string {
  if (manifest.baseUrlOf !== undefined)
    return '; its keys may be valid in one region only, so check the region';
  const regions = Object.keys(manifest.regions);
  return regions.length === 0 ? '' : `; its keys are valid in one region only (${regions.join(', ')})`;
}

function no(testClass: Exclude<KeyTestClass, 'ok'>, message: string): KeyTestResult {
  return { ok: false, class: testClass, message };
}
