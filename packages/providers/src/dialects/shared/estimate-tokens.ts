/** The written rule by which tokens are estimated where nobody counts them: it errs high. See docs/endpoints.md. */
import { asBuffer } from './scan-json.ts';
import { isRecord } from './token-usage.ts';

/** Few texts have fewer bytes per token. */
const BYTES_PER_TOKEN = 3;
/** A picture at the largest size that is not scaled down (docs.claude.com "Vision"). */
const TOKENS_PER_FILE = 1600;
const TOKENS_PER_REQUEST = 10;

/**
 * Bytes of all texts, names and keys by three; a picture or document, told by `isFile`, by a flat number, whatever its
 * size. The depth must be bounded: the request has been scanned.
 */
export function estimateTokens(
  counted: Readonly<Record<string, unknown>>,
  isFile: (value: Readonly<Record<string, unknown>>) => boolean,
): number {
  const { bytes, files } = weigh(counted, isFile);
  return TOKENS_PER_REQUEST + Math.ceil(bytes / BYTES_PER_TOKEN) + files * TOKENS_PER_FILE;
}

type Weight = { readonly bytes: number; readonly files: number };

function weigh(value: unknown, isFile: Parameters<typeof estimateTokens>[1]): Weight {
  if (typeof value === 'string') return { bytes: asBuffer(new TextEncoder().encode(value)).length, files: 0 };
  if (typeof value === 'number' || typeof value === 'boolean') return { bytes: BYTES_PER_TOKEN, files: 0 };
  if (typeof value !== 'object' || value === null) return { bytes: 0, files: 0 };
  if (isRecord(value) && isFile(value)) return { bytes: 0, files: 1 };
  const parts = Object.entries(value).map(([name, inner]: [string, unknown]) => ({
    name: Array.isArray(value) ? '' : name,
    inner: weigh(inner, isFile),
  }));
  return {
    bytes: parts.reduce((sum, { name, inner }) => sum + name.length + inner.bytes, 0),
    files: parts.reduce((sum, { inner }) => sum + inner.files, 0),
  };
}
