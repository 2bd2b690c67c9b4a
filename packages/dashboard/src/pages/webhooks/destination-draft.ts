/** A destination as it is typed, and the request that it becomes. */
import type { RouteAnswer, RouteRequest } from '@arouter/contract';

export type Destination = RouteAnswer<'listWebhooks'>['data'][number];
export type EventType = RouteAnswer<'listWebhookEventTypes'>['data'][number]['type'];
export type DestinationBody = RouteRequest<'createWebhook'>['body'];

export type HeaderRow = { readonly name: string; readonly value: string };
export type DestinationDraft = {
  readonly name: string;
  readonly url: string;
  readonly method: 'POST' | 'PUT';
  /** Null: those that are stored stay; their values are never shown. */
  readonly headers: readonly HeaderRow[] | null;
  /** Null: all, also those that are added later. */
  readonly events: readonly EventType[] | null;
  /** Ids of API keys whose requests are told; null: of all. */
  readonly apiKeys: readonly string[] | null;
  readonly privacy: boolean;
  /** Percent of requests that are told. */
  readonly sample: string;
};

export function newDraft(): DestinationDraft {
  return {
    name: '',
    url: '',
    method: 'POST',
    headers: [],
    events: null,
    apiKeys: null,
    privacy: false,
    sample: '100',
  };
}

export function draftOf(destination: Destination): DestinationDraft {
  const { name, url, method, headers, event_types: events, api_key_ids: apiKeys } = destination;
  // A stored rate of nought means all.
  const rate = destination.sampling_rate === 0 ? 1 : destination.sampling_rate;
  return {
    name,
    url,
    method,
    headers: headers === null ? [] : null,
    events,
    apiKeys,
    privacy: destination.privacy_mode,
    sample: String(Number((rate * 100).toPrecision(12))),
  };
}

export function bodyOf(draft: DestinationDraft): DestinationBody {
  return {
    name: draft.name.trim(),
    url: draft.url.trim(),
    method: draft.method,
    privacy_mode: draft.privacy,
    sampling_rate: Number(draft.sample.replace(',', '.')) / 100,
    api_key_ids: draft.apiKeys === null ? null : [...draft.apiKeys],
    event_types: draft.events === null ? null : [...draft.events],
    ...(draft.headers === null ? {} : { headers: headersOf(draft.headers) }),
  };
}

function headersOf(rows: readonly HeaderRow[]): Record<string, string> | null {
  const given = rows.filter(({ name }) => name.trim() !== '');
  return given.length === 0 ? null : Object.fromEntries(given.map(({ name, value }) => [name.trim(), value]));
}

/** What the form itself can tell; the server has the last word. */
export function problemsOf(
  draft: DestinationDraft,
): Readonly<Partial<Record<keyof DestinationDraft, string>>> {
  const percent = Number(draft.sample.replace(',', '.'));
  return {
    ...(draft.name.trim() === '' ? { name: 'Give it a name.' } : {}),
    ...(/^https?:\/\/\S+$/.test(draft.url.trim()) ? {} : { url: 'An address that begins with https://.' }),
    ...(percent > 0 && percent <= 100 ? {} : { sample: 'More than 0 and at most 100.' }),
    ...(draft.events?.length === 0 ? { events: 'Choose at least one event.' } : {}),
    ...(draft.apiKeys?.length === 0 ? { apiKeys: 'Choose at least one API key.' } : {}),
  };
}

/** Stored headers go to the origin that they were entered for: at another one they are dropped. */
export function losesHeaders(draft: DestinationDraft, stored: Destination | null): boolean {
  if (stored === null || stored.headers === null || draft.headers !== null) return false;
  return originOf(draft.url) !== originOf(stored.url);
}

function originOf(url: string): string {
  try {
    return new URL(url.trim()).origin;
  } catch {
    // Half a URL is none yet.
    return url;
  }
}
