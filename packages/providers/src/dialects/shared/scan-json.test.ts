import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findMember, JSON_DEPTH_MAX, JsonScanError, memberValue, scanJsonObject } from './scan-json.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

function scanResult(bytes: Uint8Array): Readonly<Record<string, unknown>> | string {
  try {
    const entries = scanJsonObject(bytes).map((member) => [member.key, memberValue(bytes, member)] as const);
    return Object.fromEntries(entries);
  } catch (error) {
    if (error instanceof JsonScanError) return error.reason;
    throw error;
  }
}
const refused = (text: string) => typeof scanResult(bytesOf(text)) === 'string';

test('members are found with their exact spans and kinds', () => {
  const text =
    ' { "model" : "a\\/b", "n":-1.5e+3 ,"m":[{"x":"}"}], "o":{"model":1},"t":true,"f":false,"z":null } ';
  const members = scanJsonObject(bytesOf(text));
  expect(members.map(({ key, kind }) => [key, kind])).toEqual([
    ['model', 'string'],
    ['n', 'number'],
    ['m', 'array'],
    ['o', 'object'],
    ['t', 'true'],
    ['f', 'false'],
    ['z', 'null'],
  ]);
  const model = findMember(members, 'model');
  expect(text.slice(model?.keyStart, model?.valueEnd)).toBe('"model" : "a\\/b"');
});

test('a second model cannot be smuggled past the scan', () => {
  expect(refused('{"model":"cheap","model":"dear"}')).toBe(true);
  expect(refused('{"model":"cheap","mod\\u0065l":"dear"}')).toBe(true);
  expect(refused('{"model":"cheap","Model":"dear"}')).toBe(true);
  // Kelvin sign and long s: case-blind parsers take them for k and s.
  expect(refused('{"max_tokens":1,"max_to\u212aens":9}')).toBe(true);
  expect(refused('{"stream":true,"\u017ftream":false}')).toBe(true);
  const many = Array.from({ length: 100 }, (_, index) => `"k${index}":1`).join(',');
  expect(refused(`{${many}}`)).toBe(false);
  expect(refused(`{${many},"k0":2}`)).toBe(true);
  expect(refused(`{${many},"\\u006b99":2}`)).toBe(true);
});

test('an escaped key is what it decodes to', () => {
  expect(scanJsonObject(bytesOf('{"mod\\u0065l":1}'))[0]?.key).toBe('model');
});

test('keys that name object internals are refused at the top and allowed below', () => {
  for (const key of ['__proto__', 'constructor', 'prototype', '__pro\\u0074o__']) {
    expect(refused(`{"${key}":{}}`)).toBe(true);
  }
  expect(refused('{"a":{"constructor":1}}')).toBe(false);
});

test.each([
  ['', 'nothing'],
  ['[]', 'not an object'],
  ['\ufeff{}', 'a byte order mark'],
  ['{} {}', 'bytes behind the object'],
  ['{}\u0000', 'a zero behind the object'],
  ['{"a":1,}', 'a trailing comma'],
  ['{"a" 1}', 'no colon'],
  ["{'a':1}", 'single quotes'],
  ['{"a":01}', 'a leading zero'],
  ['{"a":1.}', 'no digits behind the point'],
  ['{"a":.5}', 'no digits before the point'],
  ['{"a":+1}', 'a plus sign'],
  ['{"a":1e}', 'no exponent'],
  ['{"a":-}', 'a sign alone'],
  ['{"a":NaN}', 'not a number'],
  ['{"a":tru}', 'half a literal'],
  ['{"a":"\\x41"}', 'an unknown escape'],
  ['{"a":"\\u12G4"}', 'an escape that is not hex'],
  ['{"a":"\\u12', 'half an escape'],
  ['{"a":"b', 'an open string'],
  ['{"a":"b\\"}', 'an open string behind an escaped quote'],
  ['{"a":[1,]}', 'a trailing comma in an array'],
  ['{"a":[1}', 'crossed brackets'],
  ['{"a":1', 'an open object'],
  ['{"a":/**/1}', 'a comment'],
])('%j is refused: %s', (text) => {
  expect(refused(text)).toBe(true);
});

test('every beginning of a text is refused', () => {
  const text = ' {"a" : [1.5e+3, true, null, {"b": false, "c": "\\u00e9\\n"}], "d":{} , "e":-0.1 } ';
  const end = text.lastIndexOf('}');
  for (let length = 0; length <= end; length++) expect(refused(text.slice(0, length))).toBe(true);
  expect(refused(text)).toBe(false);
});

test('bytes that are not UTF-8 are refused', () => {
  const bytes = bytesOf('{"a":"??"}');
  bytes.set([0xc3, 0x28], 6);
  expect(() => scanJsonObject(bytes)).toThrow(JsonScanError);
});

