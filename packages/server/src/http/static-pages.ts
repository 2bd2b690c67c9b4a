/**
 * The dashboard's built files, read once at start and served from memory under a strict content policy. Files whose name
 * holds a hash of their content are kept by browsers for ever; every other path that a person may open is the one page.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { constants, gzipSync } from 'node:zlib';

/** True when the path was one of the pages and has been answered. */
export type StaticPages = (path: string, request: IncomingMessage, response: ServerResponse) => boolean;

type StaticFile = {
  readonly type: string;
  readonly body: Buffer;
  /** Null where compressing gains nothing. */
  readonly gzipped: Buffer | null;
  readonly immutable: boolean;
};

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "frame-ancestors 'none'; base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'";
const HASHED_FOLDER = '/assets/';
const PAGE = '/index.html';
/** What machines call: an unknown path below these is an error in their own form, never a page. */
const MACHINE_PATHS = /^\/(?:api|v1|v1beta|assets)(?:\/|$)/;

/** An absent folder serves nothing. `hasRoute`: a path that the control plane answers is not a page. */
export function loadStaticPages(folder: string, hasRoute: (path: string) => boolean): StaticPages {
  const files = readFiles(folder);
  return (path, request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return false;
    const file = files.get(path) ?? (isPage(path, request, hasRoute) ? files.get(PAGE) : undefined);
    if (file === undefined) return false;
    send(file, request, response);
    return true;
  };
}

function readFiles(folder: string): ReadonlyMap<string, StaticFile> {
  const files = new Map<string, StaticFile>();
  if (!existsSync(folder)) return files;
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const path = `/${name.replaceAll(sep, '/')}`;
    const body = readFileSync(join(folder, name));
    const gzipped = gzipSync(body, { level: constants.Z_BEST_COMPRESSION });
    files.set(path, {
      type,
      body,
      gzipped: gzipped.length < body.length ? gzipped : null,
      immutable: path.startsWith(HASHED_FOLDER),
    });
  }
  return files;
}

/** A browser asks for HTML by name; a program that mistypes an API path does not, and gets its error. */
function isPage(path: string, request: IncomingMessage, hasRoute: (path: string) => boolean): boolean {
  if (path === '/') return true;
  if (MACHINE_PATHS.test(path) || hasRoute(path)) return false;
  return (request.headers.accept ?? '').includes('text/html');
}

function send(file: StaticFile, request: IncomingMessage, response: ServerResponse): void {
  const zipped = file.gzipped !== null && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  const body = zipped && file.gzipped !== null ? file.gzipped : file.body;
  response.writeHead(200, {
    'content-type': file.type,
    'content-length': body.length,
    ...(zipped ? { 'content-encoding': 'gzip' } : {}),
    vary: 'accept-encoding',
    'content-security-policy': POLICY,
    'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
