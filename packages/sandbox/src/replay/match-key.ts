/**
 * When two requests are the same question. A gateway may change the model's name, ask for usage in the stream, and give
 * tool calls ids of its own; nothing else. The host and the base path are not part of the question: see `replay-book.ts`.
 */
import { isObject } from '../sandbox-request.ts';

export type MatchSubject = { readonly method: string; readonly path: string; readonly body: unknown };

/** Top-level fields that a gateway owns. `stream: false` is what its absence means. */
const FIELDS_LEFT_OUT = new Set(['model', 'stream_options']);
const ID_FIELDS = new Set(['id', 'tool_call_id', 'tool_use_id', 'call_id', 'previous_response_id']);

/** `METHOD operation body`: the last segment of the path, and the body in canonical form. */
export function matchKey({ method, path, body }: MatchSubject): string {
  return `${method.toUpperCase()} ${path.slice(path.lastIndexOf('/') + 1)} ${JSON.stringify(normaliseBody(body))}`;
}

/**
 * Keys sorted, gateway's fields gone, ids replaced by the order of their first appearance. JSON that was recorded as text
 * is read as JSON; other text is compared as it is.
 */
export function normaliseBody(raw: unknown): unknown {
  const body = typeof raw === 'string' ? parsedOr(raw) : raw;
  if (!isObject(body)) return body ?? '';
  const names = new Map<string, string>();
  const kept = Object.entries(body).filter(
    ([name, value]) => !FIELDS_LEFT_OUT.has(name) && !(name === 'stream' && value === false),
  );
  return normalise(Object.fromEntries(kept), names);
}

function parsedOr(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : text;
  } catch {
    // Not JSON: then it is only text.
    return text;
  }
}

function normalise(value: unknown, names: Map<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => normalise(item, names));
  if (!isObject(value)) return value;
  const fields: [string, unknown][] = [];
  // Sorted first, so that ids are numbered in the same order whatever order the fields came in.
  for (const name of Object.keys(value).toSorted()) {
    const item = value[name];
    fields.push([
      name,
      ID_FIELDS.has(name) && typeof item === 'string' ? idName(item, names) : normalise(item, names),
    ]);
  }
  return Object.fromEntries(fields);
}

function idName(id: string, names: Map<string, string>): string {
  const known = names.get(id);
  if (known !== undefined) return known;
  const name = `id-${names.size + 1}`;
  names.set(id, name);
  return name;
}
