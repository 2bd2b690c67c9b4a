/**
 * A stand-in for the providers on this machine: speaks their wire formats exactly, costs nothing, and misbehaves on
 * command. One sandbox stands for any provider; the path says for which (`/groq/openai/v1/…`, `/anthropic/v1/…`, `/v1/…`).
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTokenDesk } from './answers/google-tokens.ts';
import { CONTROL_PREFIX, answerControl } from './control.ts';
import { createBehaviourBook } from './faults/behaviour.ts';
import type { Behaviour } from './faults/behaviour.ts';
import { createExchangeHandler, readBody } from './handle-exchange.ts';
import { createJournal } from './journal.ts';
import type { Journal } from './journal.ts';
import { SANDBOX_KEY_PATTERN, createKeyring } from './keyring.ts';
import { loadRecordings } from './replay/load-recordings.ts';
import { createReplayBook } from './replay/replay-book.ts';
import { sendPlain } from './run-script.ts';
import { jsonAnswer } from './script.ts';

export type SandboxOptions = {
  /** 0, the default: any free port. */
  readonly port?: number;
  /** 127.0.0.1 unless said otherwise. The controls answer to this machine only, wherever it listens. */
  readonly host?: string;
  /** Accepted besides those that the pattern takes. */
  readonly keys?: readonly string[];
  /** `sk-sandbox-…` and `AKIASANDBOX…` unless said otherwise; null takes registered keys only. */
  readonly keyPattern?: RegExp | null;
  /** The models there are; any other is 404. Without it, every name is served. */
  readonly models?: readonly string[];
  /** Before every event of a stream, in milliseconds; 0 (the default) sends the whole stream at once. */
  readonly frameDelayMs?: number;
  readonly journalEntriesMax?: number;
  /** Keeps the text of request bodies in the journal. */
  readonly journalBodies?: boolean;
  /** Answers from recordings instead. `chunkBytes`: the size of the pieces of a stream; without it, event by event. */
  readonly replay?: { readonly dir: string; readonly chunkBytes?: number };
  /** Milliseconds since 1970 UTC. */
  readonly now?: () => number;
};

export type Sandbox = {
  /** `http://127.0.0.1:port`, without a path. */
  readonly url: string;
  readonly port: number;
  readonly journal: Journal;
  /** Queues a misbehaviour and returns its id. The first in the queue that matches a request is applied. */
  behave(behaviour: Behaviour): string;
  /** Without an id, clears all. */
  clearBehaviours(id?: string): void;
  acceptKey(key: string): void;
  revokeKey(key: string): void;
  /** Its signed statements are then exchanged for access tokens at `/token`. `publicKey`: PEM. */
  acceptServiceAccount(clientEmail: string, publicKey: string): void;
  tokensIssued(): number;
  /** Ends every connection, also those that hang on purpose. */
  close(): Promise<void>;
};

/** Longer than any client's pool keeps an idle connection: then the client closes first, and no request is lost. */
const KEEP_ALIVE_MS = 120_000;
/** A caller's headers are echoed and journalled; node's own bound, said aloud. */
const HEADER_BYTES_MAX = 65_536;

/** Resolves when it listens; rejects when the port is taken or the recordings cannot be read. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const journal = createJournal(options.journalEntriesMax);
  const keyring = createKeyring(
    options.keys ?? [],
    options.keyPattern === undefined ? SANDBOX_KEY_PATTERN : options.keyPattern,
  );
  const behaviours = createBehaviourBook();
  const tokens = createTokenDesk(keyring);
  const handle = createExchangeHandler({
    journal,
    keyring,
    tokens,
    behaviours,
    replay: options.replay === undefined ? null : createReplayBook(loadRecordings(options.replay.dir)),
    replayChunkBytes: options.replay?.chunkBytes ?? null,
    models: options.models ?? null,
    keepBodies: options.journalBodies ?? false,
    frameDelayMs: options.frameDelayMs ?? 0,
    now: options.now ?? Date.now,
  });
  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(incoming);
    if (body === undefined) sendTooLarge(response);
    else if (incoming.url?.startsWith(CONTROL_PREFIX) === true)
      answerControl({ behaviours, keyring, journal }, incoming, response, body);
    else handle(incoming, response, body);
  };
  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS, maxHeaderSize: HEADER_BYTES_MAX, requestTimeout: 0 },
    (incoming, response) => {
      serve(incoming, response).catch((error: unknown) => {
        // The client left while it was still sending; anything else is a bug and must be seen.
        if (!incoming.complete) return;
        throw error;
      });
    },
  );
  const { port } = await listen(server, options.port ?? 0, options.host ?? '127.0.0.1');
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    journal,
    behave: (behaviour) => behaviours.add(behaviour),
    clearBehaviours: (id) => void behaviours.clear(id),
    acceptKey: (key) => keyring.accept(key),
    revokeKey: (key) => keyring.revoke(key),
    acceptServiceAccount: (clientEmail, publicKey) => tokens.register(clientEmail, publicKey),
    tokensIssued: () => tokens.issued(),
    close: async () => await close(server),
  };
}

async function listen(server: Server, port: number, host: string): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new TypeError('the sandbox listens on no TCP port');
  return address;
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function sendTooLarge(response: ServerResponse): void {
  response.shouldKeepAlive = false;
  const error = {
    message: 'Request body too large.',
    type: 'invalid_request_error',
    param: null,
    code: null,
  };
  sendPlain(response, jsonAnswer(413, [], { error }));
}
