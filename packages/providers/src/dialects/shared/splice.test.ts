import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scanJsonObject } from './scan-json.ts';
import { spliceJson, type JsonEdit } from './splice.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
function splice(text: string, edits: readonly JsonEdit[]): string {
  const body = bytesOf(text);
  return new TextDecoder().decode(spliceJson(body, scanJsonObject(body), edits));
}
const remove = (key: string): JsonEdit => ({ kind: 'remove', key });
const set = (key: string, json: string): JsonEdit => ({ kind: 'set', key, json });

test('edits that change nothing give the very same bytes', () => {
  const body = bytesOf('{ "a" : 1 }');
  expect(spliceJson(body, scanJsonObject(body), [remove('b')])).toBe(body);
});

test.each([
  ['{ "a" : 1 , "b" : 2 , "c" : 3 }', [remove('a')], '{ "b" : 2 , "c" : 3 }'],
  ['{ "a" : 1 , "b" : 2 , "c" : 3 }', [remove('b')], '{ "a" : 1 , "c" : 3 }'],
  ['{ "a" : 1 , "b" : 2 , "c" : 3 }', [remove('c')], '{ "a" : 1 , "b" : 2 }'],
  ['{ "a" : 1 , "b" : 2 , "c" : 3 }', [remove('b'), remove('c')], '{ "a" : 1 }'],
  ['{ "a" : 1 , "b" : 2 , "c" : 3 }', [remove('a'), remove('b'), remove('c')], '{  }'],
  ['{ "a" : 1 }', [remove('a'), set('b', '2')], '{ "b":2 }'],
  ['{\n  "a": 1\n}', [set('a', '"x"'), set('b', 'null')], '{\n  "a": "x","b":null\n}'],
  ['{}', [set('a', '1'), set('b', '2')], '{"a":1,"b":2}'],
  ['{"a":{"a":1},"b":[]}', [set('a', '0')], '{"a":0,"b":[]}'],
  ['{"\\u0061":1}', [set('a', '2')], '{"\\u0061":2}'],
] as const)('%s with %j becomes %s', (text, edits, expected) => {
  expect(splice(text, edits)).toBe(expected);
});

test('splicing bytes means the same as editing the parsed object', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const edit = fc.tuple(key, fc.option(fc.jsonValue({ maxDepth: 1 })));
  fc.assert(
    fc.property(
      fc.dictionary(key, fc.jsonValue({ maxDepth: 2 })),
      fc.uniqueArray(edit, { selector: ([name]) => name }),
      fc.constantFrom(undefined, 2, '\t'),
      (value, edits, space) => {
        const expected: Record<string, unknown> = { ...value };
        for (const [name, change] of edits) {
          if (change === null) delete expected[name];
          else expected[name] = change;
        }
        const text = splice(
          JSON.stringify(value, null, space),
          edits.map(([name, change]) => (change === null ? remove(name) : set(name, JSON.stringify(change)))),
        );
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(expected)));
      },
    ),
    { numRuns: 500 },
  );
});
