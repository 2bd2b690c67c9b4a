import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { apiKeyCredential } from './api-key-credential.ts';
import { manifests } from '../registry.gen.ts';
import { KEY_SHAPES } from './key-shapes.ts';

function checkOf(vendor: string, anyVendor = false) {
  const [field] = apiKeyCredential({ vendor, keysUrl: 'https://example.com/keys', anyVendor }).fields;
  if (field === undefined) throw new Error('no field');
  return field.check;
}
const check = checkOf('OpenAI');

describe('the API key field', () => {
  test.each(['sk-proj-abcDEF123456', 'abcdef0123456789', 'sk-abcdefgh', 'AbC.def_gh-12'])(
    'takes %s, which may be a key',
    (key) => {
      expect(check(key)).toBeUndefined();
    },
  );

  test.each([
    ['', /empty/],
    ['   \n', /empty/],
    [
      '{"type":"service_account","private_key":"-----BEGIN"}',
      /Google service-account file; choose Vertex AI/,
    ],
    ['"{\\"type\\":\\"service_account\\"}"', /Google service-account file/],
    [
      '{"access_key":"AKIA1","secret_key":"x","region":"us-east-1"}',
      /AWS credentials as JSON; choose AWS Bedrock/,
    ],
    [
      '{"api_key":"k","endpoint_url":"https://x","deployment_name":"d"}',
      /Azure configuration as JSON; choose Azure/,
    ],
    ['{"key":"value"}', /JSON, not an API key/],
    ['-----BEGIN PRIVATE KEY-----\nabc', /private key file/],
    ['Bearer sk-abcdefgh', /begins with "Bearer"/],
    ['OPENAI_API_KEY=sk-abcdefgh', /follows the equals sign/],
    ['https://api.openai.com/v1', /is a URL/],
    ['"sk-abcdefgh"', /quotation marks/],
    ['sk-...AbCd', /middle hidden/],
    ['sk-ab****yz', /middle hidden/],
    ['sk-abc def', /white space/],
    ['sk-abcdefgh\n', /white space/],
    ['sk-abcdéfgh', /characters in the API key that no key has/],
    ['sk-abc\u200bdef', /characters in the API key that no key has/],
    ['x'.repeat(5000), /too long/],
    ['lr_live_abcdefghijkl', /ARouter key/],
    ['sk-ant-api03-abcdef', /a key of Anthropic; choose Anthropic/],
    ['gsk_abcdef', /a key of Groq/],
    ['AKIAIOSFODNN7EXAMPLE', /a key of AWS/],
  ])('refuses %j in one sentence', (value, sentence) => {
    const complaint = check(value);
    expect(complaint).toMatch(sentence);
    expect(complaint).toMatch(/^[A-Z].*\.$/);
  });

  test('never quotes what was entered', () => {
    const secret = fc.string({ minLength: 24, maxLength: 40, unit: fc.constantFrom(...'0123456789!#%&') });
    const around = fc.constantFrom(
      '',
      'Bearer ',
      'sk-ant-',
      'lr_live_',
      '{"type":"service_account","k":"',
      'A_KEY=',
      'https://',
    );
    fc.assert(
      fc.property(secret, around, fc.constantFrom('', ' ', 'é', '\n', '"}'), (value, before, after) => {
        expect(check(`${before}${value}${after}`) ?? '').not.toContain(value);
      }),
    );
  });

  test("an endpoint of one's own takes any vendor's key, and another gateway's", () => {
    const own = checkOf('Custom endpoint', true);
    for (const { prefix } of KEY_SHAPES) expect(own(`${prefix}abcdef0123`)).toBeUndefined();
    expect(own('lr_live_abcdef0123')).toBeUndefined();
    expect(own('two words')).toMatch(/white space/);
  });

  test("a vendor's own shape is welcome in its own field", () => {
    for (const { prefix, vendor } of KEY_SHAPES)
      expect(checkOf(vendor)(`${prefix}abcdef0123`)).toBeUndefined();
  });
});

test('a key whose vendor is a provider here is taken by that provider, under the name it has here', () => {
  const names = [...manifests.values()].map(({ name }) => name);
  const unserved = KEY_SHAPES.filter(({ vendor }) => !names.includes(vendor)).map(({ prefix }) => prefix);
  // Tokens that expire within the hour, and parts of a credential of several fields.
  expect(unserved).toEqual(['ya29.', 'AKIA', 'ASIA']);
  for (const { prefix, vendor } of KEY_SHAPES)
    expect(checkOf(vendor)(`${prefix}0123456789abcdefghij`)).toBeUndefined();
});
