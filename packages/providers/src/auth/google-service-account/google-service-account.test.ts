/** Tokens of a service account: one flight, early renewal, and what each refusal of Google means. */
import { generateKeyPairSync } from 'node:crypto';
import {
  AuthorizationFault,
  instant,
  type AuthContext,
  type ProviderKeyId,
  type WireRequest,
} from '@arouter/core';
import { describe, expect, test } from 'vitest';
import { sampleAuth } from '../../manifest/sample-contexts.ts';
import { googleServiceAccount } from './google-service-account.ts';
import { parseServiceAccount, serviceAccountJson } from './parse-service-account.ts';

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const FILE = {
  type: 'service_account',
  project_id: 'p-123456',
  private_key_id: 'abc',
  private_key: privateKey,
  client_email: 'a@p.iam.gserviceaccount.com',
  token_uri: 'https://evil.example/token',
};
const REQUEST: WireRequest = {
  method: 'POST',
  origin: 'https://aiplatform.googleapis.com',
  path: '/v1',
  headers: [],
  body: null,
};
const START = 1_767_225_600_000;
const MINUTE = 60_000;

type Reply = { readonly status: number; readonly body: object };
/** A token endpoint that answers what it is told, when it is told. */
function endpoint(reply: () => Reply | Promise<Reply> = () => token('t')) {
  const asked: WireRequest[] = [];
  const send: AuthContext['send'] = async (request) => {
    asked.push(request);
    const { status, body } = await reply();
    return {
      status,
      header: () => undefined,
      readAll: () => Promise.resolve(new TextEncoder().encode(JSON.stringify(body))),
      pipe: () => Promise.resolve(),
      resume: () => undefined,
      cancel: () => undefined,
    };
  };
  return { asked, send };
}
const token = (access_token: string, expires_in = 3600): Reply => ({
  status: 200,
  body: { access_token, expires_in },
});

function tokens(send: AuthContext['send']) {
  const { authorize } = googleServiceAccount();
  return async (
    ms = 0,
    fields: { readonly id?: string; readonly secret?: object } = {},
  ): Promise<string | undefined> => {
    const context = sampleAuth({
      now: instant(START + ms),
      send,
      keyId: (fields.id ?? 'pk_1') as ProviderKeyId,
    });
    const credential = { service_account_json: JSON.stringify(fields.secret ?? FILE) };
    const { headers } = await authorize(REQUEST, credential, context);
    return headers.find(([name]) => name === 'authorization')?.[1];
  };
}

test('the statement goes to Google and nowhere else, signed, short-lived and addressed to it', async () => {
  const { asked, send } = endpoint();
  expect(await tokens(send)()).toBe('Bearer t');
  expect(asked[0]).toMatchObject({ method: 'POST', origin: 'https://oauth2.googleapis.com', path: '/token' });
  const form = new URLSearchParams(Buffer.from(asked[0]?.body ?? []).toString());
  const claims = JSON.parse(
    Buffer.from(form.get('assertion')?.split('.')[1] ?? '', 'base64url').toString(),
  ) as Record<string, number>;
  expect(claims).toMatchObject({ iss: FILE.client_email, aud: 'https://oauth2.googleapis.com/token' });
  expect((claims['exp'] ?? 0) - (claims['iat'] ?? 0)).toBe(3600);
});

test('many who ask at once cause one call, and so do all who ask while the token is good', async () => {
  const { asked, send } = endpoint();
  const ask = tokens(send);
  expect(new Set(await Promise.all(Array.from({ length: 20 }, () => ask())))).toEqual(new Set(['Bearer t']));
  await ask(54 * MINUTE);
  expect(asked.length).toBe(1);
});

test('near its end a token still serves while one new one is fetched; after it, only the new one does', async () => {
  let count = 0;
  const { asked, send } = endpoint(() => token(`t${++count}`));
  const ask = tokens(send);
  await ask();
  expect(await Promise.all([ask(56 * MINUTE), ask(56 * MINUTE)])).toEqual(['Bearer t1', 'Bearer t1']);
  await new Promise(setImmediate);
  expect(asked.length).toBe(2);
  expect(await ask(56 * MINUTE + 1000)).toBe('Bearer t2');
});

test('a failed renewal is nobody’s, is not repeated at once, and a dead token is never sent', async () => {
  let works = true;
  const { asked, send } = endpoint(() => (works ? token('t') : { status: 503, body: {} }));
  const ask = tokens(send);
  await ask();
  works = false;
  for (let at = 0; at < 5; at += 1) expect(await ask(57 * MINUTE + at)).toBe('Bearer t');
  await new Promise(setImmediate);
  expect(asked.length).toBe(2);
  await expect(ask(60 * MINUTE)).rejects.toMatchObject({ class: 'provider_busy' });
});

