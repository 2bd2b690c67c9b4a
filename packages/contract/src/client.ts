/** A typed client of the management API. The network is given, so it runs in a browser, in Node and in tests. */
import type { Method } from './route.ts';
import type { RouteAnswer, RouteName, RouteRequest } from './routes.ts';

/**
 * Where each route is. `ROUTES` is one; a browser takes this part of it alone, without the schemas' code.
 * `answer` null: not JSON.
 */
export type RoutePlaces = {
  readonly [Name in RouteName]: {
    readonly method: Method;
    readonly path: string;
    readonly answer: unknown;
  };
};

export type Fetch = (
  url: string,
  init: { readonly method: string; readonly headers: Record<string, string>; readonly body?: string },
) => Promise<{
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}>;

export type ManagementClient = {
  call<Name extends RouteName>(name: Name, request: RouteRequest<Name>): Promise<RouteAnswer<Name>>;
};

/** An answer other than 2xx. `code` is one of the stable error codes, or `unknown_error` when the answer was not ours. */
export class ManagementError extends Error {
  override readonly name = 'ManagementError';
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
  readonly retryAfterSeconds: number | null;
  /** Which fields of the request were wrong, as paths (`credential.region`); empty when it is not about fields. */
  readonly fields: readonly string[];

  constructor(
    message: string,
    facts: Pick<ManagementError, 'status' | 'code' | 'requestId' | 'retryAfterSeconds' | 'fields'>,
  ) {
    super(message);
    this.status = facts.status;
    this.code = facts.code;
    this.requestId = facts.requestId;
    this.retryAfterSeconds = facts.retryAfterSeconds;
    this.fields = facts.fields;
  }
}

/** `apiKey` null: the caller authenticates otherwise (a session cookie of the same origin). */
export function createManagementClient(options: {
  readonly baseUrl: string;
  readonly apiKey: string | null;
  readonly fetch: Fetch;
  readonly routes: RoutePlaces;
}): ManagementClient {
  const base = options.baseUrl.replace(/(?<!\/)\/+$/, '');
  return {
    async call<Name extends RouteName>(name: Name, request: RouteRequest<Name>): Promise<RouteAnswer<Name>> {
      const route = options.routes[name];
      const { params, query, body } = request as LooseRequest;
      const headers: Record<string, string> = {};
      if (options.apiKey !== null) headers['authorization'] = `Bearer ${options.apiKey}`;
      if (body !== undefined) headers['content-type'] = 'application/json';
      const response = await options.fetch(base + fillPath(route.path, params) + queryString(query), {
        method: route.method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw toError(response, text);
      return (route.answer === null ? text : JSON.parse(text)) as RouteAnswer<Name>;
    },
  };
}

type LooseRequest = {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
};

function fillPath(path: string, params: Readonly<Record<string, unknown>> = {}): string {
  return path.replace(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(String(params[name])));
}

function queryString(query: Readonly<Record<string, unknown>> = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  if (given.length === 0) return '';
  return `?${given.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&')}`;
}

function toError(response: Awaited<ReturnType<Fetch>>, text: string): ManagementError {
  const error = readError(text);
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ManagementError(error?.message ?? `The server answered with status ${response.status}.`, {
    status: response.status,
    code: error?.code ?? 'unknown_error',
    requestId: error?.requestId ?? response.headers.get('x-request-id'),
    retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : null,
    fields: error?.fields ?? [],
  });
}

type ReadError = Pick<ManagementError, 'message' | 'code' | 'requestId' | 'fields'>;

/** A proxy in between may answer with anything; what is not our shape is undefined. */
function readError(text: string): ReadError | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // Not JSON: the caller falls back to the status.
    return undefined;
  }
  const error = (parsed as { error?: { [key: string]: unknown; metadata?: { fields?: unknown } } } | null)
    ?.error;
  const { message, code, request_id: requestId, metadata } = error ?? {};
  if (typeof message !== 'string' || typeof code !== 'string') return undefined;
  const fields: readonly unknown[] = Array.isArray(metadata?.fields) ? metadata.fields : [];
  return {
    message,
    code,
    requestId: typeof requestId === 'string' ? requestId : null,
    fields: fields.filter((field) => typeof field === 'string'),
  };
}
