/**
 * The raw proxy: `/{provider}/{path}` is the provider's own API with the gateway's key. What a dialect of the provider
 * knows is served, and metered, by that dialect; everything else is passed on as it is, to that provider's keys only.
 */
import {
  destinationOf,
  GatewayError,
  type Dialect,
  type PathContext,
  type ProviderDialect,
  type ProviderId,
  type ProviderManifest,
} from '@arouter/core';
import { raw } from '@arouter/providers';
import type { Face } from './face.ts';

const RAW_METHODS: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const PATH_CHARACTERS_MAX = 2048;

type KnownPath = {
  readonly pattern: RegExp;
  readonly dialect: Dialect;
  readonly stream: boolean | undefined;
  /** Several formats may stand at one path, each of other models. Absent: all models. */
  readonly serves?: NonNullable<ProviderDialect['serves']>;
};

/** Undefined: the first part of the path is no provider. Throws GatewayError for a path that may not be passed on. */
export function rawFaces(
  providers: ReadonlyMap<ProviderId, ProviderManifest>,
): (path: string, query: string, method: string) => Face | undefined {
  const bySpelling = new Map<string, ProviderManifest>();
  for (const manifest of providers.values()) {
    for (const name of [manifest.id, ...manifest.aliases]) bySpelling.set(name, manifest);
  }
  const knownPaths = new Map<ProviderId, readonly KnownPath[]>();
  return (path, query, method) => {
    const slash = path.indexOf('/', 1);
    const manifest = slash < 0 ? undefined : bySpelling.get(path.slice(1, slash).toLowerCase());
    if (manifest === undefined) return undefined;
    const below = path.slice(slash);
    const known = knownPaths.get(manifest.id) ?? pathsOf(manifest);
    knownPaths.set(manifest.id, known);
    const at = { defaultProvider: manifest.id, onlyProvider: manifest.id, costInBody: false } as const;
    return (
      (method === 'POST' ? knownFace(known, below, at) : undefined) ?? {
        ...at,
        dialect: raw,
        methods: RAW_METHODS,
        bodyType: 'any',
        context: { path: passedPath(below, query) },
      }
    );
  };
}

function knownFace(
  known: readonly KnownPath[],
  path: string,
  at: Pick<Face, 'defaultProvider' | 'onlyProvider' | 'costInBody'>,
): Face | undefined {
  for (const { pattern, dialect, stream, serves } of known) {
    const found = pattern.exec(path);
    if (found === null) continue;
    const pathModel = decoded(found[1]);
    if (pathModel !== undefined && serves?.(pathModel) === false) continue;
    return {
      ...at,
      dialect,
      bodyType: 'any',
      context: {
        ...(pathModel === undefined ? {} : { pathModel }),
        ...(stream === undefined ? {} : { stream }),
      },
    };
  }
  return undefined;
}

/** Where the provider's own hosts have what a dialect knows. */
function pathsOf(manifest: ProviderManifest): readonly KnownPath[] {
  const key = { baseUrl: null, region: REGION, options: {} };
  const prefix = destinationOf(key, manifest)?.pathPrefix ?? '';
  return [
    ...manifest.dialects.flatMap((spoken) => patternsOf(prefix, spoken)),
    ...(manifest.hostDialects ?? []).flatMap((spoken) => patternsOf('', spoken)),
  ];
}

const MODEL = 'model-placeholder';
const REGION = 'region-placeholder';
const FIELD = 'field-placeholder';

function patternsOf(prefix: string, { dialect, path, serves }: ProviderDialect): readonly KnownPath[] {
  const context = (stream: boolean): PathContext => ({
    upstreamModel: MODEL,
    stream,
    // Whatever part of a credential stands in a path (a project), the caller's own stands there too.
    credential: new Proxy({}, { get: () => FIELD }),
    key: { baseUrl: null, region: REGION, options: {} },
  });
  const whole = patternOf(prefix + path(context(false)));
  const streamed = patternOf(prefix + path(context(true)));
  const spoken = { dialect, ...(serves === undefined ? {} : { serves }) };
  if (whole.source === streamed.source) return [{ ...spoken, pattern: whole, stream: undefined }];
  return [
    { ...spoken, pattern: whole, stream: false },
    { ...spoken, pattern: streamed, stream: true },
  ];
}

function patternOf(path: string): RegExp {
  const [plain = ''] = path.split('?');
  const escaped = plain.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const source = escaped.replace(MODEL, '([^/]+)').replaceAll(REGION, '[^/]+').replaceAll(FIELD, '[^/]+');
  return new RegExp(`^${source}$`);
}

function decoded(written: string | undefined): string | undefined {
  if (written === undefined) return undefined;
  try {
    return decodeURIComponent(written);
  } catch {
    // A percent sign that encodes nothing: the request is then one without a model.
    return undefined;
  }
}

/**
 * The path as it is sent: no way up, no other host, no credential of the caller's. Throws GatewayError
 * `invalid_request`, which quotes nothing.
 */
function passedPath(path: string, query: string): string {
  const plain = decoded(path);
  const isPlain =
    plain !== undefined &&
    path.length + query.length <= PATH_CHARACTERS_MAX &&
    !/[\p{Cc}\\]/u.test(plain) &&
    !plain.includes('//') &&
    !plain.split('/').some((part) => part === '.' || part === '..');
  if (!isPlain) {
    throw new GatewayError(
      'invalid_request',
      `The path behind the provider's name must be a plain one of at most ${PATH_CHARACTERS_MAX} characters, without "..", "//" or another host.`,
    );
  }
  const passed = query
    .split('&')
    .filter((pair) => pair !== '' && !isCredential(pair))
    .join('&');
  return passed === '' ? path : `${path}?${passed}`;
}

/** Keys in the query are the caller's, who has none of the provider's. */
function isCredential(pair: string): boolean {
  const [name = '', value = ''] = pair.split('=');
  return (
    /^(?:key|api[-_]?key|access_token|token)$/i.test(decoded(name) ?? '') ||
    (decoded(value) ?? '').startsWith('lr_')
  );
}
