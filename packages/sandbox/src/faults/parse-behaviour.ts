/** From JSON that came over the wire to a behaviour, or one sentence that says what is wrong with it. */
import { ERROR_PRESET_NAMES } from './error-rows.ts';
import type { Behaviour, Fault, FaultKind } from './behaviour.ts';
import { isObject } from '../sandbox-request.ts';
import type { JsonObject } from '../sandbox-request.ts';

export type ParsedBehaviour =
  | { readonly kind: 'parsed'; readonly behaviour: Behaviour }
  | { readonly kind: 'refused'; readonly problem: string };

type FieldType =
  | 'number'
  | 'string'
  | 'boolean'
  | 'headers'
  | 'json'
  | 'preset'
  | 'retry_after'
  | readonly unknown[];
type Fields = Readonly<Record<string, FieldType>>;

// Every field of every fault but `kind`; `needed` are the ones that have no default.
const FAULTS: Readonly<Record<FaultKind, { readonly fields: Fields; readonly needed: readonly string[] }>> = {
  error: {
    fields: { preset: 'preset', retryAfter: 'retry_after', retryAfterDateMs: 'number', headers: 'headers' },
    needed: ['preset'],
  },
  answer: {
    fields: { status: 'number', headers: 'headers', body: 'json', times: 'number' },
    needed: ['status'],
  },
  redirect: { fields: { status: 'number', location: 'string' }, needed: ['location'] },
  html: { fields: { status: 'number' }, needed: [] },
  invalid_json: { fields: {}, needed: [] },
  empty_body: { fields: {}, needed: [] },
  stall_before_headers: { fields: { ms: 'number' }, needed: [] },
  stall_before_body: { fields: { ms: 'number' }, needed: [] },
  stall_mid_stream: { fields: { afterFrames: 'number', ms: 'number' }, needed: [] },
  pace: { fields: { frameDelayMs: 'number' }, needed: ['frameDelayMs'] },
  drip: { fields: { bytesPerWrite: 'number', delayMs: 'number' }, needed: ['delayMs'] },
  reset_before_headers: { fields: {}, needed: [] },
  reset_after_headers: { fields: {}, needed: [] },
  cut: {
    fields: { afterFrames: 'number', afterBytes: 'number', how: ['reset', 'close', 'end'] },
    needed: [],
  },
  error_in_200: { fields: { preset: 'preset', afterFrames: 'number' }, needed: ['preset'] },
  usage: {
    fields: {
      damage: ['none', 'zero', 'negative', 'strings', 'huge', 'infinite', 'fraction', 'nulls', 'twice'],
      raw: 'string',
    },
    needed: [],
  },
  sse: {
    fields: {
      damage: [
        'crlf',
        'cr_only',
        'no_space',
        'byte_order_mark',
        'split_utf8',
        'byte_by_byte',
        'one_write',
        'comments',
        'no_colon',
        'nul',
        'invalid_json',
        'huge_line',
        'extra_fields',
      ],
    },
    needed: ['damage'],
  },
  framing: {
    fields: {
      damage: [
        'short_content_length',
        'long_content_length',
        'duplicate_content_length',
        'content_length_and_chunked',
        'bad_chunk_size',
        'header_of_64_kib',
        'header_count_200',
        'not_http',
      ],
    },
    needed: ['damage'],
  },
  encoding: {
    fields: { encoding: ['gzip', 'deflate', 'br'], undeclared: 'boolean', layers: 'number' },
    needed: ['encoding'],
  },
  gzip_bomb: { fields: { bytes: 'number' }, needed: ['bytes'] },
  echo: { fields: { where: ['headers', 'body', 'error'] }, needed: ['where'] },
  huge_body: { fields: { bytes: 'number', status: 'number' }, needed: ['bytes'] },
  extra_after_end: { fields: { what: ['events', 'bytes', 'response'] }, needed: ['what'] },
  information: { fields: { status: [100, 102, 103], times: 'number' }, needed: ['status', 'times'] },
};
const MATCH_FIELDS: Fields = { key: 'string', model: 'string', path: 'string', streamed: 'boolean' };
const BEHAVIOUR_FIELDS: Fields = { match: 'json', times: 'number', delayMs: 'number', fault: 'json' };

export function parseBehaviour(value: unknown): ParsedBehaviour {
  const problem = problemOfBehaviour(value);
  return problem === null ? { kind: 'parsed', behaviour: value as Behaviour } : { kind: 'refused', problem };
}

function problemOfBehaviour(value: unknown): string | null {
  if (!isObject(value)) return 'a behaviour is a JSON object {"match", "times", "delayMs", "fault"}';
  const { match, fault } = value;
  return (
    problemOfFields('behaviour', value, BEHAVIOUR_FIELDS) ??
    (match === undefined
      ? null
      : isObject(match)
        ? problemOfFields('match', match, MATCH_FIELDS)
        : 'match must be an object') ??
    (fault === undefined ? null : problemOfFault(fault))
  );
}

function problemOfFault(fault: unknown): string | null {
  if (!isObject(fault)) return 'fault must be an object with a "kind"';
  const { kind, ...fields } = fault;
  const known =
    typeof kind === 'string' && Object.hasOwn(FAULTS, kind) ? FAULTS[kind as Fault['kind']] : undefined;
  if (known === undefined)
    return `fault.kind ${JSON.stringify(kind)} is none of: ${Object.keys(FAULTS).join(', ')}`;
  const missing = known.needed.find((name) => fields[name] === undefined);
  if (missing !== undefined) return `fault "${String(kind)}" needs "${missing}"`;
  return problemOfFields(`fault "${String(kind)}"`, fields, known.fields);
}

function problemOfFields(where: string, value: JsonObject, fields: Fields): string | null {
  for (const [name, item] of Object.entries(value)) {
    const type = fields[name];
    if (type === undefined)
      return `${where} has no field "${name}"; it has: ${Object.keys(fields).join(', ')}`;
    const wanted = problemOfValue(item, type);
    if (wanted !== null) return `${where}: "${name}" must be ${wanted}`;
  }
  return null;
}

/** What the value should have been, or null when it is that. */
function problemOfValue(value: unknown, type: FieldType): string | null {
  switch (type) {
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) ? null : 'a number';
    case 'string':
    case 'boolean':
      return typeof value === type ? null : `a ${type}`;
    case 'json':
      return null;
    case 'headers':
      return isObject(value) && Object.values(value).every((item) => typeof item === 'string')
        ? null
        : 'an object of strings';
    case 'preset':
      return (ERROR_PRESET_NAMES as readonly unknown[]).includes(value)
        ? null
        : `one of: ${ERROR_PRESET_NAMES.join(', ')}`;
    case 'retry_after':
      return value === null ||
        typeof value === 'string' ||
        (Array.isArray(value) && value.every((item) => typeof item === 'string'))
        ? null
        : 'a string, a list of strings, or null';
    default:
      return type.includes(value) ? null : `one of: ${type.join(', ')}`;
  }
}
