/**
 * The JSON key file of a Google service account, reduced to what signing needs. Of the URLs in it (`token_uri`,
 * `auth_uri`, certificates, `universe_domain`) none is kept: whoever could change the file could send a signed token
 * elsewhere. Source: cloud.google.com "Service account credentials: key file format".
 */
import { createPrivateKey } from 'node:crypto';

export type ServiceAccount = {
  readonly clientEmail: string;
  /** PEM, PKCS #8. */
  readonly privateKey: string;
  /** Which of the account's keys this is; '' when the file does not say. */
  readonly privateKeyId: string;
  /** '' when the file does not say. */
  readonly projectId: string;
};
/** `problem`: one sentence, what is wrong and what to enter. Quotes nothing of the file. */
export type ParsedServiceAccount =
  | { readonly kind: 'account'; readonly account: ServiceAccount }
  | { readonly kind: 'refused'; readonly problem: string };

const WANTED = 'paste the whole JSON key file of a service account, from { to }.';

export function parseServiceAccount(text: string): ParsedServiceAccount {
  const file = parseObject(text);
  if (file === undefined) return refused(`This is not a JSON object; ${WANTED}`);
  const type = textOf(file, 'type');
  if (type !== '' && type !== 'service_account') return refused(whatElse(type));
  if ('web' in file || 'installed' in file) return refused(whatElse('oauth_client'));
  const account = {
    clientEmail: textOf(file, 'client_email'),
    privateKey: textOf(file, 'private_key').replaceAll('\\n', '\n'),
    privateKeyId: textOf(file, 'private_key_id'),
    projectId: textOf(file, 'project_id'),
  };
  if (!/^[^\s@]{1,256}@[^\s@]{1,256}$/.test(account.clientEmail)) {
    return refused(`The field client_email is missing or is no address; ${WANTED}`);
  }
  const problem = keyProblem(account.privateKey);
  return problem === undefined ? { kind: 'account', account } : refused(problem);
}

/** What is sealed: the file without its URLs. */
export function serviceAccountJson({ clientEmail, privateKey, privateKeyId }: ServiceAccount): string {
  return JSON.stringify({
    type: 'service_account',
    client_email: clientEmail,
    private_key_id: privateKeyId,
    private_key: privateKey,
  });
}

function refused(problem: string): ParsedServiceAccount {
  return { kind: 'refused', problem };
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    return isObject ? (parsed as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    // The parser's message would quote the private key.
    return undefined;
  }
}

function textOf(file: Readonly<Record<string, unknown>>, name: string): string {
  const value = file[name];
  return typeof value === 'string' ? value.trim() : '';
}

function whatElse(type: string): string {
  if (type === 'authorized_user') {
    return `These are a person's own credentials (gcloud auth), which expire; make a key of a service account and ${WANTED}`;
  }
  if (type === 'external_account') {
    return `This is a workload identity configuration, which holds no key; make a key of a service account and ${WANTED}`;
  }
  if (type === 'oauth_client') {
    return `This is an OAuth client, not a service account; make a key of a service account and ${WANTED}`;
  }
  return `The field type must be "service_account"; ${WANTED}`;
}

function keyProblem(pem: string): string | undefined {
  if (pem === '') return `The field private_key is missing; ${WANTED}`;
  try {
    const type = createPrivateKey(pem).asymmetricKeyType;
    return type === 'rsa' ? undefined : `The field private_key is not an RSA key; ${WANTED}`;
  } catch {
    // What is wrong with the key must not be quoted from the key.
    return `The field private_key cannot be read; it is cut off or was changed, so ${WANTED}`;
  }
}
