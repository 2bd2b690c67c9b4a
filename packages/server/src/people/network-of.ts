/** Who shares a guess limit: an address of IPv4; of IPv6 the /64 that one household or machine is given whole. */
import ipaddr from 'ipaddr.js';

const HOUSEHOLD_BYTES = 8;

/** What is no address stands for itself. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  // An IPv4 address that came over a socket of IPv6 is the same address.
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return `${Buffer.from(parsed.toByteArray().slice(0, HOUSEHOLD_BYTES)).toString('hex')}/64`;
}
