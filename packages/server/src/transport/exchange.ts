/**
 * One request and its answer: the state machine between a connection and the pipeline. It is what the connection calls
 * and the WireResponse at once, because this is the hot path and an adapter with closures shows in the profile.
 *
 * `unsent` is claimed in three cases only: nothing was handed to a socket; the connector failed; or the kernel refused
 * the very first write as a whole.
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
import type { AnswerHead } from './answer-head.ts';
import { AnswerBody, type BodyDemand } from './answer-body.ts';
import type { Deadlined, DeadlineSweep } from './deadline-sweep.ts';
import type { TransportBounds } from './transport-bounds.ts';

/** The connection that carries an exchange, as far as the exchange cares. */
export type Carrier = {
  /** True when the socket has carried another exchange before this one. */
  readonly isReused: boolean;
  pause(): void;
  resume(): void;
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

const DEADLINE_CODES = {
  connect: 'connect_timeout',
  first_byte: 'first_byte_timeout',
  body: 'idle_timeout',
} as const;

export class Exchange implements WireResponse, Deadlined {
  readonly request: WireRequest;
  status = 0;

  readonly #context: ExchangeContext;
  readonly #limits: WireLimits;
  readonly #signal: CancelSignal | undefined;
  readonly #totalAt: number;
  #deadlineAt: number;
  /** How long the wait may take that has begun since the last sweep, which does not know yet; 0: none has. */
  #newWaitMs = 0;
  readonly #head = Promise.withResolvers<WireResponse>();
  readonly #body: AnswerBody;
  #phase: Phase = 'connect';
  #carrier: Carrier | null = null;
  #answer: AnswerHead | null = null;
  #isResent = false;

  constructor(task: ExchangeTask, context: ExchangeContext) {
    this.request = task.request;
    this.#context = context;
    this.#limits = task.limits;
    this.#signal = task.signal;
    this.#body = new AnswerBody(context.bounds.unreadBytesMax);
    const nowMs = context.clock.monotonicMs();
    this.#totalAt = nowMs + task.limits.totalMs;
    this.#deadlineAt = this.#connectDeadline(nowMs);
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
    return Math.max(1, this.#deadlineAt - bounds.sweepEveryMs - clock.monotonicMs());
  }

  /** The pool has found a connection; its calls follow. */
  assign(carrier: Carrier): void {
    this.#carrier = carrier;
  }

  /** Does nothing once the exchange has failed; after its end it only drops what nobody has read. */
  fail(code: TransportFaultCode): void {
    this.#failWith(new TransportFault(code, this.#phase === 'connect'));
  }

  header(name: string): string | undefined {
    return this.#answer?.header(name);
  }

  readAll(bytesMax: number, hold?: (bytes: number) => void): Uint8Array | Promise<Uint8Array> {
    const whole = this.#phase === 'ended' ? this.#body.takeAll(bytesMax, hold) : undefined;
    if (whole !== undefined) return whole;
    const bytes = this.#body.readAll(bytesMax, hold);
    if ((this.#answer?.length ?? 0) > bytesMax) this.fail('answer_too_large');
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

  /** The request is about to be handed to the socket. */
  onSending(): void {
    this.#phase = 'first_byte';
    this.#newWaitMs = this.#limits.firstByteMs;
  }

  /** The kernel refused the write as a whole. A connection that was good before is replaced, once. */
  onWriteRefused(cause: Error): void {
    if (this.isOver) return;
    if (this.#carrier?.isReused === true && !this.#isResent) this.#resend();
    else this.onFault(new TransportFault('connection_reset', true, { cause }));
  }

  onHead(answer: AnswerHead): void {
    if (this.isOver) return;
    this.status = answer.status;
    this.#answer = answer;
    if (isEncoded(answer.contentEncoding)) {
      this.fail('answer_encoded');
      return;
    }
    this.#phase = 'body';
    this.#restartIdle();
    this.#head.resolve(this);
  }

  onBody(bytes: Uint8Array): void {
    if (this.#phase !== 'body') return;
    const demand = this.#body.take(bytes);
    if (demand === 'go_on') {
      if (!this.#body.isPaused) this.#restartIdle();
    } else if (demand === 'pause') {
      this.#pause();
    } else {
      this.fail(demand);
    }
  }

  /** The connection goes its own way from here. */
  onEnd(): void {
    if (this.#phase !== 'body') return;
    this.#phase = 'ended';
    this.#stopWatching();
    this.#carrier = null;
    this.#body.end();
  }

  /** The connection ended before its time. */
  onBroken(cause: Error): void {
    // A provider that asks for a client certificate says so after the handshake.
    const isTls = ((cause as NodeJS.ErrnoException).code ?? '').startsWith('ERR_SSL_');
    this.onFault(new TransportFault(isTls ? 'tls_failed' : 'connection_reset', false, { cause }));
  }

  onFault(fault: TransportFault): void {
    if (!this.isOver) this.#failWith(fault);
  }

  onSweep(nowMs: number): void {
    if (this.#phase === 'ended' || this.#phase === 'failed') return;
    if (this.#newWaitMs > 0) {
      this.#deadlineAt = Math.min(nowMs + this.#newWaitMs, this.#totalAt);
      this.#newWaitMs = 0;
    }
    if (nowMs < this.#deadlineAt) return;
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
      this.#carrier?.discard();
      this.#carrier = null;
      this.#head.reject(fault);
    }
    this.#body.fail(fault);
  }

  #resend(): void {
    this.#isResent = true;
    this.#carrier?.discard();
    this.#carrier = null;
    this.#phase = 'connect';
    this.#newWaitMs = 0;
    this.#deadlineAt = this.#connectDeadline(this.#context.clock.monotonicMs());
    this.#context.resend(this);
  }

  /** The reader has come or asked for more; the socket follows. */
  #obeyReader(demand: BodyDemand): void {
    if (demand === 'answer_too_large' || demand === 'cancelled') {
      this.fail(demand);
      return;
    }
    if (this.#phase !== 'body') return;
    if (demand === 'pause') {
      this.#pause();
      return;
    }
    this.#restartIdle();
    this.#carrier?.resume();
  }

  /** A slow reader is not the provider's fault: only the total deadline runs on. */
  #pause(): void {
    this.#newWaitMs = 0;
    this.#deadlineAt = this.#totalAt;
    this.#carrier?.pause();
  }

  #restartIdle(): void {
    this.#newWaitMs = this.#limits.idleMs;
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
