/**
 * A JSON schema as OpenAI callers write it → one that `output_config.format` accepts: objects are closed, and keywords
 * that the decoder cannot enforce move into the description, where the model still reads them.
 * Source: docs.claude.com "Structured outputs: JSON Schema limitations", and the transformation in Anthropic's own SDK.
 */
import { isObject, type JsonObject, objectOf } from '../shared/json-values.ts';

const FORMATS: ReadonlySet<unknown> = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'uri',
  'ipv4',
  'ipv6',
  'uuid',
]);
const PLAIN: ReadonlySet<string> = new Set(['type', 'title', 'enum', 'const', '$ref', 'required', 'default']);
const SCHEMA_MAPS: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions']);
const SCHEMA_LISTS: ReadonlySet<string> = new Set(['anyOf', 'allOf']);
/** Says which dialect of JSON Schema, constrains nothing. */
const IGNORED: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  'additionalProperties',
  'description',
  'strict',
]);

export function closedSchema(schema: unknown): unknown {
  if (!isObject(schema)) return schema;
  const kept: Record<string, unknown> = {};
  const moved: string[] = [];
  for (const [keyword, value] of Object.entries(schema)) {
    if (IGNORED.has(keyword)) continue;
    if (PLAIN.has(keyword)) kept[keyword] = value;
    else if (SCHEMA_MAPS.has(keyword)) kept[keyword] = eachOf(value);
    else if (SCHEMA_LISTS.has(keyword) && Array.isArray(value)) kept[keyword] = value.map(closedSchema);
    else if (keyword === 'oneOf' && Array.isArray(value)) kept['anyOf'] = value.map(closedSchema);
    else if (keyword === 'items' && !Array.isArray(value)) kept[keyword] = closedSchema(value);
    else if (isEnforced(keyword, value)) kept[keyword] = value;
    else moved.push(`${keyword}: ${JSON.stringify(value)}`);
  }
  if (isObjectSchema(schema)) kept['additionalProperties'] = false;
  const description = describe(schema['description'], moved);
  return description === undefined ? kept : { ...kept, description };
}

function eachOf(schemas: unknown): JsonObject {
  return Object.fromEntries(
    Object.entries(objectOf(schemas)).map(([name, schema]) => [name, closedSchema(schema)]),
  );
}

function isEnforced(keyword: string, value: unknown): boolean {
  if (keyword === 'format') return FORMATS.has(value);
  return keyword === 'minItems' && (value === 0 || value === 1);
}

function isObjectSchema(schema: JsonObject): boolean {
  const type = schema['type'];
  return (
    type === 'object' || (Array.isArray(type) && type.includes('object')) || isObject(schema['properties'])
  );
}

function describe(description: unknown, moved: readonly string[]): string | undefined {
  const text = typeof description === 'string' ? description : undefined;
  if (moved.length === 0) return text;
  const constraints = `{${moved.join(', ')}}`;
  return text ? `${text}\n\n${constraints}` : constraints;
}
