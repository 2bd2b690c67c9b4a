/** Callers of the simulated gateway: they ask, read slowly or fast, and leave when they like. */
import {
  GatewayError,
  handleGeneration,
  type ApiKeyRecord,
  type CallerSink,
  type CancelSignal,
  type Dialect,
  type Inbound,
  type ProviderId,
} from '@arouter/core';
import { anthropicMessages, openaiChat } from '@arouter/providers';
import type { Scheduler } from './scheduler.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import { PRIVATE_MODEL, SHARED_MODEL, UNPRICED_MODEL } from './tenants.ts';

export type Call = {
  readonly requestId: string;
  readonly apiKey: ApiKeyRecord;
  readonly dialect: Dialect;
  readonly stream: boolean;
  readonly models: readonly string[];
  /** `max_tokens`; null: not said. */
  readonly outputCap: number | null;
  readonly signal: CallerSignal;
  /** What reached the caller so far. */
  received: string;
  status: number | null;
  headers: ReadonlyMap<string, string>;
  /** `lost`: the gateway died; `left`: the caller went. */
  end: 'waiting' | 'complete' | 'broken' | 'refused' | 'lost' | 'left' | 'bug';
  fault: unknown;
};

/** `forgetListeners`: whoever listened has died. */
type CallerSignal = CancelSignal & { abort(): void; forgetListeners(): void; readonly listeners: number };
export type CallOptions = Partial<Pick<Call, 'apiKey' | 'dialect' | 'stream' | 'models' | 'outputCap'>>;

/** What is not given is drawn. */
export function startCall(
  scheduler: Scheduler,
  apiKeys: readonly ApiKeyRecord[],
  no: number,
  given: CallOptions = {},
): Call {
  const dialect = given.dialect ?? scheduler.pick([openaiChat, openaiChat, anthropicMessages]);
  const capped = dialect.id === anthropicMessages.id || scheduler.chance(0.5);
  return {
    requestId: `req-${no}`,
    apiKey: scheduler.pick(apiKeys),
    stream: scheduler.chance(0.6),
    models: scheduler.pick(MODELS),
    outputCap: capped ? scheduler.between(1, 300) : null,
    ...given,
    dialect,
    signal: abortable(),
    received: '',
    status: null,
    headers: new Map(),
    end: 'waiting',
    fault: null,
  };
}

const MODELS = [
  [SHARED_MODEL],
  [SHARED_MODEL],
  [PRIVATE_MODEL],
  [UNPRICED_MODEL],
  [PRIVATE_MODEL, SHARED_MODEL],
  ['gamma/shared-1'],
];

/** Resolves when the call has come to an end; never rejects. */
export async function make(
  call: Call,
  scheduler: Scheduler,
  { ports, track, choices }: Pick<SimulatedProcess, 'ports' | 'track' | 'choices'>,
): Promise<void> {
  try {
    const inbound = inboundOf(call, scheduler);
    choices.asked(ports, call.apiKey, inbound);
    const outbound = await handleGeneration(ports, inbound, track);
    call.status = outbound.status;
    call.headers = new Map(outbound.headers);
    if (outbound.kind === 'answer') {
      call.received = new TextDecoder().decode(outbound.body);
      if (call.end === 'waiting') call.end = outbound.status === 200 ? 'complete' : 'refused';
      return;
    }
    const end = await outbound.relay(sinkOf(call, scheduler));
    if (call.end === 'waiting') call.end = end;
  } catch (error) {
    call.fault = error;
    call.end = error instanceof GatewayError ? 'refused' : 'bug';
  }
}

function inboundOf(call: Call, scheduler: Scheduler): Inbound {
  const [model, ...models] = call.models;
  const body = {
    model,
    ...(models.length > 0 ? { models } : {}),
    messages: [{ role: 'user', content: `${call.requestId} ${'text '.repeat(scheduler.between(0, 20))}` }],
    ...(call.outputCap === null ? {} : { max_tokens: call.outputCap }),
    ...(call.stream ? { stream: true } : {}),
    // What the gateway asks for on its own account is taken out of the answer again.
    ...(call.stream && call.dialect.id === openaiChat.id ? { stream_options: { include_usage: true } } : {}),
  };
  return {
    requestId: call.requestId,
    token: call.apiKey.id,
    dialect: call.dialect,
    defaultProvider: 'alpha' as ProviderId,
    body: new TextEncoder().encode(JSON.stringify(body)),
    context: {},
    header: () => undefined,
    signal: call.signal,
    costInBody: false,
  };
}

function sinkOf(call: Call, scheduler: Scheduler): CallerSink {
  const textDecoder = new TextDecoder();
  let onDrain: () => void = () => undefined;
  return {
    write(bytes) {
      if (call.signal.aborted) return true;
      call.received += textDecoder.decode(bytes, { stream: true });
      if (scheduler.chance(0.85)) return true;
      void scheduler.later(`${call.requestId}: reads on`, () => onDrain());
      return false;
    },
    onDrain(listener) {
      onDrain = listener;
    },
  };
}

function abortable(): CallerSignal {
  const listeners = new Set<() => void>();
  let aborted = false;
  return {
    get aborted() {
      return aborted;
    },
    addEventListener: (_type, listener) => void listeners.add(listener),
    removeEventListener: (_type, listener) => void listeners.delete(listener),
    get listeners() {
      return listeners.size;
    },
    forgetListeners: () => listeners.clear(),
    abort() {
      aborted = true;
      for (const listener of listeners) listener();
      // The gateway listens once.
      listeners.clear();
    },
  };
}
