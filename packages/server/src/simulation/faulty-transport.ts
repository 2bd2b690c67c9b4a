/** The Transport port over simulated providers: every call meets the fate that is drawn for it. */
import {
  TransportFault,
  type ByteSink,
  type CancelSignal,
  type Dialect,
  type Transport,
  type TransportFaultCode,
  type WireRequest,
  type WireResponse,
} from '@arouter/core';
import { answerEvents, dialectOf, errorEvent, wholeAnswer, type Answer, type Usage } from './answers.ts';
import { drawFate, type Fate } from './fates.ts';
import type { Scheduler } from './scheduler.ts';
import { OUTPUT_TOKENS_MAX } from './tenants.ts';

/** One call as the provider saw it. */
export type Dispatch = {
  readonly requestId: string;
  readonly secret: string;
  readonly sentAtMs: number;
  readonly stream: boolean;
  readonly fate: Fate;
  /** What the provider counts, said or not. */
  readonly usage: Usage;
  /** All that it would send, were nothing to go wrong. */
  readonly body: string;
  /** Events of content that were handed over. */
  contentSent: number;
  /** True once neither side waits for the other. */
  ended: boolean;
};

export type FaultyTransportOptions = {
  readonly scheduler: Scheduler;
  /** Called at the very moment of sending. */
  readonly onDispatch: (dispatch: Dispatch) => void;
  /** A key in trouble: all calls with its secret meet this fate. */
  readonly moodOf: (secret: string) => Fate | undefined;
};

const IDLE_MS = 90_000;

export function createFaultyTransport(options: FaultyTransportOptions): Transport {
  const { scheduler, onDispatch } = options;
  return {
    async send(request, _limits, signal) {
      const exchange = openExchange(options, request);
      onDispatch(exchange.dispatch);
      return answer(scheduler, exchange, signal);
    },
  };
}

type Exchange = { readonly dispatch: Dispatch; readonly dialect: Dialect; readonly answer: Answer };

const textDecoder = new TextDecoder();
const textEncoder = new TextEncoder();

function openExchange({ scheduler, moodOf }: FaultyTransportOptions, request: WireRequest): Exchange {
  const body = textDecoder.decode(request.body ?? new Uint8Array());
  const dialect = dialectOf(request.path);
  const secret = secretIn(request);
  const cap = Number(/"max_(?:completion_)?tokens":(\d+)/.exec(body)?.[1] ?? OUTPUT_TOKENS_MAX);
  const honest = {
    inputTokens: scheduler.between(1, request.body?.length ?? 1),
    outputTokens: scheduler.between(1, cap),
  };
  const fate = moodOf(secret) ?? drawFate(scheduler, secret);
  const usage = { ...honest, outputTokens: outputSaid(fate, cap, honest.outputTokens) };
  const stream = /"stream":true/.test(body);
  const said: Answer = {
    id: `answer-${scheduler.events}-${scheduler.between(0, 1e9)}`,
    usage: fate.kind === 'answer' && fate.usage === 'absent' ? null : usage,
    pieces: Array.from({ length: scheduler.between(1, 4) }, (_, nth) => `word${nth} `),
  };
  const dispatch: Dispatch = {
    requestId: /req-\d+/.exec(body)?.[0] ?? '',
    secret,
    sentAtMs: scheduler.steadyMs(),
    stream,
    fate,
    usage,
    body: stream ? answerEvents(dialect, said).join('') : wholeAnswer(dialect, said),
    contentSent: 0,
    ended: false,
  };
  return { dispatch, dialect, answer: said };
}

/** What a provider that does not keep to the caller's cap says above it. */
export const OVERSTATED_TOKENS = 50;

export function isOverstated(fate: Fate): boolean {
  return fate.kind === 'answer' && fate.usage !== 'honest' && fate.usage !== 'absent';
}

function outputSaid(fate: Fate, cap: number, honest: number): number {
  if (fate.kind !== 'answer') return honest;
  switch (fate.usage) {
    case 'honest':
    case 'absent':
      return honest;
    case 'overstated':
      return cap + OVERSTATED_TOKENS;
    case 'tenfold':
      return 10 * cap;
    case 'billion':
      return 1e9;
  }
}

function secretIn({ headers }: WireRequest): string {
  for (const [name, value] of headers) {
    if (name === 'authorization') return value.replace('Bearer ', '');
    if (name === 'x-api-key') return value;
  }
  return '';
}

async function answer(
  scheduler: Scheduler,
  exchange: Exchange,
  signal: CancelSignal | undefined,
): Promise<WireResponse> {
  const { dispatch } = exchange;
  const { fate } = dispatch;
  const cancel = cancellation(dispatch, signal);
  const name = `${dispatch.requestId} at ${dispatch.secret.split('.').slice(1, 3).join('_')}`;
  if (fate.kind === 'fault') {
    await cancel.orElse(scheduler.sleep(fate.afterMs));
    dispatch.ended = true;
    throw new TransportFault(fate.code, fate.unsent);
  }
  await cancel.orElse(scheduler.later(`${name}: ${describeFate(fate)}`, () => undefined));
  return respond(scheduler, exchange, { cancel, name });
}

