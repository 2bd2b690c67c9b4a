/** First run, signing in, second factor, sessions, cross-site requests: over the real store, with real cookies. */
import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openBrowser, openOwner, OWNER, PASSWORD, type Browser } from './testing/open-browser.ts';
import {
  FIRST_RUN_TOKEN,
  openTestInstance,
  ORIGIN,
  type TestInstance,
} from './testing/open-test-instance.ts';

let instance: TestInstance;
beforeEach(async () => {
  instance = await openTestInstance();
});
afterEach(() => instance.close());

const credentials = { email: OWNER.email, password: PASSWORD };
const signIn = (browser: Browser, password = PASSWORD) =>
  browser.call('POST', '/api/v1/session', { email: OWNER.email, password });

describe('the first run', () => {
  test('makes an owner who operates, a workspace and a key for a first request, and signs in', async () => {
    const browser = openBrowser(instance.app);
    const before = await browser.call('GET', '/api/v1/session');
    expect(before.body.data).toMatchObject({ first_run: true, state: 'signed_out', user: null });
    const claimed = await browser.call('POST', '/api/v1/first-run', { token: FIRST_RUN_TOKEN, ...OWNER });
    expect(claimed.status).toBe(201);
    expect(claimed.body.data.first_api_key).toMatch(/^lr_live_/);
    const after = await browser.call('GET', '/api/v1/session');
    expect(after.body.data).toMatchObject({
      first_run: false,
      state: 'signed_in',
      user: { name: 'Ada', email: 'ada@example.com', is_operator: true, two_factor_enabled: false },
      workspace: { id: claimed.body.data.workspace_id, role: 'owner' },
    });
    expect(after.body.data.permissions).toContain('operator');
  });

  test('of twenty claims at once one succeeds, and none afterwards', async () => {
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_each, index) =>
        openBrowser(instance.app).call('POST', '/api/v1/first-run', {
          token: FIRST_RUN_TOKEN,
          ...OWNER,
          email: `person${index}@example.com`,
        }),
      ),
    );
    expect(claims.map(({ status }) => status).toSorted()).toEqual([201, ...Array(19).fill(404)]);
    const late = await openBrowser(instance.app).call('POST', '/api/v1/first-run', {
      token: 'another-token',
      ...OWNER,
    });
    expect([late.status, late.body.code]).toEqual([404, 'link_invalid']);
  });

  test('a short password is refused by name and leaves the link usable', async () => {
    const browser = openBrowser(instance.app);
    const short = { token: FIRST_RUN_TOKEN, ...OWNER, password: 'too short' };
    const refused = await browser.call('POST', '/api/v1/first-run', short);
    expect([refused.status, refused.body.error.metadata.fields]).toEqual([400, ['password']]);
    await openOwner(instance.app);
  });
});

describe('signing in', () => {
  test('gives a cookie that scripts cannot read, and the store keeps only its hash', async () => {
    await openOwner(instance.app);
    const browser = openBrowser(instance.app);
    const answer = await signIn(browser);
    expect([answer.status, answer.body.data.state]).toEqual([200, 'signed_in']);
    const cookie = String(answer.headers['set-cookie']);
    expect(cookie).toMatch(/^arouter_session=/);
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Lax/);
    const [token] = decodeURIComponent(browser.cookies.get('arouter_session') ?? '').split('.');
    const rows = await instance.store.identity.find('sessions', []);
    expect(rows.map((row) => row['token'])).not.toContain(token);
    expect(JSON.stringify(await instance.store.identity.find('accounts', []))).toContain('$argon2id$');
    expect(instance.logged.join()).not.toContain(PASSWORD);
  });

  test('answers alike for a wrong password and for nobody', async () => {
    await openOwner(instance.app);
    const wrong = await signIn(openBrowser(instance.app), 'a wrong password');
    const nobody = await openBrowser(instance.app).call('POST', '/api/v1/session', {
      email: 'nobody@example.com',
      password: 'a wrong password',
    });
    expect([wrong.status, nobody.status]).toEqual([401, 401]);
    expect({ ...wrong.body.error, request_id: '' }).toEqual({ ...nobody.body.error, request_id: '' });
  });

  test('after five failures even the right password waits, and guesses that come together are counted', async () => {
    await openOwner(instance.app);
    const guesses = await Promise.all(
      Array.from({ length: 8 }, () => signIn(openBrowser(instance.app), 'a wrong password')),
    );
    expect(guesses.map(({ status }) => status).toSorted()).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    const right = await signIn(openBrowser(instance.app));
    expect([right.status, right.body.code]).toEqual([429, 'rate_limit_exceeded']);
    expect(Number(right.headers['retry-after'])).toBeGreaterThan(60);
  });

  test('a forged, a cut and a foreign cookie are nobody', async () => {
    const owner = await openOwner(instance.app);
    const real = owner.cookies.get('arouter_session') ?? '';
    const [token = ''] = decodeURIComponent(real).split('.');
    const stored = String((await instance.store.identity.find('sessions', []))[0]?.['token']);
    for (const forged of [token, `${stored}.${'A'.repeat(43)}%3D`, `${real}x`, 'x', '']) {
      const browser = openBrowser(instance.app);
      browser.cookies.set('arouter_session', forged);
      const { status, body } = await browser.call('GET', '/api/v1/keys');
      expect([status, body.code], forged).toEqual([401, 'not_signed_in']);
    }
  });
});

