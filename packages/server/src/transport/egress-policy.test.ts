import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkDestination } from './check-destination.ts';
import { isAddressAllowed, isAddressNeverAllowed, PUBLIC_ONLY } from './egress-policy.ts';
import { EgressAllowInvalid, parseEgressAllow } from './parse-egress-allow.ts';

const DENIED = [
  '0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '100.100.100.200', '127.0.0.1', '127.255.255.254',
  '168.63.129.16', '169.254.169.254', '169.254.170.2', '172.16.0.1', '172.31.255.255', '192.0.0.192',
  '192.0.2.1', '192.88.99.1', '192.168.1.1', '198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.1',
  '240.0.0.1', '255.255.255.255',
  '::', '::1', '::127.0.0.1', '::7f00:1', '::8.8.8.8', '::ffff:127.0.0.1', '::ffff:169.254.169.254', '::ffff:7f00:1',
  '64:ff9b::7f00:1', '64:ff9b::808:808', '64:ff9b:1::a00:1', '2002:7f00:1::', '2002:808:808::', '2001:0:4136:e378::1',
  'fc00::1', 'fd00:ec2::254', 'fd20:ce::254', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1', '100::1',
  '2001:db8::1', '3fff::1', '5f00::1', '2001:2::1', '2001:10::1', '4000::1', '::ffff:0:127.0.0.1',
  '', 'localhost', '127.1', '0x7f000001', '2130706433', '017700000001', '1.1.1.1.', ' 1.1.1.1', '1.1.1.1%0',
]; // prettier-ignore
const ALLOWED = [
  '1.1.1.1',
  '8.8.8.8',
  '104.18.7.192',
  '2606:4700::6812:7c0',
  '2a00:1450:4001:80b::200a',
  '::ffff:8.8.8.8',
];

describe('an address', () => {
  it.each(DENIED)('%s is denied', (address) => expect(isAddressAllowed(address)).toBe(false));
  it.each(ALLOWED)('%s is allowed', (address) => expect(isAddressAllowed(address)).toBe(true));

  it('of any kind is allowed mapped into IPv6 exactly when it is allowed plain', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(isAddressAllowed(`::ffff:${address}`)).toBe(isAddressAllowed(address));
      }),
    );
  });

  it('of a metadata service stays shut whatever the operator permits', () => {
    const everything = parseEgressAllow('http://gpu.lan=0.0.0.0/0+::/0').permits.get('http://gpu.lan:80');
    expect(isAddressAllowed('10.0.0.1', everything)).toBe(true);
    for (const address of [
      '169.254.169.254',
      '::ffff:169.254.169.254',
      '168.63.129.16',
      'fd00:ec2::254',
      '100.100.100.200',
      '64:ff9b::a9fe:a9fe',
    ]) {
      expect(isAddressAllowed(address, everything)).toBe(false);
      expect(isAddressNeverAllowed(address)).toBe(true);
    }
  });
});

