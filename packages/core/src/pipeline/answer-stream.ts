/** A streamed answer: held until content, then passed on; settled and durable before its terminal event. */
import type { AttemptOutcome } from '../keys/generation.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import type { Failure, FailureSignals } from '../errors/failure-class.ts';
import type { Ports } from '../ports.ts';
import type { CallerError, StreamRelay } from '../wire/dialect.ts';
import type { TransportFault, WireResponse } from '../wire/wire.ts';
import { answerHeaders, passedContentType } from './answer-headers.ts';
import { failureOfAnswer, failureOfFault, invalidAnswer } from './attempt-failure.ts';
import { cancelAfterCaller } from './cancel.ts';
import type { CallerSink } from './exchange.ts';
import { fail, type AttemptResult } from './fail-attempt.ts';
import { NOT_RECORDED } from './refuse-caller.ts';
import type { Target } from './prepare.ts';
import type { Run } from './run.ts';
import { scrubRelay } from './scrub-relay.ts';
import { settleAbandoned, settleAttempt, type OpenAttempt } from './settle.ts';
import { runStream, type StreamRun } from './stream-run.ts';
import { createTranslatingRelay } from '../wire/translating-relay.ts';
import { unframed } from '../wire/unframed-relay.ts';

export async function answerStream(
  ports: Ports,
  open: OpenAttempt,
  response: WireResponse,
): Promise<AttemptResult> {
  const { run, target } = open;
  const stream = runStream(response, createRelay(ports, open));
  const stopWatching = cancelAfterCaller(ports.clock, run.inbound.signal, () => response.cancel());
  await stream.decided;
  const firstByteMs = ports.clock.monotonicMs() - open.startedMs;
  const early = await failureBeforeContent(stream, open, response);
  if (early !== null) {
    stopWatching();
    response.cancel();
    return fail(ports, open, { failure: early, status: response.status, passOn: null });
  }
  // Settling does not depend on the caller's side: it goes on when nobody reads any more.
  const done = finishStream(ports, open, { stream, status: response.status, firstByteMs })
    .catch((error: unknown) => abandonStream(ports, open, error))
    .finally(stopWatching);
  run.track(done);
  return {
    kind: 'answered',
    outbound: {
      kind: 'stream',
      generation: run.header,
      status: target.upstream.binaryStream === 'any' ? response.status : 200,
      cutWhenBroken: run.inbound.dialect.binaryStream !== undefined,
      headers: answerHeaders(run, target, streamContentType(run, target, response)),
      relay: async (sink) => {
        stream.attach(sink);
        return writeEnd(sink, await done);
      },
    },
  };
}

/** The caller's own, or the one that their path asked for. */
function streamContentType({ inbound, request }: Run, target: Target, response: WireResponse): string {
  if (target.upstream.binaryStream !== undefined) return passedContentType(response);
  const type = request.facts.context?.streamContentType ?? inbound.dialect.streamContentType;
  return type.startsWith('text/') ? `${type}; charset=utf-8` : type;
}

function createRelay(ports: Ports, open: OpenAttempt): StreamRelay {
  const relay = createDialectRelay(ports, open);
  const { framing } = open.target;
  return framing === undefined ? relay : unframed(relay, framing.createReader());
}

function createDialectRelay(ports: Ports, { run, target }: OpenAttempt): StreamRelay {
  const { facts } = run.request;
  const { dialect } = run.inbound;
  if (target.same) {
    const relay = dialect.createPassThroughRelay({ stripUsage: target.stripUsage });
    return scrubRelay(relay, target.credential, {
      lines: target.upstream.streamContentType.startsWith('text/'),
    });
  }
  const encoder = dialect.createStreamEncoder({
    includeUsage: facts.includeUsage,
    id: run.header.id,
    request: facts,
    clock: ports.clock,
  });
  const encodeFailure = (signals: FailureSignals): Uint8Array => {
    const { message } = failureOfAnswer(signals, target.manifest, target.credential);
    return encodeStreamError(run, encoder, { status: 502, code: 'upstream_error', message });
  };
  const decoder = target.upstream.createStreamDecoder();
  return createTranslatingRelay(decoder, encoder, encodeFailure, target.endpoint.upstreamModel);
}

