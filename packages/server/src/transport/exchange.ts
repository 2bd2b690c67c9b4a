/**
 * One request and its answer: the state machine between undici's callbacks and the pipeline. It is undici's handler
 * and the WireResponse at once, because this is the hot path and an adapter with closures shows in the profile.
 *
 * `unsent` is claimed in three cases only: nothing was handed to a socket; the connector failed; or the kernel refused
 * the very first write as a whole (the socket has its error before `onRequestSent` is called).
 */
import { TransportFault } from '@arouter/core';
import type {
  ByteSink,
  CancelSignal,
  Clock,
  TransportFaultCode,
  WireLimits,
  WireRequest,
  WireResponse,
} from '@arouter/core';
import type { Dispatcher } from 'undici';
import { AnswerBody, type BodyDemand } from './answer-body.ts';
import type { Deadlined, DeadlineSweep } from './deadline-sweep.ts';
import { dispatchOptionsOf } from './dispatch-options.ts';
import { faultCodeOf } from './fault-code.ts';
import type { TransportBounds } from './transport-bounds.ts';

/** The connection that carries an exchange, as far as the exchange cares. */
export type Carrier = {
  /** True when the socket has carried another exchange before this one. */
  readonly isReused: boolean;
  /** True when the kernel has refused a write. */
  readonly isBroken: boolean;
  /** The answer is complete; the socket may carry another one. */
  release(): void;
  /** Closes the socket, or stops connecting it. */
  discard(): void;
};

export type ExchangeContext = {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly sweep: DeadlineSweep;
  readonly bounds: TransportBounds;
  /** Sends the exchange once more, over a new connection. */
  readonly resend: (exchange: Exchange) => void;
  /** Takes the exchange out of the queue for a connection, if it is there. */
  readonly withdraw: (exchange: Exchange) => void;
};

export type ExchangeTask = {
  readonly request: WireRequest;
  readonly limits: WireLimits;
  readonly signal: CancelSignal | undefined;
};

type Phase = 'connect' | 'first_byte' | 'body' | 'ended' | 'failed';
type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

const DEADLINE_CODES = {
  connect: 'connect_timeout',
  first_byte: 'first_byte_timeout',
  body: 'idle_timeout',
} as const;

export class Exchange implements Dispatcher.DispatchHandler, WireResponse, Deadlined {
  readonly options: Dispatcher.DispatchOptions;
  status = 0;
  deadlineAt: number;

  readonly #context: ExchangeContext;
  readonly #limits: WireLimits;
  readonly #signal: CancelSignal | undefined;
  readonly #totalAt: number;
  readonly #head = Promise.withResolvers<WireResponse>();
  readonly #body: AnswerBody;
  #phase: Phase = 'connect';
  #carrier: Carrier | null = null;
  #controller: Dispatcher.DispatchController | null = null;
  #headers: ResponseHeaders = {};
  #isWriteRefused = false;
  #isResent = false;
  #hasAnswerBegun = false;
  #informational = 0;