describe('a session', () => {
  test('may do what the role allows, through the same routes as keys', async () => {
    const owner = await openOwner(instance.app);
    expect((await owner.call('GET', '/api/v1/byok')).status).toBe(200);
    expect((await owner.call('POST', '/api/v1/keys', { name: 'From the page' })).status).toBe(201);
    expect((await owner.call('GET', '/api/v1/platform-keys')).status).toBe(200);
  });

  test('ends on the server when it is signed out', async () => {
    const owner = await openOwner(instance.app);
    const kept = new Map(owner.cookies);
    expect((await owner.call('DELETE', '/api/v1/session')).status).toBe(200);
    for (const [name, value] of kept) owner.cookies.set(name, value);
    expect((await owner.call('GET', '/api/v1/keys')).status).toBe(401);
  });

  test('is listed, and another one can be ended', async () => {
    const owner = await openOwner(instance.app);
    const other = openBrowser(instance.app);
    await signIn(other);
    const { body } = await owner.call('GET', '/api/v1/sessions');
    expect(body.data.map((each: { current: boolean }) => each.current).toSorted()).toEqual([false, true]);
    expect(body.data[0]).toMatchObject({ user_agent: 'a browser', ip: '127.0.0.1' });
    const { id } = body.data.find((each: { current: boolean }) => !each.current);
    expect((await owner.call('DELETE', `/api/v1/sessions/${id}`)).status).toBe(200);
    expect((await other.call('GET', '/api/v1/keys')).status).toBe(401);
    expect((await owner.call('DELETE', `/api/v1/sessions/${id}`)).status).toBe(404);
  });

  test('a changed password ends all others and needs the old one', async () => {
    const owner = await openOwner(instance.app);
    const other = openBrowser(instance.app);
    await signIn(other);
    const wrong = { current_password: 'not it', new_password: 'a new long password' };
    expect((await owner.call('POST', '/api/v1/user/password', wrong)).status).toBe(401);
    const right = { ...wrong, current_password: PASSWORD };
    const changed = await owner.call('POST', '/api/v1/user/password', right);
    expect([changed.status, changed.body.data]).toEqual([200, { revoked: 1 }]);
    expect((await other.call('GET', '/api/v1/keys')).status).toBe(401);
    expect((await owner.call('GET', '/api/v1/keys')).status).toBe(200);
    expect((await signIn(openBrowser(instance.app))).status).toBe(401);
  });
});

