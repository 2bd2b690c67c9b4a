/** The headers of a request before it carries a credential. */
import type { EncodedRequest } from '../wire/dialect.ts';
import type { ProviderDialect } from '../wire/provider-manifest.ts';
import type { WireHeaders } from '../wire/wire.ts';
import type { Run } from './run.ts';

/**
 * The dialect's own headers, and the few of the caller that belong to the format (its version, its betas), which win.
 * Never a credential. The very list of the last such request where nothing differs, so that what was made of it serves again.
 */
export function requestHeaders(
  run: Run,
  spoken: ProviderDialect,
  { encoded, same }: { readonly encoded: EncodedRequest; readonly same: boolean },
): WireHeaders {
  const headers = gather(run, spoken, { encoded, same });
  const lists = run.request.facts.stream ? lastOfStreams : lastOfOthers;
  const last = lists.get(spoken);
  if (last !== undefined && isEqual(last, headers)) return last;
  lists.set(spoken, headers);
  return headers;
}

/** One list each for every format that a key is asked in, as long as the configuration that says so. */
const lastOfStreams = new WeakMap<ProviderDialect, WireHeaders>();
const lastOfOthers = new WeakMap<ProviderDialect, WireHeaders>();

function isEqual(one: WireHeaders, other: WireHeaders): boolean {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index += 1) {
    const [name, value] = one[index] as WireHeaders[number];
    const [otherName, otherValue] = other[index] as WireHeaders[number];
    if (name !== otherName || value !== otherValue) return false;
  }
  return true;
}

function gather(
  run: Run,
  spoken: ProviderDialect,
  { encoded, same }: { readonly encoded: EncodedRequest; readonly same: boolean },
): WireHeaders {
  const { callerHeaders } = spoken.dialect;
  // The caller's own wish, where the format lets it travel.
  const callersAccept = same && callerHeaders.includes('accept') ? run.inbound.header('accept') : undefined;
  const streamContentType = spoken.framing?.contentType ?? spoken.dialect.streamContentType;
  const headers: (readonly [string, string])[] = [
    ['content-type', encoded.contentType ?? 'application/json'],
    ['accept', callersAccept ?? (run.request.facts.stream ? streamContentType : 'application/json')],
  ];
  if (same) {
    for (const name of callerHeaders) {
      const value = name === 'accept' ? undefined : run.inbound.header(name);
      if (value !== undefined) headers.push([name, value]);
    }
  }
  addMissing(headers, encoded.headers);
  if (spoken.headers !== undefined) addMissing(headers, spoken.headers);
  return headers;
}

function addMissing(headers: (readonly [string, string])[], more: WireHeaders): void {
  for (const header of more) {
    if (!headers.some(([name]) => name === header[0])) headers.push(header);
  }
}
