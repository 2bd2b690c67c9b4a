import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { argumentPieces, textPieces, textTokens } from './token-rule.ts';
import { valueForSchema } from './value-for-schema.ts';

describe('the token rule', () => {
  test('pieces joined are the text again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(textPieces(text).join('')).toBe(text);
        expect(argumentPieces(text).join('')).toBe(text);
      }),
    );
  });

  test('never counts more tokens than the text has UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const bytes = Buffer.byteLength(text);
        expect(textTokens(text)).toBeLessThanOrEqual(bytes);
        expect(textPieces(text).length).toBeLessThanOrEqual(bytes);
      }),
    );
  });
});

describe('a value for a schema', () => {
  const number = fc
    .record({
      type: fc.constantFrom('integer', 'number'),
      minimum: fc.integer({ min: -50, max: 50 }),
      span: fc.nat(50),
    })
    .map(({ type, minimum, span }) => ({ type, minimum, maximum: minimum + span }));
  const text = fc
    .record({ minLength: fc.nat(30), span: fc.nat(30) })
    .map(({ minLength, span }) => ({ type: 'string', minLength, maxLength: minLength + span }));
  const choice = fc.array(fc.string(), { minLength: 1 }).map((values) => ({ enum: values }));
  const leaf = fc.oneof(
    number,
    text,
    choice,
    fc.constant({ type: 'boolean' }),
    fc.constant({ type: 'null' }),
  );
  const { schema } = fc.letrec((tie) => ({
    schema: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.record({ type: fc.constant('array'), items: tie('schema'), minItems: fc.nat(3) }),
      fc
        .dictionary(
          fc.string({ minLength: 1 }).filter((name) => name !== '__proto__'),
          tie('schema'),
        )
        .map((properties) => ({
          type: 'object',
          properties,
          required: Object.keys(properties),
          additionalProperties: false,
        })),
    ),
  }));

  test('is one that the schema accepts', () => {
    fc.assert(
      fc.property(schema, (wanted) => {
        expect(accepts(wanted, valueForSchema(wanted))).toBe(true);
      }),
    );
  });

  test('follows references, unions and merged parts, and ends where a schema contains itself', () => {
    const tree = {
      $defs: {
        node: {
          type: 'object',
          properties: { next: { $ref: '#/$defs/node' }, name: { type: 'string' } },
          required: ['name'],
        },
      },
      allOf: [{ $ref: '#/$defs/node' }, { properties: { kind: { const: 'leaf' } }, required: ['kind'] }],
    };
    expect(valueForSchema(tree)).toMatchObject({ kind: 'leaf' });
    expect(valueForSchema({ anyOf: [{ type: 'null' }, { type: 'string' }] })).toBeNull();
    expect(valueForSchema({ type: 'string', format: 'date' })).toBe('2026-01-01');
    expect(JSON.stringify(valueForSchema(tree.$defs.node)).length).toBeLessThan(1000);
  });
});

/** The part of JSON Schema that the property above generates. */
function accepts(schema: unknown, value: unknown): boolean {
  const wanted = schema as Record<string, unknown>;
  if (Array.isArray(wanted['enum'])) return wanted['enum'].includes(value);
  switch (wanted['type']) {
    case 'object': {
      const properties = wanted['properties'] as Record<string, unknown>;
      const names = Object.keys(value as object);
      return (
        names.length === Object.keys(properties).length &&
        names.every((name) => accepts(properties[name], (value as Record<string, unknown>)[name]))
      );
    }
    case 'array':
      return (
        Array.isArray(value) &&
        value.length >= Number(wanted['minItems']) &&
        value.every((item) => accepts(wanted['items'], item))
      );
    case 'integer':
    case 'number':
      return (
        Number.isInteger(value) &&
        Number(value) >= Number(wanted['minimum']) &&
        Number(value) <= Number(wanted['maximum'])
      );
    case 'string':
      return (
        typeof value === 'string' &&
        value.length >= Number(wanted['minLength']) &&
        value.length <= Number(wanted['maxLength'])
      );
    case 'boolean':
      return typeof value === 'boolean';
    default:
      return value === null;
  }
}
