/** What was written for a list of headers is written again only where everything else is the same. */
import { TransportFault, type WireRequest } from '@arouter/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { requestStart } from './request-head.ts';

const HEADERS: WireRequest['headers'] = [
  ['content-type', 'application/json'],
  ['authorization', 'Bearer sk-test'],
];
const REQUEST: WireRequest = {
  method: 'POST',
  origin: 'https://api.example.com:443',
  path: '/v1/chat',
  headers: HEADERS,
  body: Buffer.from('{"a":1}'),
};

function textOf(request: WireRequest, host = 'api.example.com', joinedBytesMax = 100): string {
  return requestStart(request, host, joinedBytesMax).toString('latin1');
}

test('whatever was sent before with the same list of headers, a request reads as if it were the first', () => {
  const requests = fc.record({
    method: fc.constantFrom('GET' as const, 'POST' as const, 'DELETE' as const),
    origin: fc.constant(REQUEST.origin),
    path: fc.constantFrom('/v1/chat', '/v1/models'),
    headers: fc.constantFrom(HEADERS, [...HEADERS, ['x-a', '1'] as const], []),
    body: fc.constantFrom(
      null,
      Buffer.alloc(0),
      Buffer.from('x'),
      Buffer.alloc(100, 'y'),
      Buffer.alloc(101, 'z'),
    ),
  });
  const hosts = fc.constantFrom('api.example.com', 'other.example.com:8443');
  fc.assert(
    fc.property(fc.array(fc.tuple(requests, hosts), { maxLength: 12 }), (sent) => {
      for (const [request, host] of sent)
        expect(textOf(request, host)).toBe(textOf({ ...request, headers: [...request.headers] }, host));
    }),
  );
  expect(textOf(REQUEST)).toBe(
    'POST /v1/chat HTTP/1.1\r\nhost: api.example.com\r\nconnection: keep-alive\r\naccept-encoding: identity\r\n' +
      'content-type: application/json\r\nauthorization: Bearer sk-test\r\ncontent-length: 7\r\n\r\n{"a":1}',
  );
});

test('a body longer than may be joined stays apart, and is counted in the head', () => {
  const request = { ...REQUEST, body: Buffer.alloc(101, 'z') };
  expect(textOf(request)).toMatch(/content-length: 101\r\n\r\n$/);
});

test('a path or header that would begin something else is refused, also beside a list that was sent before', () => {
  expect(textOf(REQUEST)).toContain('sk-test');
  const refused = [
    { ...REQUEST, path: '/v1 HTTP/1.1\r\nx: y' },
    { ...REQUEST, path: 'https://evil.example/' },
    { ...REQUEST, headers: [...HEADERS, ['x-a', 'b\r\nx: y'] as const] },
    { ...REQUEST, headers: [...HEADERS, ['x\r\ny', 'b'] as const] },
  ];
  for (const request of refused) {
    expect(() => textOf(request)).toThrow(TransportFault);
    expect(() => textOf(request)).toThrow(TransportFault);
  }
});
