/** A value that a JSON schema accepts: the arguments of a tool call, or a structured answer. Deterministic. */

const DEPTH_MAX = 12;
/** Formats of strings that validators know (JSON Schema 2020-12, §7.3). */
const FORMATS: Readonly<Record<string, string>> = {
  'date-time': '2026-01-01T00:00:00Z',
  date: '2026-01-01',
  time: '00:00:00Z',
  duration: 'PT1H',
  email: 'sandbox@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  url: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
};

type Schema = Readonly<Record<string, unknown>>;

/** Knows types, enum, const, required, min and max, formats, local `$ref`, anyOf/oneOf/allOf; not `pattern` or `not`. */
export function valueForSchema(schema: unknown): unknown {
  return isSchema(schema) ? valueOf(schema, schema, 0) : {};
}

function valueOf(schema: unknown, root: Schema, depth: number): unknown {
  if (!isSchema(schema) || depth > DEPTH_MAX) return null;
  if ('const' in schema) return schema['const'];
  const choices = schema['enum'];
  if (Array.isArray(choices) && choices.length > 0) return choices[0];
  if (typeof schema['$ref'] === 'string') return valueOf(resolve(schema['$ref'], root), root, depth + 1);
  if (Array.isArray(schema['allOf'])) return valueOf(merged(schema, schema['allOf'], root), root, depth + 1);
  for (const name of ['anyOf', 'oneOf'] as const) {
    const options = schema[name];
    if (Array.isArray(options)) return valueOf(options[0], root, depth + 1);
  }
  if ('default' in schema) return schema['default'];
  switch (typeOf(schema)) {
    case 'object':
      return objectFor(schema, root, depth);
    case 'array':
      return Array.from({ length: Math.min(numberAt(schema, 'minItems') ?? 1, 100) }, () =>
        valueOf(schema['items'] ?? { type: 'string' }, root, depth + 1),
      );
    case 'integer':
    case 'number':
      return numberFor(schema);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return stringFor(schema);
  }
}

function objectFor(schema: Schema, root: Schema, depth: number): Record<string, unknown> {
  const properties = isSchema(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const entries: [string, unknown][] = [];
  for (const [name, property] of Object.entries(properties)) {
    // Optional properties may recurse for ever; required ones may not.
    if (depth < 3 || required.includes(name)) entries.push([name, valueOf(property, root, depth + 1)]);
  }
  return Object.fromEntries(entries);
}

function numberFor(schema: Schema): number {
  const step = numberAt(schema, 'multipleOf') ?? 1;
  const above = numberAt(schema, 'exclusiveMinimum');
  const least = numberAt(schema, 'minimum') ?? (above === undefined ? undefined : above + step);
  const below = numberAt(schema, 'exclusiveMaximum');
  const most = numberAt(schema, 'maximum') ?? (below === undefined ? undefined : below - step);
  const value = Math.max(least ?? -Infinity, Math.min(most ?? Infinity, 1));
  return Math.ceil(value / step) * step;
}

function stringFor(schema: Schema): string {
  const format = schema['format'];
  const known = typeof format === 'string' ? FORMATS[format] : undefined;
  if (known !== undefined) return known;
  const least = Math.min(numberAt(schema, 'minLength') ?? 0, 10_000);
  return 'sandbox'.padEnd(least, '-').slice(0, numberAt(schema, 'maxLength') ?? undefined);
}

function typeOf(schema: Schema): unknown {
  const type = Array.isArray(schema['type']) ? schema['type'][0] : schema['type'];
  if (type !== undefined) return type;
  if ('properties' in schema) return 'object';
  return 'items' in schema ? 'array' : 'string';
}

/** Only `#/…` within the schema: nothing is fetched. */
function resolve(reference: string, root: Schema): unknown {
  if (!reference.startsWith('#')) return undefined;
  let place: unknown = root;
  for (const part of reference.slice(1).split('/').filter(Boolean)) {
    if (!isSchema(place)) return undefined;
    place = place[part.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return place;
}

function merged(schema: Schema, parts: readonly unknown[], root: Schema): Schema {
  const { allOf: _parts, ...own } = schema;
  let all: Record<string, unknown> = own;
  for (const each of parts) {
    const part = isSchema(each) && typeof each['$ref'] === 'string' ? resolve(each['$ref'], root) : each;
    if (!isSchema(part)) continue;
    all = {
      ...all,
      ...part,
      properties: { ...asRecord(all['properties']), ...asRecord(part['properties']) },
      required: [...asList(all['required']), ...asList(part['required'])],
    };
  }
  return all;
}

function numberAt(schema: Schema, name: string): number | undefined {
  const value = schema[name];
  return typeof value === 'number' ? value : undefined;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asRecord(value: unknown): Schema {
  return isSchema(value) ? value : {};
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