/** URL → a word of the reason. */
const HOSTILE: readonly (readonly [url: string, reason: RegExp])[] = [
  ['http://api.openai.com/v1', /https/],
  ['ftp://api.openai.com', /https:\/\//],
  ['file:///etc/passwd', /https:\/\//],
  ['https:api.openai.com', /https:\/\//],
  ['https:///evil.example', /https:\/\//],
  ['//api.openai.com', /https:\/\//],
  ['https://user:pass@api.openai.com', /password/],
  ['https://api.openai.com@evil.example/v1', /password/],
  ['https://api.openai.com/v1?x=1', /query/],
  ['https://api.openai.com/v1?', /query/],
  ['https://api.openai.com/v1#x', /fragment/],
  ['https://api.openai.com/../admin', /dots/],
  ['https://api.openai.com/%2e%2e/admin', /dots/],
  ['https://api.openai.com/a%2fb', /slashes/],
  ['https://api.openai.com\\@evil.example', /backslash/],
  ['https://api.openai.com/v1\r\nx: y', /control/],
  ['https://api.openai.com:22', /port/],
  ['https://api.openai.com:99999', /cannot be read/],
  ['https://127.0.0.1', /public/],
  ['https://127.1', /public/],
  ['https://0x7f.1', /public/],
  ['https://2130706433', /public/],
  ['https://017700000001', /public/],
  ['https://①②⑦.⓪.⓪.①', /public/],
  ['https://127.0.0.1.', /public/],
  ['https://[::1]', /public/],
  ['https://[::127.0.0.1]', /public/],
  ['https://[::ffff:10.0.0.1]', /public/],
  ['https://169.254.169.254/latest/meta-data', /public/],
  ['https://168.63.129.16', /public/],
  ['https://localhost', /public/],
  ['https://localhost.', /public/],
  ['https://db', /public/],
  ['https://printer.local', /public/],
  ['https://metadata.google.internal', /public/],
  ['https://METADATA.google.internal.', /public/],
  ['https://metadata.example.com', /public/],
  ['https://a..b.com', /valid name/],
  [`https://api.openai.com/${'a'.repeat(2100)}`, /longer/],
  ['', /https:\/\//],
];

describe('a destination', () => {
  it.each(HOSTILE)('%s is refused, and says why without repeating it', (url, reason) => {
    const verdict = checkDestination(url, PUBLIC_ONLY);
    expect(verdict).toMatchObject({ ok: false });
    if (verdict.ok) return;
    expect(verdict.reason).toMatch(reason);
    expect(verdict.reason).toMatch(/\.$/);
    expect(verdict.reason).not.toMatch(/\d+\.\d+\.\d+\.\d+|evil|pass@|::1/);
  });

  it.each([
    ['https://api.openai.com/v1', 'https://api.openai.com:443', '/v1'],
    ['HTTPS://API.OpenAI.com:443/v1/', 'https://api.openai.com:443', '/v1'],
    ['https://api.openai.com.', 'https://api.openai.com:443', ''],
    ['https://proxy.example.org:8443/a/b//', 'https://proxy.example.org:8443', '/a/b'],
    ['https://1.1.1.1', 'https://1.1.1.1:443', ''],
    ['https://[2606:4700::1]/x', 'https://[2606:4700::1]:443', '/x'],
    ['https://bücher.example', 'https://xn--bcher-kva.example:443', ''],
  ])('%s is written in one way', (url, origin, pathPrefix) => {
    expect(checkDestination(url, PUBLIC_ONLY)).toEqual({ ok: true, origin, pathPrefix });
  });

  it('that was accepted is accepted again in its normal form', () => {
    const labels = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
    fc.assert(
      fc.property(labels, labels, fc.stringMatching(/^(?:\/[a-z0-9_-]{1,6}){0,3}$/), (a, b, path) => {
        const first = checkDestination(`https://${a}.${b}.com${path}`, PUBLIC_ONLY);
        if (!first.ok) return;
        expect(checkDestination(first.origin + first.pathPrefix, PUBLIC_ONLY)).toEqual(first);
      }),
    );
  });
});

describe('AROUTER_EGRESS_ALLOW', () => {
  it('opens exactly the listed origins', () => {
    const policy = parseEgressAllow(' http://127.0.0.1:9001, http://[::1]:9001,http://ollama.lan:11434 ');
    const isOpen = (url: string): boolean => checkDestination(url, policy).ok;
    expect(isOpen('http://127.0.0.1:9001/v1')).toBe(true);
    expect(isOpen('http://[::1]:9001')).toBe(true);
    expect(isOpen('http://ollama.lan:11434')).toBe(true);
    for (const other of [
      'http://127.0.0.1:9002',
      'https://127.0.0.1:9001',
      'http://127.0.0.2:9001',
      'http://other.lan:11434',
      'http://localhost:9001',
    ]) {
      expect(isOpen(other)).toBe(false);
    }
  });

  it('lets a listed name resolve to private networks, and to loopback only as localhost', () => {
    const { permits } = parseEgressAllow(
      'http://ollama.lan:11434,http://localhost:9001,http://gpu.lan=10.20.0.7+fd12::/64',
    );
    const named = permits.get('http://ollama.lan:11434');
    expect(isAddressAllowed('10.1.2.3', named)).toBe(true);
    expect(isAddressAllowed('127.0.0.1', named)).toBe(false);
    expect(isAddressAllowed('8.8.8.8', named)).toBe(true);
    const local = permits.get('http://localhost:9001');
    expect(isAddressAllowed('127.0.0.1', local)).toBe(true);
    expect(isAddressAllowed('10.1.2.3', local)).toBe(false);
    const ranged = permits.get('http://gpu.lan:80');
    expect(isAddressAllowed('10.20.0.7', ranged)).toBe(true);
    expect(isAddressAllowed('fd12::9', ranged)).toBe(true);
    expect(isAddressAllowed('10.20.0.8', ranged)).toBe(false);
    expect(isAddressAllowed('8.8.8.8', ranged)).toBe(false);
  });

  it('is empty for an empty text', () => expect(parseEgressAllow(' , ').permits.size).toBe(0));

  it.each([
    ['127.0.0.1:9001', /scheme, host and port/],
    ['http://127.0.0.1:9001/v1', /scheme, host and port/],
    ['http://127.0.0.1:9001?x', /scheme, host and port/],
    ['ftp://a.b', /scheme, host and port/],
    ['http://user:secret@a.b', /scheme, host and port/],
    ['http://a.b:99999', /host and port/],
    ['http://169.254.169.254', /never allowed/],
    ['http://[fd00:ec2::254]', /never allowed/],
    ['http://0.0.0.0:9001', /127\.0\.0\.1/],
    ['http://[64:ff9b::a00:1]:9001', /IPv4 address itself/],
    ['http://a.lan=10.0.0.0/33', /CIDR/],
    ['http://10.0.0.1=10.0.0.0/8', /takes no range/],
    ['http://a.lan=10.0.0.1=10.0.0.2', /more than one/],
    ['http://a.lan,http://a.lan:80', /twice/],
  ])('refuses %s with a sentence', (text, reason) => {
    const parse = (): unknown => parseEgressAllow(text);
    expect(parse).toThrow(EgressAllowInvalid);
    expect(parse).toThrow(reason);
    expect(parse).not.toThrow(/secret/);
  });
});
