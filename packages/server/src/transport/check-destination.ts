/**
 * Judges a base URL when it is saved, and again on the stored value before a pool is opened for it. The text is
 * parsed once, by the platform's parser, and only what that parser understood is judged and kept. Resolving the name
 * is the connector's work: an answer that was good at save time says nothing about the next one.
 */
import { isIP } from 'node:net';
import { isAddressAllowed, PUBLIC_PORTS, type EgressPolicy } from './egress-policy.ts';
import { originOf, type Origin } from './origin.ts';

export type DestinationVerdict =
  | {
      readonly ok: true;
      /** `scheme://host:port`, always with the port: what a secret is bound to. */
      readonly origin: string;
      /** `''` or `/a/b`, without a slash at its end. */
      readonly pathPrefix: string;
    }
  | {
      readonly ok: false;
      /** One sentence for the person who entered the URL. Never contains it, nor an address. */
      readonly reason: string;
    };

export const URL_CHARACTERS_MAX = 2048;

/** Names that mean this machine or this network by custom, whatever they resolve to. */
const LOCAL_NAME = /\.(?:local|localhost|internal|intranet|lan|home|corp|onion|localdomain|home\.arpa)$/;

export function checkDestination(text: string, policy: EgressPolicy): DestinationVerdict {
  const malformed = malformation(text);
  if (malformed !== undefined) return refuse(malformed);
  const url = URL.parse(text);
  if (url === null) return refuse('The URL cannot be read; check its host and port.');
  const origin = originOf(url);
  const denied = denial(origin, policy);
  if (denied !== undefined) return refuse(denied);
  const pathPrefix = url.pathname.replace(/(?<!\/)\/+$/, '');
  return { ok: true, origin: origin.origin, pathPrefix };
}

function refuse(reason: string): DestinationVerdict {
  return { ok: false, reason };
}

/** What the parser would silently repair, or must not be part of a base URL. */
function malformation(text: string): string | undefined {
  if (text.length > URL_CHARACTERS_MAX) return `The URL is longer than ${URL_CHARACTERS_MAX} characters.`;
  // oxlint-disable-next-line no-control-regex -- control characters are what this looks for
  if (/[\u0000-\u0020\u007f\\]/.test(text)) {
    return 'The URL contains a space, control character or backslash; remove it.';
  }
  if (!/^https?:\/\/[^/]/i.test(text)) return 'The URL must start with https:// and a host name.';
  if (/^[^/]*\/\/[^/]*@/.test(text)) {
    return 'The URL contains a user name or password; enter the key in its own field.';
  }
  if (/[?#]/.test(text)) return 'The URL must not have a query or fragment; enter the part before ? or #.';
  if (/%(?:2e|2f|5c|00|25)/i.test(text) || /\/\.{1,2}(?:\/|$)/.test(text)) {
    return 'The path of the URL contains dots or encoded slashes; write the path out.';
  }
  return undefined;
}

function denial(origin: Origin, policy: EgressPolicy): string | undefined {
  const permit = policy.permits.get(origin.origin);
  if (origin.scheme === 'http' && permit === undefined) {
    return 'The URL must use https; a plain http origin works only when the operator lists it in AROUTER_EGRESS_ALLOW.';
  }
  if (permit === undefined && !PUBLIC_PORTS.has(origin.port)) {
    return 'The port must be 443 or 8443, unless the operator lists the origin in AROUTER_EGRESS_ALLOW.';
  }
  if (isIP(origin.hostname) !== 0) {
    return isAddressAllowed(origin.hostname, permit) ? undefined : PRIVATE_REASON;
  }
  if (!isHostName(origin.hostname)) return 'The host of the URL is not a valid name.';
  if (permit === undefined && isLocalName(origin.hostname)) return PRIVATE_REASON;
  return undefined;
}

const PRIVATE_REASON =
  'The URL does not lead to a public host; private ones work only when the operator lists the origin in AROUTER_EGRESS_ALLOW.';

function isHostName(hostname: string): boolean {
  if (hostname.length > 253) return false;
  return hostname.split('.').every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
}

function isLocalName(hostname: string): boolean {
  if (!hostname.includes('.') || LOCAL_NAME.test(hostname)) return true;
  return hostname.startsWith('metadata.');
}