describe('a second factor', () => {
  async function turnOn(owner: Browser) {
    const started = await owner.call('POST', '/api/v1/user/two-factor', { password: PASSWORD });
    expect(started.status, started.text).toBe(200);
    const { secret, recovery_codes: recoveryCodes } = started.body.data;
    const confirmed = await owner.call('POST', '/api/v1/user/two-factor/confirm', { code: codeOf(secret) });
    expect([confirmed.status, confirmed.body.data.two_factor_enabled]).toEqual([200, true]);
    return { secret: secret as string, recoveryCodes: recoveryCodes as string[] };
  }

  test('is asked for after the password, and until then there is no session', async () => {
    const owner = await openOwner(instance.app);
    const { secret } = await turnOn(owner);
    const browser = openBrowser(instance.app);
    expect((await signIn(browser)).body.data.state).toBe('two_factor_required');
    expect((await browser.call('GET', '/api/v1/keys')).status).toBe(401);
    expect((await browser.call('GET', '/api/v1/session')).body.data.state).toBe('two_factor_required');
    const wrong = await browser.call('POST', '/api/v1/session/two-factor', { code: '000000' });
    expect([wrong.status, wrong.body.code]).toEqual([401, 'invalid_credentials']);
    const right = await browser.call('POST', '/api/v1/session/two-factor', { code: codeOf(secret) });
    expect(right.status, right.text).toBe(200);
    expect((await browser.call('GET', '/api/v1/keys')).status).toBe(200);
  });

  test('a code signs in once: who saw it being typed cannot use it, also at the same moment', async () => {
    const { secret } = await turnOn(await openOwner(instance.app));
    const waiting = [];
    for (let index = 0; index < 3; index += 1) {
      const browser = openBrowser(instance.app);
      await signIn(browser);
      waiting.push(browser);
    }
    const code = codeOf(secret);
    const answers = await Promise.all(
      waiting.map((browser) => browser.call('POST', '/api/v1/session/two-factor', { code })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401, 401]);
    const states = await Promise.all(waiting.map((browser) => browser.call('GET', '/api/v1/session')));
    expect(states.filter(({ body }) => body.data.state === 'signed_in')).toHaveLength(1);
    // The owner's own, and the one of the code: the others left none behind.
    const signedIn = waiting[answers.findIndex(({ status }) => status === 200)];
    expect((await signedIn?.call('GET', '/api/v1/sessions'))?.body.data).toHaveLength(2);
  });

  test('guesses are counted for the person, over all their sign-ins and whatever cookies come beside', async () => {
    const { secret } = await turnOn(await openOwner(instance.app));
    const seen = new Set<string>();
    for (let turn = 0; turn < 12; turn += 1) {
      const browser = openBrowser(instance.app);
      await signIn(browser);
      browser.cookies.set('junk', String(turn));
      const { body } = await browser.call('POST', '/api/v1/session/two-factor', { code: '000000' });
      seen.add(body.code);
    }
    expect([...seen]).toEqual(['invalid_credentials', 'rate_limit_exceeded']);
    const browser = openBrowser(instance.app);
    await signIn(browser);
    const right = await browser.call('POST', '/api/v1/session/two-factor', { code: codeOf(secret) });
    expect([right.status, right.body.code]).toEqual([429, 'rate_limit_exceeded']);
  });

  test('a recovery code works once; new ones replace the old', async () => {
    const owner = await openOwner(instance.app);
    const { recoveryCodes } = await turnOn(owner);
    expect(recoveryCodes).toHaveLength(10);
    const use = async (code: string | undefined) => {
      const browser = openBrowser(instance.app);
      await signIn(browser);
      return (await browser.call('POST', '/api/v1/session/two-factor', { code })).status;
    };
    expect(await use(recoveryCodes[0])).toBe(200);
    expect(await use(recoveryCodes[0])).toBe(401);
    const renewed = await owner.call('POST', '/api/v1/user/two-factor/recovery-codes', {
      password: PASSWORD,
    });
    expect(renewed.body.data.recovery_codes).toHaveLength(10);
    expect(await use(recoveryCodes[1])).toBe(401);
    expect(await use(renewed.body.data.recovery_codes[0])).toBe(200);
  });

  test('is turned off with the password only', async () => {
    const owner = await openOwner(instance.app);
    await turnOn(owner);
    const wrong = await owner.call('POST', '/api/v1/user/two-factor/disable', { password: 'not it' });
    expect(wrong.status).toBe(401);
    const right = await owner.call('POST', '/api/v1/user/two-factor/disable', { password: PASSWORD });
    expect([right.status, right.body.data.two_factor_enabled]).toEqual([200, false]);
    expect((await signIn(openBrowser(instance.app))).body.data.state).toBe('signed_in');
  });
});

describe('a request from another site', () => {
  test.each([
    ['no origin', { origin: '' }],
    ['another origin', { origin: 'https://evil.example' }],
    ['another port', { origin: 'http://127.0.0.1:8081' }],
    ['null', { origin: 'null' }],
    ['our origin from another site', { origin: ORIGIN, 'sec-fetch-site': 'cross-site' }],
  ])('changes nothing: %s', async (_name, headers) => {
    const owner = await openOwner(instance.app);
    const { status, body } = await owner.call('POST', '/api/v1/keys', { name: 'Forged' }, headers);
    expect([status, body.code]).toEqual([403, 'cross_site_request']);
    expect((await owner.call('DELETE', '/api/v1/session', undefined, headers)).status).toBe(403);
    const signedIn = await openBrowser(instance.app).call('POST', '/api/v1/session', credentials, headers);
    expect(signedIn.status).toBe(403);
  });

  test('a form cannot speak JSON', async () => {
    const owner = await openOwner(instance.app);
    const headers = { 'content-type': 'text/plain' };
    expect((await owner.call('POST', '/api/v1/keys', { name: 'Forged' }, headers)).status).toBe(415);
  });

  test('no answer allows another origin to read it', async () => {
    const owner = await openOwner(instance.app);
    const { headers } = await owner.call('GET', '/api/v1/session', undefined, {
      origin: 'https://evil.example',
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});

/** RFC 6238: SHA-1, 30 s, 6 digits, of a base32 secret. */
function codeOf(secret: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret.replace(/=+$/, '')].map((each) =>
    alphabet.indexOf(each).toString(2).padStart(5, '0'),
  );
  const bytes = bits.join('').match(/.{8}/g) ?? [];
  const key = Buffer.from(bytes.map((each) => Number.parseInt(each, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac('sha1', key).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