  constructor(task: ExchangeTask, context: ExchangeContext) {
    this.options = dispatchOptionsOf(task.request);
    this.#context = context;
    this.#limits = task.limits;
    this.#signal = task.signal;
    this.#body = new AnswerBody(context.bounds.unreadBytesMax);
    const nowMs = context.clock.monotonicMs();
    this.#totalAt = nowMs + task.limits.totalMs;
    this.deadlineAt = this.#connectDeadline(nowMs);
    context.sweep.watch(this);
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (this.#signal?.aborted === true) this.fail('cancelled');
  }

  /** Settles with this exchange once the head of the answer is here. */
  get head(): Promise<WireResponse> {
    return this.#head.promise;
  }

  get isOver(): boolean {
    return this.#phase === 'ended' || this.#phase === 'failed';
  }

  /** What is left of the time to connect, for a connection that is opened for this exchange. At least 1. */
  get connectMsLeft(): number {
    const { bounds, clock } = this.#context;
    return Math.max(1, this.deadlineAt - bounds.sweepEveryMs - clock.monotonicMs());
  }

  /** The pool has found a connection; undici's callbacks follow. */
  assign(carrier: Carrier): void {
    this.#carrier = carrier;
  }

  /** Does nothing once the exchange has failed; after its end it only drops what nobody has read. */
  fail(code: TransportFaultCode): void {
    this.#failWith(new TransportFault(code, this.#phase === 'connect'));
  }

  header(name: string): string | undefined {
    const value = this.#headers[name];
    if (typeof value === 'string') return value;
    return Array.isArray(value) ? value[0] : undefined;
  }

  readAll(bytesMax: number): Promise<Uint8Array> {
    const bytes = this.#body.readAll(bytesMax);
    if (Number(this.header('content-length')) > bytesMax) this.fail('answer_too_large');
    else this.#obeyReader(this.#body.resume());
    return bytes;
  }

  pipe(sink: ByteSink): Promise<void> {
    const done = this.#body.pipe(sink);
    this.#obeyReader(this.#body.resume());
    return done;
  }

  resume(): void {
    if (this.#body.isPaused) this.#obeyReader(this.#body.resume());
  }

  cancel(): void {
    this.fail('cancelled');
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.isOver) {
      controller.abort(new Error('given up before it was sent'));
      return;
    }
    this.#controller = controller;
    this.#phase = 'first_byte';
    const nowMs = this.#context.clock.monotonicMs();
    this.deadlineAt = Math.min(nowMs + this.#limits.firstByteMs, this.#totalAt);
  }

  onRequestSent(): void {
    if (this.#carrier?.isBroken === true) this.#isWriteRefused = true;
  }

  onResponseStarted(): void {
    this.#hasAnswerBegun = true;
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: ResponseHeaders): void {
    if (this.isOver) return;
    const { bounds } = this.#context;
    if (status < 200) {
      this.#informational += 1;
      if (this.#informational > bounds.informationalMax) this.fail('answer_malformed');
      return;
    }
    const { rawHeaders } = controller;
    if (Array.isArray(rawHeaders) && rawHeaders.length > 2 * bounds.responseHeadersMax) {
      this.fail('answer_malformed');
      return;
    }
    this.status = status;
    this.#headers = headers;
    if (isEncoded(this.header('content-encoding'))) {
      this.fail('answer_encoded');
      return;
    }
    this.#phase = 'body';
    this.#restartIdle();
    this.#head.resolve(this);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#phase !== 'body') return;
    const demand = this.#body.take(chunk);
    if (demand === 'go_on') {
      if (!this.#body.isPaused) this.#restartIdle();
    } else if (demand === 'pause') {
      this.#pause(controller);
    } else {
      this.fail(demand);
    }
  }

  onResponseEnd(): void {
    if (this.#phase !== 'body') return;
    this.#phase = 'ended';
    this.#stopWatching();
    const carrier = this.#carrier;
    this.#carrier = null;
    if (this.header('connection')?.toLowerCase() === 'close') carrier?.discard();
    else carrier?.release();
    this.#body.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.isOver) return;
    if (error instanceof TransportFault) {
      this.#failWith(error);
      return;
    }
    const code = faultCodeOf(error, this.#phase === 'body');
    const isStale = this.#isWriteRefused && !this.#hasAnswerBegun && this.#carrier?.isReused === true;
    if (isStale && code === 'connection_reset' && !this.#isResent) {
      this.#resend();
      return;
    }
    const isUnsent = this.#phase === 'connect' || (this.#isWriteRefused && !this.#hasAnswerBegun);
    this.#failWith(new TransportFault(code, isUnsent, { cause: error }));
  }

  onDeadline(nowMs: number): void {
    if (this.#phase === 'ended' || this.#phase === 'failed') return;
    this.fail(nowMs >= this.#totalAt ? 'total_timeout' : DEADLINE_CODES[this.#phase]);
  }

  readonly #onAbort = (): void => this.fail('cancelled');

  #failWith(fault: TransportFault): void {
    if (this.#phase === 'failed') return;
    const wasOpen = this.#phase !== 'ended';
    this.#phase = 'failed';
    if (wasOpen) {
      this.#stopWatching();
      this.#context.withdraw(this);
      this.#controller?.abort(fault);
      this.#carrier?.discard();
      this.#carrier = null;
      this.#head.reject(fault);
    }
    this.#body.fail(fault);
  }

  #resend(): void {
    this.#isResent = true;
    this.#isWriteRefused = false;
    this.#controller = null;
    this.#carrier?.discard();
    this.#carrier = null;
    this.#phase = 'connect';
    this.deadlineAt = this.#connectDeadline(this.#context.clock.monotonicMs());
    this.#context.resend(this);
  }

  /** The reader has come or asked for more; the socket follows. */
  #obeyReader(demand: BodyDemand): void {
    if (demand === 'answer_too_large' || demand === 'cancelled') {
      this.fail(demand);
      return;
    }
    if (this.#phase !== 'body' || this.#controller === null) return;
    if (demand === 'pause') {
      this.#pause(this.#controller);
      return;
    }
    this.#restartIdle();
    this.#controller.resume();
  }

  /** A slow reader is not the provider's fault: only the total deadline runs on. */
  #pause(controller: Dispatcher.DispatchController): void {
    this.deadlineAt = this.#totalAt;
    controller.pause();
  }

  #restartIdle(): void {
    this.deadlineAt = Math.min(this.#context.clock.monotonicMs() + this.#limits.idleMs, this.#totalAt);
  }

  /** One sweep later than the connector's own deadline, which can say more precisely what failed. */
  #connectDeadline(nowMs: number): number {
    const { bounds } = this.#context;
    return Math.min(nowMs + this.#limits.connectMs + bounds.sweepEveryMs, this.#totalAt);
  }

  #stopWatching(): void {
    this.#context.sweep.unwatch(this);
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}

function isEncoded(contentEncoding: string | undefined): boolean {
  if (contentEncoding === undefined) return false;
  const encoding = contentEncoding.trim().toLowerCase();
  return encoding !== '' && encoding !== 'identity';
}