test('nesting is bounded: 64 pass, 65 do not', () => {
  const nested = (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`;
  expect(refused(nested(JSON_DEPTH_MAX))).toBe(false);
  expect(refused(nested(JSON_DEPTH_MAX + 1))).toBe(true);
  expect(refused(`{"a":${'['.repeat(100_000)}`)).toBe(true);
});

test('10 000 keys pass and one more does not', () => {
  const keys = (count: number) =>
    `{${Array.from({ length: count }, (_, index) => `"${index}":0`).join(',')}}`;
  expect(refused(keys(10_000))).toBe(false);
  expect(refused(keys(10_001))).toBe(true);
});

test('every nested key is told with its depth, escapes flagged', () => {
  const text = '{"a":{"b":[{"c":1,"\\u0064":2}]}}';
  const keys: unknown[] = [];
  scanJsonObject(bytesOf(text), (start, end, depth, escaped) =>
    keys.push([text.slice(start, end), depth, escaped]),
  );
  expect(keys).toEqual([
    ['b', 2, false],
    ['c', 4, false],
    ['\\u0064', 4, true],
  ]);
});

let parsedTexts = 0;

/**
 * What JSON.parse reads, without a fault of V8 in Node 24: after `{"a":1,"\\":2}` it reads the second key of `{"a":1,"\n":2}` as a
 * backslash, because it expects the keys that an object with the same beginning had. No two texts begin alike here.
 */
function parse(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if (Object.keys(value).length === 0) return value;
  const unique = `unique ${parsedTexts++}`;
  const marked = JSON.parse(text.replace('{', `{"${unique}":0,`)) as Record<string, unknown>;
  delete marked[unique];
  return marked;
}

const topKey = fc
  .string({ unit: fc.constantFrom('a', 'b', '_', '0', 'é', '"', '\\', '\n', '😀', '\ud800') })
  .filter((key) => !['__proto__', 'constructor', 'prototype'].includes(key));
const object = fc
  .uniqueArray(topKey, { selector: (key) => key.toUpperCase().toLowerCase(), maxLength: 30 })
  .chain((keys) => fc.tuple(...keys.map((key) => fc.tuple(fc.constant(key), fc.jsonValue({ maxDepth: 4 })))))
  .map((entries) => Object.fromEntries(entries));

test('whatever JSON.stringify writes is read as JSON.parse reads it, in any white space', () => {
  fc.assert(
    fc.property(object, fc.constantFrom(undefined, 1, '\t', ' \n'), (value, space) => {
      const text = JSON.stringify(value, null, space);
      expect(scanResult(bytesOf(text))).toEqual(parse(text));
    }),
    { numRuns: 500 },
  );
});

// Texts near to JSON: a valid text with a few bytes put in, taken out or changed.
const mutated = fc
  .tuple(
    object,
    fc.array(fc.tuple(fc.nat(), fc.nat(2), fc.constantFrom(...'{}[]",:\\u0e.-+ntf1 /')), {
      maxLength: 3,
      minLength: 1,
    }),
  )
  .map(([value, edits]) => {
    let text = JSON.stringify(value);
    for (const [at, removed, added] of edits) {
      const position = at % (text.length + 1);
      text = text.slice(0, position) + added + text.slice(position + removed);
    }
    return text;
  });

test('accepts exactly what JSON.parse accepts, but for the stricter rules', () => {
  let accepted = 0;
  let rejected = 0;
  fc.assert(
    fc.property(mutated, (text) => {
      const bytes = bytesOf(text);
      const scanned = scanResult(bytes);
      let parsed: unknown;
      try {
        parsed = parse(new TextDecoder().decode(bytes));
      } catch {
        rejected++;
        expect(scanned).toBeTypeOf('string');
        return;
      }
      const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
      if (typeof scanned !== 'string') {
        accepted++;
        expect(scanned).toEqual(parsed);
      } else if (isObject) {
        expect(scanned).toMatch(/repeated|internal/);
      }
    }),
    { numRuns: 6000 },
  );
  // The mutations must reach both sides, or this would prove nothing.
  expect(accepted).toBeGreaterThan(300);
  expect(rejected).toBeGreaterThan(300);
});

test('long strings with escapes near and far are read to their end', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(300), fc.constantFrom('"', '\\', '\n', 'é', '\u0001', 'x"')), {
        maxLength: 20,
      }),
      (runs) => {
        const text = runs.map(([length, tail]) => 'x'.repeat(length) + tail).join('');
        const value = { first: text, second: [text, { third: text }] };
        expect(scanResult(bytesOf(JSON.stringify(value)))).toEqual(value);
      },
    ),
    { numRuns: 300 },
  );
});
