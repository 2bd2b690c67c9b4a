import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createProviderKeyBody, updateProviderKeyBody } from './provider-keys.ts';

function messagesFor(body: unknown): string[] {
  const result = updateProviderKeyBody.safeParse(body);
  return result.success ? [] : result.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
}

describe('the body of a provider key', () => {
  test.each([
    [{ weight: 0 }, 'weight must be a whole number from 1 to 1000'],
    [{ weight: -1 }, 'weight must be a whole number from 1 to 1000'],
    [{ weight: Number.NaN }, 'weight must be a whole number from 1 to 1000'],
    [{ weight: Number.POSITIVE_INFINITY }, 'weight must be a whole number from 1 to 1000'],
    [{ weight: 1e9 }, 'weight must be a whole number from 1 to 1000'],
    [{ weight: 1.5 }, 'weight must be a whole number from 1 to 1000'],
    [{ weight: '3' }, 'weight must be a whole number from 1 to 1000'],
    [{ weight: null }, 'weight must be a whole number from 1 to 1000'],
    [{ rpm_limit: 0 }, 'rpm_limit must be a whole number from 1 to 1000000'],
    [{ rpm_limit: 1_000_001 }, 'rpm_limit must be a whole number from 1 to 1000000'],
    [{ daily_budget_usd: -1 }, 'daily_budget_usd must be more than 0 and at most 1000000 (USD)'],
    [{ daily_budget_usd: 0 }, 'daily_budget_usd must be more than 0 and at most 1000000 (USD)'],
    [{ daily_budget_usd: 1e-12 }, 'daily_budget_usd must be more than 0 and at most 1000000 (USD)'],
    [{ monthly_budget_usd: 1_000_001 }, 'monthly_budget_usd must be more than 0 and at most 1000000 (USD)'],
    [{ supported_models: [] }, 'supported_models must be a list of 1 to 1000 names, or null for all'],
    [
      { supported_models: ['a b'] },
      'supported_models.0 must be 1 to 256 visible ASCII characters without spaces',
    ],
    [
      { supported_models: ['x'.repeat(257)] },
      'supported_models.0 must be 1 to 256 visible ASCII characters without spaces',
    ],
    [{ label: 'x'.repeat(256) }, 'label must be text of at most 255 printable characters'],
    [{ label: 'a\u0000b' }, 'label must be text of at most 255 printable characters'],
    [{ label: 'a\u202eb' }, 'label must be text of at most 255 printable characters'],
    [{ region: '../evil' }, 'region must be a region such as us-east-1, or null'],
    [{ region: 'a.b' }, 'region must be a region such as us-east-1, or null'],
    [{ enabled: 'yes' }, 'enabled must be true or false'],
    [{ credential: 42 }, 'credential must be an object of credential fields, or the JSON of one as text'],
    [{ credential_type: 'oauth' }, 'credential_type must be one of api_key, azure, bedrock, vertex'],
  ])('refuses %j', (body, message) => {
    expect(messagesFor(body)).toEqual([message]);
  });

  test('takes every option, and null where there may be none', () => {
    expect(
      messagesFor({
        label: 'Production ☀',
        always_use: true,
        weight: 1000,
        rpm_limit: null,
        base_url: null,
        region: null,
        supported_models: ['gpt-*', 'openai/o3'],
        daily_budget_usd: 0.5,
        monthly_budget_usd: null,
        hard_budget: false,
        max_concurrency: null,
        enabled: true,
      }),
    ).toEqual([]);
  });

  test('needs a provider when it is new', () => {
    const result = createProviderKeyBody.safeParse({ credential: { api_key: 'x' } });
    expect(result.error?.issues.map((issue) => [issue.path.join('.'), issue.message])).toEqual([
      ['provider', 'is required'],
    ]);
  });

  test('no message repeats a value', () => {
    const field = fc.constantFrom(
      'weight',
      'label',
      'base_url',
      'region',
      'supported_models',
      'enabled',
      'credential',
    );
    const value = fc.string({ minLength: 8, maxLength: 12, unit: fc.constantFrom(...'QXZJ\u0007 ') });
    fc.assert(
      fc.property(field, value, fc.boolean(), (name, text, listed) => {
        for (const message of messagesFor({ [name]: listed ? [[text]] : text }))
          expect(message).not.toContain(text);
      }),
    );
  });
});
