/**
 * What a request says of itself beside its body: the forms of its target, the host that it names, and heads that two
 * machines in a row would read differently. By a bare socket, for no library sends most of it.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createManagementClient } from '../support/management-client.ts';
import { addSandboxKey, openStage, type Stage } from '../support/stage.ts';
import { CHEAP_MODEL } from '../support/tenant.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  await addSandboxKey(stage, createManagementClient(stage.gateway).addKey);
});
afterAll(() => stage.close());

const BODY = JSON.stringify({ model: CHEAP_MODEL, messages: [{ role: 'user', content: 'Hello' }] });

/** Sends the bytes and returns all that comes until the gateway closes the connection; every text must make it do so. */
async function speak(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(stage.gateway.url).port), '127.0.0.1');
  let heard = '';
  socket.setEncoding('utf8').on('data', (piece: string) => {
    heard += piece;
  });
  socket.on('error', () => undefined);
  socket.write(bytes);
  await once(socket, 'close');
  return heard;
}

function head(line: string, headers: readonly string[], body = ''): string {
  return [line, ...headers, `content-length: ${body.length}`, 'connection: close', '', body].join('\r\n');
}
const management = (): string => `authorization: Bearer ${stage.gateway.keys.managementKey}`;
const inference = (): string => `authorization: Bearer ${stage.gateway.keys.apiKey}`;
const statusesIn = (heard: string): readonly string[] =>
  [...heard.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status = '']) => status);

describe('a target in the form that proxies are sent', () => {
  test.each(['http://gateway.example', 'HTTP://127.0.0.1:1', 'https://[::1]:8443'])(
    'is its path and query, whatever host it names: %s',
    async (origin) => {
      for (const [line, header] of [
        [`GET ${origin}/livez HTTP/1.1`, 'x-nothing: 1'],
        [`GET ${origin}/api/v1/byok?limit=1 HTTP/1.1`, management()],
        [`GET ${origin}/v1/models HTTP/1.1`, inference()],
        [`GET ${origin}/v1beta/models?key=${stage.gateway.keys.apiKey} HTTP/1.1`, 'x-nothing: 1'],
      ] as const) {
        expect(statusesIn(await speak(head(line, ['host: gateway.example', header]))), line).toEqual(['200']);
      }
      const asked = stage.sandbox.journal.seen();
      const answer = await speak(
        head(
          `POST ${origin}/v1/chat/completions HTTP/1.1`,
          ['host: gateway.example', 'content-type: application/json', inference()],
          BODY,
        ),
      );
      expect(statusesIn(answer)).toEqual(['200']);
      expect(stage.sandbox.journal.seen()).toBe(asked + 1);
    },
  );

  test.each([
    'http://u:p@gateway.example/livez',
    'ftp://gateway.example/livez',
    'http:///livez',
    'livez',
    '*',
  ])('that is none is no path: %s', async (target) => {
    const [status = ''] = statusesIn(await speak(head(`GET ${target} HTTP/1.1`, ['host: x'])));
    expect(['400', '404']).toContain(status);
  });
});

describe('a head that two machines would read differently is refused, and nothing of it is a second request', () => {
  const SECOND = 'GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
  const POST = 'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n';
  test.each([
    ['two hosts', `GET /livez HTTP/1.1\r\nhost: a\r\nHost: b\r\nconnection: close\r\n\r\n`],
    ['no host', 'GET /livez HTTP/1.1\r\nconnection: close\r\n\r\n'],
    ['two lengths', `${POST}content-length: 2\r\ncontent-length: 50\r\n\r\n{}${SECOND}`],
    ['a length with a sign', `${POST}content-length: +2\r\n\r\n{}${SECOND}`],
    [
      'a length and pieces',
      `${POST}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${SECOND}`,
    ],
    ['an encoding after pieces', `${POST}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n${SECOND}`],
    ['an unknown encoding', `${POST}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n${SECOND}`],
    [
      'pieces ended by a bare line feed',
      `${POST}transfer-encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n${SECOND}`,
    ],
    ['a space before the colon', `${POST}content-length : 2\r\n\r\n{}${SECOND}`],
    ['a folded line', `${POST}x-a: b\r\n content-length: 2\r\n\r\n{}${SECOND}`],
    ['a zero byte', `${POST}x-a: b\u0000\r\ncontent-length: 2\r\n\r\n{}${SECOND}`],
  ])('%s', async (_name, bytes) => {
    expect(statusesIn(await speak(bytes))).toEqual(['400']);
  });
});

test('the scheme of a key is compared without regard to case', async () => {
  for (const scheme of ['bearer', 'BEARER']) {
    const authorization = `authorization: ${scheme} ${stage.gateway.keys.apiKey}`;
    expect(statusesIn(await speak(head('GET /v1/models HTTP/1.1', ['host: x', authorization])))).toEqual([
      '200',
    ]);
  }
});
