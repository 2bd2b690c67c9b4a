import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { callerSink, limitLastBytes, nodeHead, tokenOf } from './caller.ts';

const opened: { close(): void }[] = [];
afterEach(() => {
  for (const each of opened.splice(0)) each.close();
});

/** A request over a real socket; the caller reads only what the test makes it read. */
async function exchange(headers: string): Promise<{
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly caller: Socket;
}> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const caller = connect((server.address() as AddressInfo).port, '127.0.0.1');
  caller.on('error', () => undefined);
  caller.pause();
  opened.push({
    close() {
      caller.destroy();
      server.closeAllConnections();
      server.close();
    },
  });
  const arrived = new Promise<[IncomingMessage, ServerResponse]>((resolve) =>
    server.once('request', (...both) => resolve(both)),
  );
  caller.write(`GET / HTTP/1.1\r\nhost: x\r\n${headers}\r\n`);
  const [request, response] = await arrived;
  return { request, response, caller };
}

const CHUNK = Buffer.alloc(256 * 1024, 'x');
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** More than the kernel takes on either side, and than a slow reader takes in a test. */
const CHUNKS = 400;

function fill(write: (bytes: Uint8Array) => boolean): void {
  for (let count = 0; count < CHUNKS; count += 1) write(CHUNK);
}

test('a caller who takes nothing is cut off after the stall limit', async () => {
  const { response } = await exchange('');
  const sink = callerSink(response, 200);
  fill(sink.write);
  expect(response.destroyed).toBe(false);
  await expect.poll(() => response.destroyed, { timeout: 2000 }).toBe(true);
  expect(sink.write(CHUNK)).toBe(true);
});

test('who never reads the last bytes of an answer is cut off after the stall limit', async () => {
  const { response } = await exchange('');
  response.end(Buffer.concat(Array.from({ length: CHUNKS }, () => CHUNK)));
  limitLastBytes(response, 200);
  await expect.poll(() => response.destroyed, { timeout: 2000 }).toBe(true);
});

test('whose last bytes were taken keeps the connection, for a further answer that may take its time', async () => {
  const { response, caller } = await exchange('\r\nGET /next HTTP/1.1\r\nhost: x\r\n');
  const { socket } = response;
  response.end(Buffer.concat(Array.from({ length: CHUNKS }, () => CHUNK)));
  limitLastBytes(response, 200);
  caller.resume();
  await expect.poll(() => response.writableFinished, { timeout: 10_000 }).toBe(true);
  await wait(600);
  expect(socket?.destroyed).toBe(false);
});

test('a caller who reads slowly, but reads, is not cut off', async () => {
  const { response, caller } = await exchange('');
  const sink = callerSink(response, 1000);
  fill(sink.write);
  let taken = 0;
  caller.on('data', (piece) => {
    taken += piece.length;
    caller.pause();
    setTimeout(() => caller.resume(), 2);
  });
  caller.resume();
  await wait(2500);
  expect(taken).toBeLessThan(CHUNKS * CHUNK.length);
  expect(response.destroyed).toBe(false);
});

test('several Authorization headers are refused; one of each kind of header is read', async () => {
  const two = await exchange('authorization: Bearer lr_live_a\r\nAuthorization: Bearer lr_live_b\r\n');
  expect(() => tokenOf(nodeHead(two.request))).toThrow('More than one Authorization');
  const both = await exchange('authorization: Bearer placeholder\r\nx-api-key: lr_live_a\r\n');
  expect(tokenOf(nodeHead(both.request))).toBe('lr_live_a');
});

test('the key is found where each library puts it', async () => {
  const signed =
    'authorization: AWS4-HMAC-SHA256 Credential=lr_live_aws/20260101/us-east-1/bedrock/aws4_request, SignedHeaders=host, Signature=00\r\n';
  expect(tokenOf(nodeHead((await exchange(signed)).request))).toBe('lr_live_aws');
  expect(tokenOf(nodeHead((await exchange('api-key: lr_live_azure\r\n')).request))).toBe('lr_live_azure');
  expect(tokenOf(nodeHead((await exchange('x-goog-api-key: lr_live_google\r\n')).request))).toBe(
    'lr_live_google',
  );
  const { request } = await exchange('');
  request.url = '/v1beta/models?pageSize=1&key=lr_live_query';
  expect(tokenOf(nodeHead(request))).toBe('lr_live_query');
  for (const url of ['/v1/models?monkey=lr_live_query', '/v1/models&key=lr_live_path']) {
    request.url = url;
    expect(tokenOf(nodeHead(request))).toBeUndefined();
  }
});
