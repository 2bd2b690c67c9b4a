import { expect, test } from 'vitest';
import { readableBody } from './readable-body.ts';

test('JSON gets lines; what is none, or was cut, stays as it is', () => {
  expect(readableBody('{"a":[1,"é"]}', 'application/json')).toBe('{\n  "a": [\n    1,\n    "é"\n  ]\n}');
  for (const text of ['{"a":[1,"', '', 'hello', '"text"', '12345678901234567890'])
    expect(readableBody(text, 'application/json; charset=utf-8')).toBe(text);
});

test('events stand one below the other, with their names; the last may be cut', () => {
  const stream = ': ping\n\ndata: {"n":1}\n\nevent: stop\ndata: {"n":2}\n\ndata: [DONE]\n\ndata: {"n":';
  expect(readableBody(stream, 'text/event-stream; charset=utf-8')).toBe(
    '{\n  "n": 1\n}\n\nstop\n{\n  "n": 2\n}\n\n[DONE]\n\n{"n":',
  );
  expect(readableBody('no event', 'text/event-stream')).toBe('no event');
});
