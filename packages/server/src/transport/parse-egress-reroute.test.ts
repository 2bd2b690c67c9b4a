import { expect, test } from 'vitest';
import { answer, LIMITS, post, REAL_CLOCK, startRawServer } from './testing/raw-server.ts';
import { createTransport } from './create-transport.ts';
import { PUBLIC_ONLY } from './egress-policy.ts';
import { parseEgressReroute } from './parse-egress-reroute.ts';

test('nothing is rerouted unless the operator says so', () => {
  expect(parseEgressReroute('')).toEqual(new Map());
  expect([
    ...parseEgressReroute('https://API.example.com = http://127.0.0.1:9001'.replaceAll(' ', '')),
  ]).toEqual([['https://api.example.com:443', 'http://127.0.0.1:9001']]);
});

test.each([
  'https://a.example',
  'https://a.example=b',
  'https://a.example/x=http://b:1',
  'https://u@a=http://b:1',
  'a=b=c',
])('an entry that is not two origins stops the start: %s', (text) => {
  expect(() => parseEgressReroute(text)).toThrow(/origin=origin/);
});

test('a request for a rerouted origin goes there, and what that is allowed to be is judged as always', async () => {
  const server = await startRawServer((socket) => socket.write(answer('{"ok":true}')));
  const reroutes = parseEgressReroute(`https://tokens.example.com=${server.origin}`);
  const open = createTransport({ clock: REAL_CLOCK, policy: server.policy, reroutes });
  const shut = createTransport({ clock: REAL_CLOCK, policy: PUBLIC_ONLY, reroutes });
  try {
    const response = await open.send(post('https://tokens.example.com'), LIMITS);
    expect(Buffer.from(await response.readAll(1000)).toString()).toBe('{"ok":true}');
    await expect(shut.send(post('https://tokens.example.com'), LIMITS)).rejects.toMatchObject({
      code: 'egress_denied',
    });
  } finally {
    await open.close();
    await shut.close();
    await server.close();
  }
});