/** Numbered by the stream where its dialect numbers events. */
function encodeStreamError(
  { inbound, header }: Run,
  stream: Pick<StreamRelay, 'encodeError'>,
  error: Omit<CallerError, 'requestId'>,
): Uint8Array {
  const shown = { ...error, requestId: header.requestId };
  return stream.encodeError?.(shown) ?? inbound.dialect.encodeStreamError(shown);
}

/** Nothing has gone to the caller yet: an error here can still move on to another key. */
async function failureBeforeContent(
  stream: StreamRun,
  { target }: OpenAttempt,
  response: WireResponse,
): Promise<Failure | null> {
  const { state } = stream.relay;
  if (state.contentSeen) return null;
  if (state.failure !== null) return failureOfAnswer(state.failure, target.manifest, target.credential);
  // What is full is paused and would never end: it is passed on for what it is.
  if (state.terminalSeen || stream.isFull()) return null;
  const fault = await stream.ended;
  if (fault !== null) return failureOfFault(fault, target.manifest);
  return invalidAnswer(target.manifest, response.status, 'a stream that ended without any content');
}

type StreamEnd = { readonly terminal: Uint8Array; readonly kind: 'complete' | 'broken' };

async function finishStream(
  ports: Ports,
  open: OpenAttempt,
  {
    stream,
    status,
    firstByteMs,
  }: { readonly stream: StreamRun; readonly status: number; readonly firstByteMs: number },
): Promise<StreamEnd> {
  const { run } = open;
  const fault = await stream.ended;
  const { state } = stream.relay;
  const complete =
    state.failure === null && (state.terminalSeen || (fault === null && state.answer.finishReason !== null));
  const failure = complete ? null : streamFailure(open, state, fault);
  const row = settleAttempt(ports, open, {
    outcome: outcomeOf(complete, run.inbound.signal.aborted),
    failure: run.inbound.signal.aborted ? null : failure,
    upstreamStatus: status,
    answer: state.answer,
    contentBytes: state.contentBytes,
    firstByteMs,
    callerStatus: 200,
  });
  try {
    await ports.ledger.settle(row);
  } catch {
    // The answer was given but cannot be recorded now: the caller must not take it for complete.
    return broken(open, stream.relay, new GatewayError('service_unavailable', NOT_RECORDED));
  }
  if (complete) return { terminal: stream.relay.finish(), kind: 'complete' };
  // An error event of the provider has already been passed on.
  if (state.failure !== null) return { terminal: new Uint8Array(), kind: 'broken' };
  return broken(
    open,
    stream.relay,
    new GatewayError('upstream_error', failure?.message ?? 'The stream broke off.'),
  );
}

/** A fault of ours at the end of a stream: the attempt is settled all the same, then the fault goes its way. */
async function abandonStream(ports: Ports, open: OpenAttempt, error: unknown): Promise<never> {
  const row = settleAbandoned(ports, open);
  await ports.ledger.settle({ ...row, final: true, callerStatus: 200, errorCode: 'internal_error' });
  throw error;
}

function streamFailure(
  { target }: OpenAttempt,
  state: StreamRelay['state'],
  fault: TransportFault | null,
): Failure {
  const failure =
    state.failure !== null
      ? failureOfAnswer(state.failure, target.manifest, target.credential)
      : fault !== null
        ? failureOfFault(fault, target.manifest)
        : invalidAnswer(target.manifest, 200, 'a stream that ended before its answer was complete');
  return { ...failure, reach: 'partial' };
}

function outcomeOf(complete: boolean, callerGone: boolean): AttemptOutcome {
  if (complete) return 'succeeded';
  return callerGone ? 'cancelled' : 'interrupted';
}

function broken(
  { run }: OpenAttempt,
  relay: StreamRelay,
  { status, code, message }: GatewayError,
): StreamEnd {
  return { terminal: encodeStreamError(run, relay, { status, code, message }), kind: 'broken' };
}

function writeEnd(sink: CallerSink, { terminal, kind }: StreamEnd): StreamEnd['kind'] {
  if (terminal.length > 0) sink.write(terminal);
  return kind;
}
