import type { CredentialField, CredentialTypeId, ProviderManifest } from '@arouter/core';
import { manifests } from '@arouter/providers';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCredential } from './read-credential.ts';

const openai = [...manifests.values()].find(({ name }) => name === 'OpenAI') as ProviderManifest;

function field(name: string, rest: Partial<CredentialField> = {}): CredentialField {
  return {
    name,
    label: name,
    secret: true,
    required: true,
    input: 'text',
    help: '',
    aliases: [],
    check: (value) => (value.startsWith('bad') ? 'This is not good.' : undefined),
    ...rest,
  };
}
/** A provider with forms of several fields, like the clouds have. */
const cloud: ProviderManifest = {
  ...openai,
  name: 'Cloud',
  credentialTypes: [
    {
      id: 'bedrock',
      label: 'AWS',
      fields: [
        field('access_key', { aliases: ['accessKeyId'] }),
        field('secret_key', { aliases: ['secretAccessKey'] }),
        field('region', { secret: false }),
        field('note', { secret: false, required: false }),
      ],
    },
    {
      id: 'vertex',
      label: 'Service account',
      fields: [field('service_account_json', { input: 'textarea' }), field('region', { secret: false })],
    },
  ],
};

function read(manifest: ProviderManifest, given: unknown, type?: CredentialTypeId) {
  const { secret, options, region, type: chosen } = readCredential(manifest, type, given);
  return { type: chosen.id, secret, options, region };
}
const KEY = 'sk-proj-abcdefgh';

