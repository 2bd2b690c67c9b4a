import { instant, type ProviderKeyRecord, type WorkspaceId } from '@arouter/core';
import { manifests } from '@arouter/providers';
import { describe, expect, test } from 'vitest';
import { checkDestination } from '../transport/check-destination.ts';
import { parseEgressAllow } from '../transport/parse-egress-allow.ts';
import { draftChangedKey, draftNewKey } from './draft-provider-key.ts';

const policy = parseEgressAllow('http://127.0.0.1:9001');
const deps = {
  providers: manifests,
  checkDestination: (url: string) => checkDestination(url, policy),
  clock: { now: () => instant(1_795_000_000_000), monotonicMs: () => 0, sleep: async () => undefined },
  random: { hex: (bytes: number) => 'a'.repeat(bytes * 2), uniform: () => 0.5 },
};
const owner = { workspace: 'ws_1' as WorkspaceId, source: 'byok' as const };
const credential = { api_key: 'sk-proj-abcdefgh' };

function stored(body: Parameters<typeof draftNewKey>[2]): ProviderKeyRecord {
  return { ...draftNewKey(deps, owner, body).record, version: 3, secretVersion: 1, hint: 'sk-…efgh' };
}
const plain = () => stored({ provider: 'openai', credential });

describe('a new provider key', () => {
  test('has the defaults of the contract', () => {
    expect(draftNewKey(deps, owner, { provider: 'OpenAI', credential })).toMatchObject({
      credential,
      record: {
        id: `pk_${'a'.repeat(24)}`,
        workspaceId: 'ws_1',
        source: 'byok',
        provider: 'openai',
        credentialType: 'api_key',
        label: 'OpenAI',
        alwaysUse: false,
        weight: 1,
        rpmLimit: null,
        baseUrl: null,
        region: null,
        supportedModels: null,
        dailyBudgetNano: null,
        monthlyBudgetNano: null,
        hardBudget: false,
        maxConcurrency: null,
        enabled: true,
        destination: 'https://api.openai.com',
      },
    });
  });

  test("takes another gateway's spelling of the options", () => {
    const { record } = draftNewKey(deps, owner, {
      provider: 'openai',
      key: 'sk-proj-abcdefgh',
      name: ' Team ',
      disabled: true,
      allowed_models: ['gpt-4o', 'gpt-4o'],
      fallback_policy: 'deny',
    });
    expect(record).toMatchObject({
      label: 'Team',
      enabled: false,
      supportedModels: ['gpt-4o'],
      alwaysUse: true,
    });
  });

  test.each([
    ['https://Proxy.Example.com/v1/', 'https://proxy.example.com/v1', 'https://proxy.example.com'],
    ['https://proxy.example.com:8443', 'https://proxy.example.com:8443', 'https://proxy.example.com:8443'],
    ['http://127.0.0.1:9001/openai/v1', 'http://127.0.0.1:9001/openai/v1', 'http://127.0.0.1:9001'],
  ])('is bound to the origin of its base URL %s', (given, baseUrl, destination) => {
    expect(stored({ provider: 'openai', credential, base_url: given })).toMatchObject({
      baseUrl,
      destination,
    });
  });

  test('is bound to the host of its region', () => {
    expect(stored({ provider: 'openai', credential, region: 'eu' }).destination).toBe(
      'https://eu.api.openai.com',
    );
  });

  test.each([
    'http://127.0.0.1:9002/v1',
    'http://example.com/v1',
    'https://10.0.0.1/v1',
    'https://169.254.169.254/latest',
    'https://[::1]/v1',
    'https://user:canarysecret@example.com/',
    'https://localhost/v1',
    'file:///etc/passwd',
    'not a url',
  ])('is refused with the base URL %s, without repeating it', (url) => {
    const caught = (() => {
      try {
        return draftNewKey(deps, owner, { provider: 'openai', credential, base_url: url });
      } catch (error) {
        return error as object;
      }
    })();
    expect(caught).toMatchObject({ code: 'egress_denied', status: 422 });
    expect(String(caught)).not.toMatch(/canarysecret|127\.0\.0\.1|169\.254|10\.0\.0\.1|passwd/);
  });

  test.each([
    [{ provider: 'nosuch', credential }, /`provider` must name a known provider: .*openai/],
    [{ provider: 'openai' }, /`credential` is required/],
    [{ provider: 'openai', credential, key: 'sk-proj-abcdefgh' }, /two names of one field/],
    [{ provider: 'openai', credential, label: 'a', name: 'b' }, /two names of one field/],
    [{ provider: 'openai', credential, enabled: true, disabled: true }, /two names of one field/],
    [{ provider: 'openai', credential, always_use: false, fallback_policy: 'deny' as const }, /contradict/],
    [{ provider: 'openai', credential, region: 'mars' }, /`region` must be one of OpenAI's: us, eu/],
    [
      { provider: 'openai', credential, daily_budget_usd: 5, monthly_budget_usd: 4 },
      /must not be more than `monthly_budget_usd`/,
    ],
    [{ provider: 'custom', credential }, /`base_url` is required/],
  ])('is refused: %j', (body, message) => {
    expect(() => draftNewKey(deps, owner, body)).toThrow(message);
  });
});

describe('a changed provider key', () => {
  test('keeps what is not named, and clears what is null', () => {
    const current = stored({ provider: 'openai', credential, weight: 7, rpm_limit: 60, label: 'Production' });
    const { record, credential: fresh } = draftChangedKey(deps, current, { rpm_limit: null });
    expect(fresh).toBeNull();
    expect(record).toEqual({ ...current, rpmLimit: null });
  });

  test.each([
    [{ base_url: 'https://evil.example.com/v1' }, 'base_url'],
    [{ base_url: 'https://api.openai.com/v1/other' }, 'base_url'],
    [{ region: 'eu' }, 'region'],
    [{ provider: 'anthropic' }, 'provider'],
  ])('needs the credential again for %j', (body, field) => {
    expect(() => draftChangedKey(deps, plain(), body)).toThrow(
      `Changing \`${field}\` needs the credential in the same request`,
    );
    expect(() => draftChangedKey(deps, plain(), body)).toThrow(
      expect.objectContaining({ code: 'invalid_request', status: 422 }),
    );
  });

  test('goes elsewhere with its credential', () => {
    const { record, credential: fresh } = draftChangedKey(deps, plain(), {
      base_url: 'https://proxy.example.com/v1',
      credential,
    });
    expect(record.destination).toBe('https://proxy.example.com');
    expect(fresh).toEqual(credential);
  });

  test('may repeat the base URL that it has', () => {
    const current = stored({ provider: 'openai', credential, base_url: 'https://proxy.example.com/v1' });
    expect(
      draftChangedKey(deps, current, { base_url: 'https://PROXY.example.com/v1/', weight: 2 }).record.weight,
    ).toBe(2);
  });

  test("leaves the old provider's base URL and region behind", () => {
    const current = stored({ provider: 'openai', credential, region: 'eu' });
    const { record } = draftChangedKey(deps, current, {
      provider: 'anthropic',
      credential: { api_key: 'sk-ant-api03-abcdef' },
    });
    expect(record).toMatchObject({
      provider: 'anthropic',
      region: null,
      destination: 'https://api.anthropic.com',
    });
  });

  test('cannot be given a daily budget above its stored monthly one', () => {
    const current = stored({ provider: 'openai', credential, monthly_budget_usd: 10 });
    expect(() => draftChangedKey(deps, current, { daily_budget_usd: 11 })).toThrow(/must not be more/);
  });
});
