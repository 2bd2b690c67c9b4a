/**
 * Which addresses may be called: pure classification, no I/O. The rule allows (an address must be global unicast)
 * instead of denying, because every deny list in this field has been found to have a hole. The operator can open
 * single private origins; cloud metadata stays shut whatever anyone configures.
 */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
export type AddressRange = readonly [network: Address, prefixBits: number];

/** What the operator opened for one origin: the addresses that its host may have. */
export type AddressPermit = {
  readonly ranges: readonly AddressRange[];
  /** True: a public address is good as well. False when the operator wrote the ranges down. */
  readonly globalUnicast: boolean;
};

/** Made once at start and never changed: pooled connections were judged by it. */
export type EgressPolicy = {
  /** By normalised origin (`http://127.0.0.1:9001`, always with a port). */
  readonly permits: ReadonlyMap<string, AddressPermit>;
};

/** Nothing private is open. */
export const PUBLIC_ONLY: EgressPolicy = { permits: new Map() };

/** Ports that need no permission. */
export const PUBLIC_PORTS: ReadonlySet<number> = new Set([443, 8443]);

/** Metadata services and link-local: they hand out the machine's own credentials. No configuration opens them. */
const NEVER: readonly AddressRange[] = [
  '169.254.0.0/16', // AWS, Azure, GCP, Oracle, OpenStack, ECS tasks
  '168.63.129.16/32', // Azure WireServer: global unicast by its number
  '100.100.100.200/32', // Alibaba
  '192.0.0.192/32', // Oracle
  'fd00:ec2::/32', // AWS
  'fd20:ce::/32', // GCP
  'fe80::/10',
].map((text) => ipaddr.parseCIDR(text));

/** What the IANA has given out as global unicast so far; leaves out `::/8` with its IPv4-compatible addresses. */
const GLOBAL_UNICAST_V6: AddressRange = ipaddr.parseCIDR('2000::/3');

/** True when a socket may be opened to the address. Whatever is not an address, or carries a zone, is refused. */
export function isAddressAllowed(text: string, permit?: AddressPermit): boolean {
  const address = parseAddress(text);
  if (address === null) return false;
  const carried = carriedIpv4(address);
  if (isNever(address) || (carried !== null && isNever(carried))) return false;
  if (carried !== null && !isMapped(address)) return false;
  const effective = carried ?? address;
  if (permit?.ranges.some((range) => isWithin(effective, range)) === true) return true;
  if (permit?.globalUnicast === false) return false;
  return isGlobalUnicast(effective);
}

/** True when no configuration can open the address. */
export function isAddressNeverAllowed(text: string): boolean {
  const address = parseAddress(text);
  if (address === null) return true;
  const carried = carriedIpv4(address);
  return isNever(address) || (carried !== null && isNever(carried));
}

/** Null unless the text is an IP address in full form, without a zone. */
export function parseAddress(text: string): Address | null {
  if (typeof text !== 'string' || isIP(text) === 0 || text.includes('%')) return null;
  // ipaddr.js reads `::127.0.0.1` as if it were `::ffff:127.0.0.1`; the URL parser writes both in plain hex.
  const plain = text.includes(':') ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text;
  return ipaddr.parse(plain);
}

function isGlobalUnicast(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  return address.kind() === 'ipv4' || isWithin(address, GLOBAL_UNICAST_V6);
}

function isNever(address: Address): boolean {
  return NEVER.some((range) => isWithin(address, range));
}

function isWithin(address: Address, range: AddressRange): boolean {
  const [network, prefixBits] = range;
  return address.kind() === network.kind() && address.match(network, prefixBits);
}

function isMapped(address: Address): boolean {
  return address.kind() === 'ipv6' && (address as ipaddr.IPv6).isIPv4MappedAddress();
}

/** The IPv4 address inside an IPv6 one: mapped, NAT64, 6to4 or Teredo. Null when there is none. */
function carriedIpv4(address: Address): ipaddr.IPv4 | null {
  if (address.kind() === 'ipv4') return null;
  const bytes = address.toByteArray();
  switch (address.range()) {
    case 'ipv4Mapped':
    case 'rfc6052':
    case 'rfc6145':
      return new ipaddr.IPv4(bytes.slice(12, 16));
    case '6to4':
      return new ipaddr.IPv4(bytes.slice(2, 6));
    case 'teredo':
      return new ipaddr.IPv4(bytes.slice(12, 16).map((byte) => byte ^ 0xff));
    default:
      return null;
  }
}
