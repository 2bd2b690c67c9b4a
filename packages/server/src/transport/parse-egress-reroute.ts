/**
 * `AROUTER_EGRESS_REROUTE`: origins of providers that the operator reaches another way, e.g. through a gateway of the
 * house or, in tests, at a stand-in: `https://oauth2.googleapis.com=http://127.0.0.1:9001`, comma-separated. Only the
 * operator can say so; what a secret is bound to stays the provider's own origin.
 */
import { EgressAllowInvalid } from './parse-egress-allow.ts';
import { originOf } from './origin.ts';

/** Written origin (with its port) → where its requests go, written likewise. */
export type EgressReroutes = ReadonlyMap<string, string>;

const ENTRIES_MAX = 64;

/** Throws EgressAllowInvalid. An empty text reroutes nothing. */
export function parseEgressReroute(text: string): EgressReroutes {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  if (entries.length > ENTRIES_MAX) {
    throw new EgressAllowInvalid(
      `AROUTER_EGRESS_REROUTE lists ${entries.length} origins; at most ${ENTRIES_MAX} are taken.`,
    );
  }
  const reroutes = new Map<string, string>();
  for (const entry of entries) {
    const [from, to, ...rest] = entry.split('=');
    const source = readOrigin(from);
    const target = readOrigin(to);
    if (source === undefined || target === undefined || rest.length > 0) {
      throw new EgressAllowInvalid(
        'AROUTER_EGRESS_REROUTE has an entry that is not origin=origin; write scheme, host and port only, e.g. https://api.example.com=http://127.0.0.1:9001.',
      );
    }
    reroutes.set(source, target);
  }
  return reroutes;
}

function readOrigin(text: string | undefined): string | undefined {
  if (text === undefined || !/^https?:\/\/[^/\\?#@]+\/?$/i.test(text)) return undefined;
  const url = URL.parse(text);
  return url === null ? undefined : originOf(url).origin;
}
