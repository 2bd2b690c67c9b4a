/**
 * `AROUTER_EGRESS_ALLOW`: the private origins that the operator opens, e.g. for Ollama or vLLM. Comma-separated
 * origins; `=` and `+`-separated ranges after an origin say where its name must resolve:
 * `http://127.0.0.1:9001,http://ollama.lan:11434=10.20.0.7/32`.
 */
import ipaddr from 'ipaddr.js';
import {
  isAddressAllowed,
  isAddressNeverAllowed,
  parseAddress,
  PUBLIC_ONLY,
  type AddressPermit,
  type AddressRange,
  type EgressPolicy,
} from './egress-policy.ts';
import { isLoopbackName, originOf } from './origin.ts';

const ENTRIES_MAX = 256;

/** The setting cannot be used as written. The message is one sentence for the operator. */
export class EgressAllowInvalid extends Error {
  override readonly name = 'EgressAllowInvalid';
}

/** Where a listed name may resolve when the operator gave no ranges. Loopback only for `localhost`: see `permitOf`. */
const PRIVATE_RANGES: readonly AddressRange[] = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
].map((text) => ipaddr.parseCIDR(text));
const LOOPBACK_RANGES: readonly AddressRange[] = ['127.0.0.0/8', '::1/128'].map((text) =>
  ipaddr.parseCIDR(text),
);

/** Throws EgressAllowInvalid. An empty text opens nothing. */
export function parseEgressAllow(text: string): EgressPolicy {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  if (entries.length === 0) return PUBLIC_ONLY;
  if (entries.length > ENTRIES_MAX) {
    throw new EgressAllowInvalid(
      `AROUTER_EGRESS_ALLOW lists ${entries.length} origins; at most ${ENTRIES_MAX} are taken.`,
    );
  }
  const permits = new Map<string, AddressPermit>();
  for (const entry of entries) {
    const [origin, permit] = parseEntry(entry);
    if (permits.has(origin)) throw refusal(entry, 'is listed twice; keep one of the two');
    permits.set(origin, permit);
  }
  return { permits };
}

function parseEntry(entry: string): readonly [origin: string, permit: AddressPermit] {
  const [originText = '', rangesText, ...rest] = entry.split('=');
  if (rest.length > 0) throw refusal(entry, 'has more than one `=`; write origin=range+range');
  if (!/^https?:\/\/[^/\\?#@]+\/?$/i.test(originText)) {
    throw refusal(entry, 'is not an origin; write scheme, host and port only, e.g. http://127.0.0.1:9001');
  }
  const url = URL.parse(originText);
  if (url === null) throw refusal(entry, 'is not an origin; check its host and port');
  const { origin, hostname } = originOf(url);
  return [origin, permitOf(entry, hostname, rangesText)];
}

function permitOf(entry: string, hostname: string, rangesText: string | undefined): AddressPermit {
  const literal = parseAddress(hostname);
  if (literal !== null) return literalPermit(entry, hostname, rangesText);
  if (rangesText !== undefined) return { ranges: parseRanges(entry, rangesText), globalUnicast: false };
  const ranges = isLoopbackName(hostname) ? LOOPBACK_RANGES : PRIVATE_RANGES;
  return { ranges, globalUnicast: true };
}

function literalPermit(entry: string, hostname: string, rangesText: string | undefined): AddressPermit {
  if (rangesText !== undefined) throw refusal(entry, 'has an address as its host, so it takes no range');
  if (isAddressNeverAllowed(hostname)) {
    throw refusal(entry, 'is a cloud metadata or link-local address, which is never allowed');
  }
  const address = ipaddr.process(hostname);
  const range: AddressRange = [address, address.kind() === 'ipv4' ? 32 : 128];
  const permit: AddressPermit = { ranges: [range], globalUnicast: false };
  const kind = address.range();
  if (kind === 'unspecified' || kind === 'multicast' || kind === 'broadcast') {
    throw refusal(entry, 'names no single machine; for this machine write 127.0.0.1 or [::1]');
  }
  if (!isAddressAllowed(hostname, permit)) {
    throw refusal(entry, 'carries an IPv4 address inside IPv6; write the IPv4 address itself');
  }
  return permit;
}

function parseRanges(entry: string, text: string): readonly AddressRange[] {
  return text.split('+').map((part) => {
    const range = part.trim();
    if (ipaddr.isValidCIDR(range)) return ipaddr.parseCIDR(range);
    const address = parseAddress(range);
    if (address === null) {
      throw refusal(entry, 'has a range that is not an address or CIDR such as 10.20.0.7/32');
    }
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  });
}

function refusal(entry: string, why: string): EgressAllowInvalid {
  // An entry may hold `user:password@`, which does not belong into a log.
  const shown = entry.replace(/\/\/[^/]*@/, '//…@');
  return new EgressAllowInvalid(`AROUTER_EGRESS_ALLOW: "${shown}" ${why}.`);
}