export function describeFate(fate: Fate): string {
  switch (fate.kind) {
    case 'answer':
      return fate.usage === 'absent' ? 'answers without usage' : 'answers';
    case 'cut':
      return `answers, cut after ${fate.after} (${fate.how})`;
    case 'refusal':
      return `refuses with ${fate.status}`;
    case 'fault':
      return fate.code;
    case 'nonsense':
      return 'answers nonsense';
    case 'error_event':
      return `sends an error after ${fate.after}`;
  }
}

type Cancellation = {
  readonly now: () => void;
  /** The work's result, or the fault `cancelled` if that comes first. */
  readonly orElse: <Result>(work: Promise<Result>) => Promise<Result>;
};

function cancellation(dispatch: Dispatch, signal: CancelSignal | undefined): Cancellation {
  let cancelled = false;
  let reject: (fault: TransportFault) => void = () => undefined;
  const whenCancelled = new Promise<never>((_resolve, rejectIt) => {
    reject = rejectIt;
  });
  whenCancelled.catch(() => undefined);
  const now = (): void => {
    if (cancelled) return;
    cancelled = true;
    dispatch.ended = true;
    reject(new TransportFault('cancelled', false));
  };
  if (signal?.aborted === true) now();
  signal?.addEventListener('abort', now, { once: true });
  return { now, orElse: (work) => Promise.race([work, whenCancelled]) };
}

type Line = { readonly cancel: Cancellation; readonly name: string };

function respond(scheduler: Scheduler, exchange: Exchange, { cancel, name }: Line): WireResponse {
  const { dispatch } = exchange;
  const { fate } = dispatch;
  let resume: () => void = () => undefined;
  const headers: Readonly<Record<string, string>> =
    fate.kind === 'refusal'
      ? fate.headers
      : {
          'content-type':
            fate.kind === 'nonsense'
              ? fate.contentType
              : dispatch.stream
                ? 'text/event-stream'
                : 'application/json',
        };
  return {
    status: fate.kind === 'refusal' ? fate.status : 200,
    header: (header) => headers[header],
    async readAll() {
      try {
        const bytes = await cancel.orElse(scheduler.later(`${name}: body`, () => bodyOf(exchange)));
        if (fate.kind === 'cut' && fate.how !== 'end') throw await breakOff(scheduler, cancel, fate.how);
        return bytes;
      } finally {
        dispatch.ended = true;
      }
    },
    async pipe(sink) {
      const paused = (): Promise<void> =>
        new Promise((resolve) => {
          resume = resolve;
        });
      try {
        await pump(scheduler, exchange, { cancel, name, sink, paused });
      } finally {
        dispatch.ended = true;
      }
    },
    resume: () => resume(),
    cancel: () => cancel.now(),
  };
}

async function breakOff(
  scheduler: Scheduler,
  cancel: Cancellation,
  how: TransportFaultCode,
): Promise<TransportFault> {
  if (how === 'idle_timeout') await cancel.orElse(scheduler.sleep(IDLE_MS));
  return new TransportFault(how, false);
}

function bodyOf({ dispatch, dialect, answer: said }: Exchange): Uint8Array {
  const { fate } = dispatch;
  switch (fate.kind) {
    case 'refusal':
    case 'nonsense':
      return textEncoder.encode(fate.body);
    case 'error_event':
      return textEncoder.encode(errorEvent(dialect, dispatch.secret));
    case 'cut':
      return textEncoder.encode(wholeAnswer(dialect, said).slice(0, 20 * fate.after));
    case 'answer':
    case 'fault':
      dispatch.contentSent = said.pieces.length;
      return textEncoder.encode(dispatch.body);
  }
}

type Pump = Line & { readonly sink: ByteSink; readonly paused: () => Promise<void> };

/** Events one after another, now and then cut in two; waits while the gateway has no room. */
async function pump(
  scheduler: Scheduler,
  exchange: Exchange,
  { cancel, name, sink, paused }: Pump,
): Promise<void> {
  const { dispatch, dialect, answer: said } = exchange;
  const { fate } = dispatch;
  const events = fate.kind === 'nonsense' ? [fate.body] : answerEvents(dialect, said);
  for (const [nth, event] of events.entries()) {
    if (fate.kind === 'cut' && nth === fate.after) {
      if (fate.how === 'end') return;
      throw await breakOff(scheduler, cancel, fate.how);
    }
    const isError = fate.kind === 'error_event' && nth === fate.after;
    const text = isError ? errorEvent(dialect, dispatch.secret) : event;
    const cutAt = scheduler.chance(0.2) ? scheduler.between(1, text.length - 1) : text.length;
    for (const piece of [text.slice(0, cutAt), text.slice(cutAt)].filter((each) => each !== '')) {
      await cancel.orElse(scheduler.later(`${name}: event ${nth}`, () => undefined));
      if (piece.includes('word')) dispatch.contentSent += 1;
      if (!sink.write(textEncoder.encode(piece))) await cancel.orElse(paused());
    }
    if (isError) return;
  }
}
