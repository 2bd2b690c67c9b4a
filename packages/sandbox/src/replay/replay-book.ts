/** Finds the recording that answers a request, or says which comes nearest and where it differs. */
import { matchKey, normaliseBody } from './match-key.ts';
import type { MatchSubject } from './match-key.ts';
import { recordedHeaders, serialiseRecordedBody } from './load-recordings.ts';
import type { Recording } from './load-recordings.ts';
import { isObject } from '../sandbox-request.ts';
import { jsonAnswer } from '../script.ts';
import type { Answer } from '../script.ts';

export type ReplayBook = {
  /** Several recordings of one question are served in order, round and round. */
  find(subject: MatchSubject): ReplayFound;
};
export type ReplayFound =
  | { readonly kind: 'found'; readonly recording: Recording }
  | { readonly kind: 'missing'; readonly nearest: Nearest | null };
export type Nearest = {
  readonly recording: string;
  readonly field: string;
  readonly recorded: string;
  readonly received: string;
};

/** A comparison costs time; a folder has thousands. */
const NEAREST_COMPARED_MAX = 2000;
const QUOTED_CHARACTERS_MAX = 120;

export function createReplayBook(recordings: readonly Recording[]): ReplayBook {
  const byKey = Map.groupBy(recordings, ({ exchange, path }) =>
    matchKey({ method: exchange.method, path, body: exchange.request_body }),
  );
  const providers = new Set(recordings.map(({ exchange }) => exchange.provider));
  const served = new Map<string, number>();
  return {
    find(subject) {
      const key = matchKey(subject);
      const first = subject.path.slice(1).split('/')[0] ?? '';
      const provider = providers.has(first) ? first : null;
      const candidates = narrow(byKey.get(key) ?? [], subject.path, provider);
      if (candidates.length === 0) return { kind: 'missing', nearest: findNearest(recordings, subject) };
      // Counted per set of candidates: two providers that were asked the same do not share a turn.
      const turn = `${candidates[0]?.name ?? ''} ${candidates.length}`;
      const count = served.get(turn) ?? 0;
      served.set(turn, count + 1);
      const recording = candidates[count % candidates.length];
      return recording === undefined ? { kind: 'missing', nearest: null } : { kind: 'found', recording };
    },
  };
}

/** `chunkBytes` null: a stream leaves event by event. */
export function replayAnswer({ exchange }: Recording, chunkBytes: number | null): Answer {
  const body = serialiseRecordedBody(exchange);
  const headers = recordedHeaders(exchange);
  const streamed = exchange.response_headers['content-type']?.startsWith('text/event-stream') ?? false;
  const frames = !streamed ? [body] : chunkBytes === null ? splitEvents(body) : splitBytes(body, chunkBytes);
  return { status: exchange.status, headers, frames, streamed };
}

export function missingAnswer(nearest: Nearest | null): Answer {
  const detail =
    nearest === null
      ? 'No recording is of this method and operation.'
      : `The nearest, ${nearest.recording}, differs at ${nearest.field}: recorded ${nearest.recorded}, received ${nearest.received}.`;
  return jsonAnswer(404, [], {
    error: {
      message: `No recording matches this request. ${detail}`,
      type: 'sandbox_no_recording',
      param: nearest?.field ?? null,
      code: 'no_recording',
    },
  });
}

/** The provider named by the first path segment, else those whose path ends alike, else all that asked the same. */
function narrow(found: readonly Recording[], path: string, provider: string | null): readonly Recording[] {
  if (provider !== null) return found.filter(({ exchange }) => exchange.provider === provider);
  const exact = found.filter((each) => each.path === path);
  if (exact.length > 0) return exact;
  const ending = found.filter((each) => path.endsWith(each.path) || each.path.endsWith(path));
  return ending.length > 0 ? ending : found;
}

function findNearest(recordings: readonly Recording[], subject: MatchSubject): Nearest | null {
  const operation = subject.path.slice(subject.path.lastIndexOf('/'));
  const alike = recordings.filter(
    ({ exchange, path }) =>
      exchange.method.toUpperCase() === subject.method.toUpperCase() && path.endsWith(operation),
  );
  const received = leaves(normaliseBody(subject.body));
  let nearest: Nearest | null = null;
  let fewest = Infinity;
  for (const { name, exchange } of alike.slice(0, NEAREST_COMPARED_MAX)) {
    const recorded = leaves(normaliseBody(exchange.request_body));
    const fields = [...new Set([...recorded.keys(), ...received.keys()])].filter(
      (field) => recorded.get(field) !== received.get(field),
    );
    const [field] = fields;
    if (field === undefined || fields.length >= fewest) continue;
    fewest = fields.length;
    nearest = {
      recording: name,
      field,
      recorded: quoted(recorded.get(field)),
      received: quoted(received.get(field)),
    };
  }
  return nearest;
}

/** `messages[0].content` → its JSON. */
function leaves(value: unknown, path = '', found = new Map<string, string>()): Map<string, string> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) leaves(item, `${path}[${index}]`, found);
  } else if (isObject(value)) {
    for (const [name, item] of Object.entries(value))
      leaves(item, path === '' ? name : `${path}.${name}`, found);
  } else {
    found.set(path === '' ? '(body)' : path, JSON.stringify(value));
  }
  return found;
}

function quoted(value: string | undefined): string {
  if (value === undefined) return 'nothing';
  return value.length > QUOTED_CHARACTERS_MAX ? `${value.slice(0, QUOTED_CHARACTERS_MAX)}…` : value;
}

/** After each blank line; joined again, the same bytes. */
function splitEvents(body: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  let start = 0;
  for (let at = body.indexOf('\n\n'); at !== -1; at = body.indexOf('\n\n', start)) {
    frames.push(body.subarray(start, at + 2));
    start = at + 2;
  }
  if (start < body.length) frames.push(body.subarray(start));
  return frames;
}

function splitBytes(body: Buffer, chunkBytes: number): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < body.length; at += Math.max(1, chunkBytes))
    frames.push(body.subarray(at, at + Math.max(1, chunkBytes)));
  return frames;
}
