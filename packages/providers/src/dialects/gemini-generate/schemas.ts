/**
 * Schemas between Gemini and JSON Schema. A Gemini caller may write Google's own `Schema` (an OpenAPI 3.0 subset, types
 * in capitals, integers as text); a Gemini provider takes JSON Schema in `parametersJsonSchema` and
 * `responseJsonSchema`, but enforces a subset of its keywords: the others move into the description, where the model
 * still reads them. Source: ai.google.dev "Schema", "GenerationConfig: responseJsonSchema".
 */
import { isObject, type JsonObject, objectOf } from '../shared/json-values.ts';
import { protoName } from './field-of.ts';

/** Google's `Schema` → JSON Schema. What is JSON Schema already comes out as it is. */
export function schemaToCanonical(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(schemaToCanonical);
  if (!isObject(schema)) return schema;
  const written: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    const name = CAMEL_NAMES.get(keyword) ?? keyword;
    if (GOOGLE_ONLY.has(name)) continue;
    if (name === 'type') written[name] = typeToCanonical(value);
    else if (name === 'properties' || name === '$defs') written[name] = eachOf(value, schemaToCanonical);
    else if (INTEGERS.has(name) && typeof value === 'string') written[name] = Number(value);
    else if (SUBSCHEMAS.has(name)) written[name] = schemaToCanonical(value);
    else written[name] = value;
  }
  return schema['nullable'] === true ? nullable(written) : written;
}

/** JSON Schema → the subset that Gemini enforces. */
export function schemaFromCanonical(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(schemaFromCanonical);
  if (!isObject(schema)) return schema;
  const kept: Record<string, unknown> = {};
  const moved: string[] = [];
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === 'description' || SILENT.has(keyword)) continue;
    if (keyword === 'properties' || keyword === '$defs') kept[keyword] = eachOf(value, schemaFromCanonical);
    else if (keyword === 'definitions') kept['$defs'] = eachOf(value, schemaFromCanonical);
    else if (keyword === '$ref' && typeof value === 'string')
      kept['$ref'] = value.replace('#/definitions/', '#/$defs/');
    else if (keyword === 'oneOf' || keyword === 'anyOf') kept['anyOf'] = schemaFromCanonical(value);
    else if (keyword === 'const') kept['enum'] = [value];
    else if (SUBSCHEMAS.has(keyword)) kept[keyword] = schemaFromCanonical(value);
    else if (ENFORCED.has(keyword)) kept[keyword] = value;
    else moved.push(`${keyword}: ${JSON.stringify(value)}`);
  }
  const description = describe(schema['description'], moved);
  return description === undefined ? kept : { ...kept, description };
}

/** OpenAI enforces only schemas whose objects are closed and require all their properties, and refuses others. */
export function isStrictSchema(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isStrictSchema);
  if (!isObject(schema)) return true;
  const { properties } = schema;
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const closed =
    !isObject(properties) ||
    (schema['additionalProperties'] === false &&
      Object.keys(properties).every((name) => required.includes(name)));
  return closed && Object.values(schema).every(isStrictSchema);
}

const CAMEL_NAMES: ReadonlyMap<string, string> = new Map(
  [
    'anyOf',
    'maxItems',
    'minItems',
    'maxLength',
    'minLength',
    'maxProperties',
    'minProperties',
    'propertyOrdering',
  ].map((name) => [protoName(name), name]),
);
const GOOGLE_ONLY: ReadonlySet<string> = new Set(['propertyOrdering', 'nullable', 'example']);
/** int64 in the proto, so text in its JSON. */
const INTEGERS: ReadonlySet<string> = new Set([
  'maxItems',
  'minItems',
  'maxLength',
  'minLength',
  'maxProperties',
  'minProperties',
]);
const SUBSCHEMAS: ReadonlySet<string> = new Set(['items', 'prefixItems', 'anyOf', 'additionalProperties']);
const ENFORCED: ReadonlySet<string> = new Set([
  '$id',
  '$anchor',
  'type',
  'format',
  'title',
  'enum',
  'minItems',
  'maxItems',
  'minimum',
  'maximum',
  'required',
  'propertyOrdering',
]);
/** Say which dialect of JSON Schema, or constrain nothing. */
const SILENT: ReadonlySet<string> = new Set([
  '$schema',
  '$comment',
  'strict',
  'default',
  'examples',
  'readOnly',
]);

function typeToCanonical(type: unknown): unknown {
  return typeof type === 'string' ? type.toLowerCase() : type;
}

function nullable(schema: JsonObject): JsonObject {
  const { type } = schema;
  if (typeof type === 'string') return { ...schema, type: [type, 'null'] };
  return Array.isArray(schema['anyOf'])
    ? { ...schema, anyOf: [...schema['anyOf'], { type: 'null' }] }
    : schema;
}

function eachOf(schemas: unknown, change: (schema: unknown) => unknown): JsonObject {
  return Object.fromEntries(
    Object.entries(objectOf(schemas)).map(([name, schema]) => [name, change(schema)]),
  );
}

function describe(description: unknown, moved: readonly string[]): string | undefined {
  const text = typeof description === 'string' ? description : undefined;
  if (moved.length === 0) return text;
  const constraints = `{${moved.join(', ')}}`;
  return text ? `${text}\n\n${constraints}` : constraints;
}
