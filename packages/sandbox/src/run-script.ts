/** Carries a script out on a response. Ends quietly when the client leaves: that is the client's right, not an error. */
import type { ServerResponse } from 'node:http';
import { headersWithLength } from './script.ts';
import type { Answer, HeaderList, Script, Step } from './script.ts';

/** Beyond this, `setTimeout` fires at once; a wait that long is a wait for the client to leave. */
const WAIT_MS_MAX = 2 ** 31 - 1;

export type ScriptEnd = 'finished' | 'client_left';

/** Plays the steps in order; resolves when the last is done or the client has gone. Never rejects. */
export async function runScript(response: ServerResponse, script: Script): Promise<ScriptEnd> {
  // The socket is kept: node detaches it from the response once that has ended, and a script may go on after that.
  const socket = response.socket;
  let gone = socket === null || socket.destroyed;
  const { promise: left, resolve } = Promise.withResolvers<void>();
  const leave = (): void => {
    gone = true;
    resolve();
  };
  socket?.once('close', leave);
  for (const step of script) {
    if (gone) return 'client_left';
    await playStep({ response, socket, left }, step);
  }
  // The socket outlives the script when it is kept alive.
  socket?.off('close', leave);
  return gone && !endsConnection(script) ? 'client_left' : 'finished';
}

/** The same as `runScript(plainScript(answer))` in one burst, for speed: no promise, no timer, one write to the kernel. */
export function sendPlain(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, flat(headersWithLength(answer)));
  const [only] = answer.frames;
  if (answer.frames.length === 1 && only !== undefined) {
    response.end(only);
    return;
  }
  // The socket's cork, not the response's: that one would melt the frames into a single HTTP chunk.
  const { socket } = response;
  socket?.cork();
  for (const frame of answer.frames) response.write(frame);
  response.end();
  socket?.uncork();
}

type Stage = {
  readonly response: ServerResponse;
  readonly socket: ServerResponse['socket'];
  readonly left: Promise<void>;
};

async function playStep({ response, socket, left }: Stage, step: Step): Promise<void> {
  switch (step.kind) {
    case 'wait':
      return await waitOrLeft(step.ms, left);
    case 'information':
      return writeInformation(response, step.status);
    case 'head':
      response.writeHead(step.status, flat(step.headers));
      response.flushHeaders();
      return;
    case 'write':
      return await writeBytes(response, step.bytes, left);
    case 'repeat':
      for (let count = 0; count < step.times && !response.destroyed; count += 1)
        await writeBytes(response, step.bytes, left);
      return;
    case 'end':
      return await new Promise<void>((resolve) => {
        response.end(resolve);
        void left.then(resolve);
      });
    case 'reset':
      socket?.resetAndDestroy();
      return;
    case 'close':
      socket?.end();
      return;
    case 'raw':
      socket?.write(step.bytes);
  }
}

async function writeBytes(response: ServerResponse, bytes: Uint8Array, left: Promise<void>): Promise<void> {
  if (response.write(bytes)) {
    // A turn of the loop between two writes, so that they leave as two.
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    return;
  }
  await Promise.race([
    new Promise<void>((resolve) => {
      response.once('drain', resolve);
    }),
    left,
  ]);
}

async function waitOrLeft(ms: number, left: Promise<void>): Promise<void> {
  if (ms > WAIT_MS_MAX) return await left;
  let timer: NodeJS.Timeout | undefined;
  const waited = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([waited, left]);
  clearTimeout(timer);
}

function writeInformation(response: ServerResponse, status: 100 | 102 | 103): void {
  if (status === 100) response.writeContinue();
  else if (status === 102) response.writeProcessing();
  else response.writeEarlyHints({ link: '</sandbox>; rel=preload' });
}

function endsConnection(script: Script): boolean {
  const last = script.at(-1);
  return last?.kind === 'reset' || last?.kind === 'close' || last?.kind === 'raw';
}

/** node takes repeated names only as one flat list. */
function flat(headers: HeaderList): string[] {
  const list: string[] = [];
  for (const [name, value] of headers) list.push(name, value);
  return list;
}
