/**
 * A prototype: HTTP/1.1 straight on node:net, to learn what undici's generality costs. Keep-alive connections are
 * reused last in, first out; a paused sink pauses the socket. Not for the product as it is: no TLS, no timeouts, no
 * queue when all connections are taken.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { AnswerParser } from './answer-parser.ts';
import type { AnswerSink, Exchange, UpstreamClient, UpstreamRequest } from './upstream-client.ts';

const CONNECTIONS_MAX = 1024;
/** Below this, copying the body behind the head costs less than a second buffer in the system call. */
const JOIN_BYTES_MAX = 64 * 1024;
/** One for all connections: a read is parsed before the next one begins. */
const readBuffer = Buffer.allocUnsafe(64 * 1024);
const UNSAFE = /[^\t\x20-\x7e\x80-\xff]/;

type Pool = {
  readonly port: number;
  readonly host: string;
  readonly idle: RawConnection[];
  open: number;
};

export function rawClient(origin: string): UpstreamClient {
  const { hostname, port } = new URL(origin);
  const pool: Pool = { host: hostname, port: Number(port), idle: [], open: 0 };
  return {
    send: (request, sink) => {
      const connection = pool.idle.pop() ?? (pool.open < CONNECTIONS_MAX ? new RawConnection(pool) : null);
      if (connection !== null) return connection.send(request, sink);
      sink.onError(new Error('all upstream connections are taken'));
      return { resume: () => {}, abort: () => {} };
    },
  };
}

class RawConnection {
  readonly #pool: Pool;
  readonly #socket: Socket;
  readonly #parser: AnswerParser;
  #sink: AnswerSink | null = null;
  #isPaused = false;

  constructor(pool: Pool) {
    this.#pool = pool;
    pool.open++;
    this.#parser = new AnswerParser({
      onHead: (status, headers) => this.#sink?.onHead(status, headers),
      onData: (data) => {
        if (this.#sink?.onData(data) === false) this.#isPaused = true;
      },
      onEnd: (canReuse) => this.#finish(canReuse),
    });
    this.#socket = connect({
      host: pool.host,
      port: pool.port,
      noDelay: true,
      onread: { buffer: readBuffer, callback: (length) => this.#read(length) },
    });
    this.#socket.on('end', () => this.#ended());
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => {
      pool.open--;
      const at = pool.idle.indexOf(this);
      if (at !== -1) pool.idle.splice(at, 1);
      this.#fail(new Error('the upstream closed the connection'));
    });
  }

  send(request: UpstreamRequest, sink: AnswerSink): Exchange {
    this.#sink = sink;
    const head = headOf(request, this.#pool);
    const { body } = request;
    if (head === null) {
      this.#fail(new Error('a request header has a character that may not be sent'));
    } else if (body.length <= JOIN_BYTES_MAX) {
      const joined = Buffer.allocUnsafe(head.length + body.length);
      joined.write(head, 'latin1');
      body.copy(joined, head.length);
      this.#socket.write(joined);
    } else {
      this.#socket.cork();
      this.#socket.write(head, 'latin1');
      this.#socket.write(body);
      this.#socket.uncork();
    }
    return {
      resume: () => {
        if (this.#sink !== sink || !this.#isPaused) return;
        this.#isPaused = false;
        this.#socket.resume();
      },
      abort: () => {
        // After the end of its exchange the connection is someone else's.
        if (this.#sink === sink) this.#fail(new Error('aborted'));
      },
    };
  }

  /** Returns false to pause the socket. */
  #read(length: number): boolean {
    if (this.#sink === null) {
      this.#socket.destroy(); // bytes nobody asked for
      return false;
    }
    try {
      this.#parser.push(readBuffer.subarray(0, length));
    } catch (error) {
      this.#fail(error as Error);
    }
    return !this.#isPaused;
  }

  #finish(canReuse: boolean): void {
    const sink = this.#sink;
    this.#sink = null;
    if (this.#isPaused) {
      this.#isPaused = false;
      this.#socket.resume();
    }
    // An answer that came before the whole request was taken leaves bytes on the way.
    if (canReuse && this.#socket.writableLength === 0) this.#pool.idle.push(this);
    else this.#socket.destroy();
    sink?.onEnd();
  }

  #ended(): void {
    if (this.#sink === null) return;
    try {
      this.#parser.end();
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail(error: Error): void {
    const sink = this.#sink;
    this.#sink = null;
    this.#isPaused = false;
    this.#socket.destroy();
    sink?.onError(error);
  }
}

function headOf(request: UpstreamRequest, pool: Pool): string | null {
  let head = `POST ${request.path} HTTP/1.1\r\nhost: ${pool.host}:${pool.port}\r\n`;
  if (UNSAFE.test(request.path)) return null;
  for (let i = 0; i + 1 < request.headers.length; i += 2) {
    const name = request.headers[i] as string;
    const value = request.headers[i + 1] as string;
    if (UNSAFE.test(name) || UNSAFE.test(value)) return null;
    head += `${name}: ${value}\r\n`;
  }
  return `${head}\r\n`;
}
