/**
 * Which list of models, or which one of them, a request wants. Two vendors' libraries share `/v1/models`: where the key
 * came in Google's header or query, the answer has Google's shape; else it has the union that the others read.
 */
import type { IncomingMessage } from 'node:http';

export type AskedModels = {
  /** `endpoints`: who serves the model that the path names. */
  readonly shape: 'list' | 'gemini' | 'endpoints';
  /** The one that the path names. */
  readonly model: string | undefined;
  readonly query: string;
};

const LISTED = /^\/(?:api\/)?v1\/models(?:\/(.+))?$/;
const ENDPOINTS = /^\/(?:api\/)?v1\/models\/([^/]+\/.+)\/endpoints$/;
const GEMINI = /^\/v1beta\/models(?:\/([^:]+))?$/;

/** Undefined: not a path of these. Only reading names a model; whatever else is sent below the list means something else. */
export function askedModels(
  path: string,
  { url = '', method, headers }: Pick<IncomingMessage, 'url' | 'method' | 'headers'>,
): AskedModels | undefined {
  const query = url.slice(path.length + 1);
  const gemini = GEMINI.exec(path);
  if (gemini !== null) return { shape: 'gemini', model: decoded(gemini[1]), query };
  const listed = LISTED.exec(path);
  if (listed === null) return undefined;
  const isRead = method === 'GET' || method === 'HEAD';
  if (listed[1] !== undefined && !isRead) return undefined;
  const endpoints = ENDPOINTS.exec(path);
  if (endpoints !== null) return { shape: 'endpoints', model: decoded(endpoints[1]), query };
  const isGoogles = headers['x-goog-api-key'] !== undefined || new URLSearchParams(query).has('key');
  return { shape: isGoogles ? 'gemini' : 'list', model: decoded(listed[1]), query };
}

function decoded(written: string | undefined): string | undefined {
  if (written === undefined) return undefined;
  try {
    return decodeURIComponent(written);
  } catch {
    // A percent sign that encodes nothing is a part of a name that nobody has.
    return written;
  }
}