test('a token belongs to one key and one secret', async () => {
  const { asked, send } = endpoint();
  const ask = tokens(send);
  await ask();
  await ask(0, { id: 'pk_2' });
  await ask(0, { secret: { ...FILE, client_email: 'other@p.iam.gserviceaccount.com' } });
  expect(asked.length).toBe(3);
});

describe('what Google refuses', () => {
  test.each([
    ['Invalid JWT Signature.', 'key_invalid', /deleted or replaced/],
    ['Invalid grant: account not found', 'key_invalid', /deleted/],
    ['Robot is disabled.', 'key_invalid', /disabled/],
    [
      'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.',
      'provider_error',
      /clock/,
    ],
    ['Something new.', 'key_invalid', /refused the service account/],
  ])('%s is %s', async (description, failure, words) => {
    const { send } = endpoint(() => ({
      status: 400,
      body: { error: 'invalid_grant', error_description: description },
    }));
    const fault = await tokens(send)().catch((thrown: unknown) => thrown);
    expect(fault).toBeInstanceOf(AuthorizationFault);
    expect(fault).toMatchObject({ class: failure, status: 400, message: expect.stringMatching(words) });
  });

  test('an answer that is no token is no token', async () => {
    const { send } = endpoint(() => ({ status: 200, body: { access_token: 'two words' } }));
    await expect(tokens(send)()).rejects.toMatchObject({ class: 'provider_error' });
  });
});

describe('the key file', () => {
  const problemOf = (text: string): string => {
    const parsed = parseServiceAccount(text);
    return parsed.kind === 'refused' ? parsed.problem : '';
  };
  test.each([
    ['nonsense', /not a JSON object/],
    ['[]', /not a JSON object/],
    [JSON.stringify({ type: 'authorized_user' }), /person's own credentials/],
    [JSON.stringify({ type: 'external_account' }), /workload identity/],
    [JSON.stringify({ installed: {} }), /OAuth client/],
    [JSON.stringify({ ...FILE, client_email: '' }), /client_email/],
    [JSON.stringify({ ...FILE, private_key: '' }), /private_key is missing/],
    [JSON.stringify({ ...FILE, private_key: privateKey.slice(0, 300) }), /cut off/],
  ])('%.40s is refused in words that quote nothing of it', (text, words) => {
    expect(problemOf(text)).toMatch(words);
    expect(problemOf(text)).not.toContain('MII');
  });

  test('is kept without any of its URLs', () => {
    const parsed = parseServiceAccount(JSON.stringify(FILE));
    if (parsed.kind !== 'account') throw new Error(parsed.problem);
    expect(serviceAccountJson(parsed.account)).not.toContain('http');
    expect(parseServiceAccount(serviceAccountJson(parsed.account)).kind).toBe('account');
  });
});

describe('a token that the provider refuses', () => {
  const at = (ms: number, send: AuthContext['send']) => sampleAuth({ now: instant(START + ms), send });
  const credential = { service_account_json: JSON.stringify(FILE) };
  function scheme() {
    let count = 0;
    const { asked, send } = endpoint(() => token(`t${++count}`));
    const { authorize, renewAuthorization } = googleServiceAccount();
    return {
      asked,
      ask: async (ms: number) => authorize(REQUEST, credential, at(ms, send)),
      refuse: (sent: WireRequest, ms: number) => renewAuthorization(sent, at(ms, send)),
    };
  }
  const tokenIn = ({ headers }: WireRequest) => headers.find(([name]) => name === 'authorization')?.[1];

  test('is thrown away, and all who were refused with it share one new one', async () => {
    const { asked, ask, refuse } = scheme();
    await ask(0);
    const sent = await ask(1000);
    expect([refuse(sent, MINUTE), refuse(sent, MINUTE)]).toEqual([true, true]);
    const renewed = await Promise.all([ask(MINUTE), ask(MINUTE)]);
    expect(renewed.map(tokenIn)).toEqual(['Bearer t2', 'Bearer t2']);
    // One that comes late with the old token does not throw the new one away.
    expect(refuse(sent, MINUTE + 1)).toBe(true);
    expect(tokenIn(await ask(MINUTE + 2))).toBe('Bearer t2');
    expect(asked).toHaveLength(2);
  });

  test('was made for the request itself: then the account is refused, and no other token is asked for', async () => {
    const { asked, ask, refuse } = scheme();
    expect(refuse(await ask(0), 1000)).toBe(false);
    expect(refuse(REQUEST, MINUTE)).toBe(false);
    await ask(2000);
    expect(asked).toHaveLength(1);
  });
});