describe('reading a credential', () => {
  test.each([
    [{ api_key: KEY }],
    [{ apiKey: KEY }],
    [{ key: ` ${KEY}\n` }],
    [JSON.stringify({ api_key: KEY })],
    [` ${KEY} `],
  ])('takes %j as an API key', (given) => {
    expect(read(openai, given)).toEqual({
      type: 'api_key',
      secret: { api_key: KEY },
      options: {},
      region: null,
    });
  });

  test.each([
    [{ accessKeyId: 'AK', secretAccessKey: 'SK', region: 'us-east-1' }],
    ['{"access_key":"AK","secret_key":"SK","region":"us-east-1"}'],
    [{ access_key: 'AK', secret_key: 'SK', region: 'us-east-1', note: null }],
  ])('keeps what is not secret apart: %j', (given) => {
    expect(read(cloud, given)).toEqual({
      type: 'bedrock',
      secret: { access_key: 'AK', secret_key: 'SK' },
      options: {},
      region: 'us-east-1',
    });
  });

  test('names every field that is wrong, each in a sentence of its own', () => {
    const given = { access_key: 'bad', region: 'bad' };
    expect(() => read(cloud, given)).toThrow(
      expect.objectContaining({
        message:
          '`credential.access_key`: This is not good. `credential.secret_key` is required: secret_key for Cloud. `credential.region`: This is not good.',
        metadata: { fields: ['credential.access_key', 'credential.secret_key', 'credential.region'] },
      }),
    );
  });

  test('takes a form of its own apart, and moves the address it names out of the secret', () => {
    const manifest: ProviderManifest = {
      ...openai,
      name: 'Cloud',
      credentialTypes: [
        {
          id: 'azure',
          label: 'Azure',
          fields: [field('api_key'), field('endpoint_url', { secret: false })],
          unfold: (given) => (Array.isArray(given) ? (given[0] as unknown) : given),
          place: ({ api_key: key = '', endpoint_url: url = '' }) =>
            url.startsWith('https://')
              ? { kind: 'placed', secret: { key }, baseUrl: url, region: null, options: { map: { a: 'b' } } }
              : { kind: 'refused', field: 'endpoint_url', problem: 'This is not a URL; enter one.' },
        },
      ],
    };
    const given = JSON.stringify([{ api_key: KEY, endpoint_url: 'https://one.example' }]);
    expect(readCredential(manifest, 'azure', given)).toMatchObject({
      secret: { key: KEY },
      baseUrl: 'https://one.example',
      options: { map: { a: 'b' } },
    });
    expect(() => readCredential(manifest, 'azure', { api_key: KEY, endpoint_url: 'one' })).toThrow(
      '`credential.endpoint_url`: This is not a URL; enter one.',
    );
  });

  const file = { type: 'service_account', project_id: 'p', private_key: '-----BEGIN' };
  test.each([
    ['its text in the field', { service_account_json: JSON.stringify(file), region: 'us-central1' }],
    ['the object in the field', { service_account_json: file, region: 'us-central1' }],
    ['the object itself with a region beside', { ...file, region: 'us-central1' }],
    ['the text of all that', JSON.stringify({ ...file, region: 'us-central1' })],
  ])('takes a pasted file: %s', (_how, given) => {
    const { secret, region } = read(cloud, given, 'vertex');
    expect(JSON.parse(secret['service_account_json'] ?? '')).toEqual(file);
    expect(region).toBe('us-central1');
  });

  test.each<[string, ProviderManifest, CredentialTypeId | undefined, unknown, RegExp]>([
    ['malformed JSON', openai, undefined, '{"api_key": "sk-canary', /begins like JSON but is not valid JSON/],
    ['text for a form of several fields', cloud, undefined, 'canary', /cannot be read: it is not valid JSON/],
    [
      'a service account in the API key field',
      openai,
      undefined,
      { api_key: JSON.stringify(file) },
      /`credential.api_key`: This is a Google service-account file/,
    ],
    [
      'a service account object in the API key field',
      openai,
      undefined,
      { api_key: file },
      /This is a Google service-account file/,
    ],
    [
      'a service account in place of the form',
      openai,
      undefined,
      file,
      /This is a Google service-account file/,
    ],
    [
      'a service account as text in place of the form',
      openai,
      undefined,
      JSON.stringify(file),
      /This is a Google service-account file/,
    ],
    [
      'a missing field',
      cloud,
      undefined,
      { access_key: 'AK', region: 'r' },
      /`credential.secret_key` is required/,
    ],
    ['an empty field', openai, undefined, { api_key: '  ' }, /`credential.api_key` is required/],
    [
      'an unknown field',
      openai,
      undefined,
      { api_key: KEY, organisation: 'x' },
      /`credential.organisation` is not a field of OpenAI's API key credential; its fields are: api_key/,
    ],
    ['one field under two names', openai, undefined, { api_key: KEY, key: KEY }, /given twice/],
    ['a number', openai, undefined, { api_key: 5 }, /must be text/],
    ['a list', openai, undefined, [KEY], /must be an object or text/],
    [
      'a field that its check refuses',
      cloud,
      undefined,
      { access_key: 'bad', secret_key: 'x', region: 'r' },
      /`credential.access_key`: This is not good/,
    ],
    [
      'another type',
      openai,
      'vertex',
      { api_key: KEY },
      /`credential_type` must be one that OpenAI has: api_key/,
    ],
    ['a field without end', cloud, undefined, { access_key: 'x'.repeat(40_000) }, /longer than 32768/],
  ])('refuses %s', (...row) => {
    const [, manifest, type, given, message] = row;
    expect(() => read(manifest, given, type)).toThrow(message);
  });

  test('no refusal repeats what was entered', () => {
    const canary = fc.string({ minLength: 20, maxLength: 40, unit: fc.constantFrom(...'QXZJ0189') });
    const shape = fc.constantFrom<(secret: string) => unknown>(
      (secret) => secret,
      (secret) => `{"api_key":"${secret}`,
      (secret) => ({ [secret]: 'x' }),
      (secret) => ({ api_key: [secret] }),
      (secret) => ({ api_key: `Bearer ${secret}` }),
      (secret) => ({ api_key: { type: 'service_account', private_key: secret } }),
      (secret) => ({ api_key: secret, extra: secret }),
    );
    fc.assert(
      fc.property(canary, shape, fc.boolean(), (secret, make, clouds) => {
        try {
          read(clouds ? cloud : openai, make(secret));
        } catch (error) {
          expect(
            `${(error as Error).message} ${JSON.stringify((error as { metadata?: unknown }).metadata)}`,
          ).not.toContain(secret);
        }
      }),
    );
  });
});
