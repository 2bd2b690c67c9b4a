/** The dashboard's built files, read once at start and served from memory under a strict content policy. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';

/** True when the path was one of the pages and has been answered. */
export type StaticPages = (path: string, request: IncomingMessage, response: ServerResponse) => boolean;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "frame-ancestors 'none'; base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'";

/** `index.html` stands for `/`, `NAME.html` for `/NAME`. An absent folder serves nothing. */
export function loadStaticPages(folder: string): StaticPages {
  const files = new Map<string, { readonly type: string; readonly body: Buffer }>();
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const path = name === 'index.html' ? '/' : `/${name.replace(/\.html$/, '')}`;
    files.set(path, { type, body: readFileSync(join(folder, name)) });
  }
  return (path, request, response) => {
    const file = request.method === 'GET' || request.method === 'HEAD' ? files.get(path) : undefined;
    if (file === undefined) return false;
    response.writeHead(200, {
      'content-type': file.type,
      'content-length': file.body.length,
      'content-security-policy': POLICY,
      'cache-control': 'no-cache',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    response.end(request.method === 'HEAD' ? undefined : file.body);
    return true;
  };
}
