/** What went wrong with an attempt → one Failure, classified once, with nothing secret in it. */
import { classifyFailure } from '../errors/classify-failure.ts';
import type { Failure, FailureClass, FailureSignals } from '../errors/failure-class.ts';
import type { Credential } from '../keys/provider-key.ts';
import type { AuthorizationFault, ProviderManifest } from '../wire/provider-manifest.ts';
import type { TransportFault, TransportFaultCode } from '../wire/wire.ts';

export function failureOfAnswer(
  signals: FailureSignals,
  manifest: ProviderManifest,
  credential: Credential,
): Failure {
  return {
    class: classifyFailure(signals, manifest.failureRules),
    status: signals.status,
    providerCode: signals.code === '' ? null : scrub(signals.code, credential),
    message: scrub(signals.message, credential),
    retryAfterMs: signals.retryAfterMs,
    reach: 'refused',
  };
}

export function failureOfFault(fault: TransportFault, manifest: ProviderManifest): Failure {
  const { class: failureClass, message } = FAULTS[fault.code];
  return {
    class: failureClass,
    status: null,
    providerCode: fault.code,
    message: `${manifest.name} ${message}`,
    retryAfterMs: null,
    reach: fault.unsent ? 'unsent' : 'uncertain',
  };
}

export function failureOfAuthorization(fault: AuthorizationFault, credential: Credential): Failure {
  return {
    class: fault.class,
    status: fault.status,
    providerCode: 'authorization',
    message: scrub(fault.message, credential),
    retryAfterMs: null,
    reach: 'unsent',
  };
}

export function invalidAnswer(manifest: ProviderManifest, status: number, what: string): Failure {
  return {
    class: 'invalid_answer',
    status,
    providerCode: null,
    message: `${manifest.name} answered with ${what}.`,
    retryAfterMs: null,
    reach: 'uncertain',
  };
}

const FAULTS: Readonly<
  Record<TransportFaultCode, { readonly class: FailureClass; readonly message: string }>
> = {
  egress_denied: {
    class: 'egress_denied',
    message: 'resolves to an address that the operator has not allowed.',
  },
  dns_failed: { class: 'unreachable', message: 'could not be found (DNS).' },
  connect_refused: { class: 'unreachable', message: 'refused the connection.' },
  connect_timeout: { class: 'timeout', message: 'did not accept the connection in time (connect limit).' },
  tls_failed: { class: 'unreachable', message: 'could not prove its identity (TLS).' },
  connection_reset: {
    class: 'unreachable',
    message: 'closed the connection before the answer was complete.',
  },
  first_byte_timeout: { class: 'timeout', message: 'did not begin to answer in time (first-byte limit).' },
  idle_timeout: { class: 'timeout', message: 'stopped in the middle of its answer (idle limit).' },
  total_timeout: { class: 'timeout', message: 'did not finish its answer in time (total limit).' },
  answer_too_large: { class: 'invalid_answer', message: 'sent an answer larger than the limit.' },
  answer_encoded: { class: 'invalid_answer', message: 'sent a compressed answer that was not asked for.' },
  answer_malformed: {
    class: 'invalid_answer',
    message: 'sent an answer that is not valid HTTP or not valid in its format.',
  },
  cancelled: { class: 'client_gone', message: 'was cut off: the caller left, or the gateway is stopping.' },
};

/** Some providers echo the key; it must not travel further. */
export function scrub(text: string, credential: Credential): string {
  let clean = text;
  for (const secret of secretsOf(credential)) {
    if (clean.includes(secret)) clean = clean.replaceAll(secret, '[secret]');
  }
  return clean;
}

/** True when some secret of the credential stands in the bytes. Secrets are ASCII: bytes compare as characters. */
export function holdsSecret(bytes: Uint8Array, credential: Credential): boolean {
  return secretsOf(credential).some((secret) => indexOfAscii(bytes, secret) !== -1);
}

const STAR = 0x2a;

/** The bytes themselves, unless a secret stands in them; then a copy with stars in its place. */
export function scrubBytes(bytes: Uint8Array, credential: Credential): Uint8Array {
  let clean = bytes;
  for (const secret of secretsOf(credential)) {
    for (let at = indexOfAscii(clean, secret); at !== -1; at = indexOfAscii(clean, secret, at)) {
      if (clean === bytes) clean = bytes.slice();
      clean.fill(STAR, at, at + secret.length);
    }
  }
  return clean;
}

/** Shorter values (a region, a flag) are no secrets and would match by chance. */
const SECRET_LENGTH_MIN = 8;

/** Every answer is looked through: a credential is opened once for many of them, and never changes. */
const knownSecrets = new WeakMap<Credential, readonly string[]>();

/** The vault hides a credential's fields from enumeration, so that printing one by accident shows nothing. */
export function secretsOf(credential: Credential): readonly string[] {
  const known = knownSecrets.get(credential);
  if (known !== undefined) return known;
  const secrets = Object.getOwnPropertyNames(credential)
    .map((name) => credential[name] ?? '')
    .filter((value) => value.length >= SECRET_LENGTH_MIN);
  knownSecrets.set(credential, secrets);
  return secrets;
}

function indexOfAscii(bytes: Uint8Array, text: string, from = 0): number {
  const first = text.charCodeAt(0);
  for (let at = bytes.indexOf(first, from); at !== -1; at = bytes.indexOf(first, at + 1)) {
    let matched = 1;
    while (matched < text.length && bytes[at + matched] === text.charCodeAt(matched)) matched += 1;
    if (matched === text.length) return at;
  }
  return -1;
}
