/**
 * One attempt on one key: open the ledger row, send, and hold the answer until it may be committed. A failure before
 * the commit is a value that says whether another key could do better; after it there is no second attempt.
 */
import { GatewayError } from '../errors/gateway-error.ts';
import type { AttemptOpened, AttemptSettled } from '../keys/generation.ts';
import { chargesCredits } from '../limits/demands-for.ts';
import { DISPATCH_LAG_MS_MAX, type Reservation } from '../limits/limits.ts';
import type { Ports } from '../ports.ts';
import { costUpperBound } from '../pricing/cost-of.ts';
import { nanoUsd } from '../values.ts';
import { DialectError, type AnswerFacts, type CanonicalAnswer, type CostInBody } from '../wire/dialect.ts';
import { AuthorizationFault } from '../wire/provider-manifest.ts';
import { TransportFault, type WireLimits, type WireRequest, type WireResponse } from '../wire/wire.ts';
import { answerHeaders, passedContentType } from './answer-headers.ts';
import {
  failureOfAnswer,
  failureOfAuthorization,
  failureOfFault,
  holdsSecret,
  invalidAnswer,
} from './attempt-failure.ts';
import { authorizeRequest, isTokenStale } from './authorize-request.ts';
import { Cancel, cancelAfterCaller } from './cancel.ts';
import type { Outbound } from './exchange.ts';
import type { Target } from './prepare.ts';
import { answerStream } from './answer-stream.ts';
import { fail, type AttemptFailed, type AttemptResult } from './fail-attempt.ts';
import { NOT_RECORDED } from './refuse-caller.ts';
import { release } from './reserve.ts';
import type { Run } from './run.ts';
import { settleAbandoned, settleAttempt, type OpenAttempt } from './settle.ts';

/** Bytes of a complete answer; a longer one is refused. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;
/** Error bodies are cut here before anything looks at them. */
const ERROR_BYTES_MAX = 64 * 1024;

export async function attempt(
  ports: Ports,
  run: Run,
  target: Target,
  reservation: Reservation | null,
): Promise<AttemptResult> {
  const reservedMs = ports.clock.monotonicMs();
  const opened = toOpening(ports, run, target, reservation);
  try {
    await ports.ledger.open(opened);
  } catch (cause) {
    release(ports, target, reservation);
    throw new GatewayError('service_unavailable', NOT_OPENED, { cause, retryAfterMs: 1000 });
  }
  settleEarlier(ports, run);
  const open: OpenAttempt = { run, target, reservation, opened, startedMs: ports.clock.monotonicMs() };
  // Who left while the row was written needs no answer: nothing is sent.
  if (run.inbound.signal.aborted) return failOnFault(ports, open, new TransportFault('cancelled', true));
  const cancel = new Cancel();
  const stopWatching = cancelAfterCaller(ports.clock, run.inbound.signal, () => cancel.cancel());
  try {
    const limits = limitsFor(ports, run);
    const signed = authorizeRequest(ports, target);
    const wire = signed instanceof Promise ? await signed : signed;
    if (ports.clock.monotonicMs() - reservedMs > DISPATCH_LAG_MS_MAX) return refuseLate(ports, open);
    if (reservation !== null) ports.counters.dispatching(reservation);
    const response = await ports.transport.send(wire, limits, cancel);
    if (response.status < 200 || response.status > 299)
      return await refused(ports, open, { response, sent: wire });
    if (run.request.facts.stream && isStream(open, response)) {
      return await answerStream(ports, open, response);
    }
    const firstByteMs = ports.clock.monotonicMs() - open.startedMs;
    const hold = (bytes: number): void => run.inbound.hold?.(bytes, run.workspace.id);
    const read = response.readAll(ANSWER_BYTES_MAX, hold);
    const body = read instanceof Promise ? await read : read;
    const whole = answerWhole(ports, open, { response, body, firstByteMs });
    if (whole.kind === 'failed') return whole;
    try {
      await ports.ledger.settle(whole.row);
    } catch (cause) {
      // An answer that cannot be recorded is not given.
      run.pendingSettlement = whole.row;
      throw new GatewayError('service_unavailable', NOT_RECORDED, { cause, retryAfterMs: 1000 });
    }
    return { kind: 'answered', outbound: whole.outbound };
  } catch (error) {
    if (error instanceof TransportFault) return failOnFault(ports, open, error);
    if (error instanceof AuthorizationFault) return failOnAuthorization(ports, open, error);
    // A fault of ours, or no room for the answer: what was held is given back, and the row waits for the end of the generation.
    run.pendingSettlement ??= settleAbandoned(ports, open);
    throw error;
  } finally {
    stopWatching();
  }
}

function limitsFor({ wireLimits }: Ports, { inbound, request }: Run): WireLimits {
  if (!request.facts.stream) return wireLimits.answer;
  return inbound.dialect.operation === 'images' ? wireLimits.pictures : wireLimits.stream;
}

/** What was reserved is no longer the truth: nothing is sent, and the row says so. */
function refuseLate(ports: Ports, open: OpenAttempt): never {
  failOnFault(ports, open, new TransportFault('cancelled', true));
  throw new GatewayError(
    'service_unavailable',
    'It took too long to record or to authorize the attempt, so nothing was sent. Try again in a moment.',
    { retryAfterMs: 1000 },
  );
}

function failOnAuthorization(ports: Ports, open: OpenAttempt, fault: AuthorizationFault): AttemptResult {
  const failure = failureOfAuthorization(fault, open.target.credential);
  return fail(ports, open, { failure, status: null, passOn: null });
}

function failOnFault(ports: Ports, open: OpenAttempt, fault: TransportFault): AttemptResult {
  const failure = failureOfFault(fault, open.target.manifest);
  return fail(ports, open, { failure, status: null, passOn: null });
}

/** What a caller hears whose attempt has no row: nothing is sent then, and nothing stays reserved. */
const NOT_OPENED = 'The ledger cannot be written, so nothing was sent. Try again in a moment.';

function toOpening(ports: Ports, run: Run, target: Target, reservation: Reservation | null): AttemptOpened {
  const { price } = target.endpoint;
  return {
    generation: run.header,
    attemptNo: run.failures.length + 1,
    // The moment of the reservation: both are booked into one period, in memory and after a restart.
    openedAt: reservation?.at ?? ports.clock.now(),
    providerKeyId: target.key.id,
    provider: target.key.provider,
    source: target.key.source,
    model: target.model.id,
    upstreamModel: target.endpoint.upstreamModel,
    reservedNano: heldAmount(target),
    inputTokensEstimate: target.bounds.inputLikely,
    inputCostEstimateNano: price === undefined ? null : costUpperBound(target.bounds.inputLikely, 0, price),
    credits: chargesCredits({ key: target.key, workspace: run.workspace }) ? 'charged' : 'unmetered',
    plans: run.plans,
  };
}

/** Only now is it known that the attempt before was not the last. Its row goes with the next commit; nobody waits for it. */
function settleEarlier(ports: Ports, run: Run): void {
  const { pendingSettlement } = run;
  if (pendingSettlement === null) return;
  run.pendingSettlement = null;
  // Where it can never be stored, the next start settles the attempt as interrupted.
  run.track(ports.ledger.settle(pendingSettlement).catch(() => undefined));
}

function heldAmount(target: Target): AttemptOpened['reservedNano'] {
  let held = nanoUsd(0);
  for (const demand of target.demands) {
    if ((demand.kind === 'spend' || demand.kind === 'credits') && demand.holdNano > held)
      held = demand.holdNano;
  }
  return held;
}

function isStream({ run, target }: OpenAttempt, response: WireResponse): boolean {
  const { binaryStream } = target.upstream;
  if (binaryStream === 'any') return true;
  if (binaryStream === 'media') return !/^application\/json\b/i.test(response.header('content-type') ?? '');
  const asked = target.same ? run.request.facts.context?.streamContentType : undefined;
  const streamContentType = target.framing?.contentType ?? asked ?? target.upstream.streamContentType;
  return (response.header('content-type') ?? streamContentType).startsWith(streamContentType);
}

/** The provider said no. */
async function refused(
  ports: Ports,
  open: OpenAttempt,
  { response, sent }: { readonly response: WireResponse; readonly sent: WireRequest },
): Promise<AttemptResult> {
  const { target } = open;
  const body = await Promise.resolve(response.readAll(ERROR_BYTES_MAX)).catch((error: unknown) => {
    // The status is the verdict; a body that is too long or broken off adds nothing to it.
    if (error instanceof TransportFault) return new Uint8Array();
    throw error;
  });
  const signals = target.upstream.decodeFailure(response.status, (name) => response.header(name), body);
  const judged = failureOfAnswer(signals, target.manifest, target.credential);
  if (response.status === 401 && !wasRepeated(open) && isTokenStale(ports, target, sent)) {
    const failure = { ...judged, class: 'token_stale' } as const;
    return fail(ports, open, { failure, status: response.status, passOn: null });
  }
  const contentType = response.header('content-type') ?? '';
  const passOn =
    target.sameErrors &&
    response.status >= 400 &&
    contentType.includes('json') &&
    !holdsSecret(body, target.credential)
      ? { status: response.status, body, contentType: 'application/json' }
      : null;
  return fail(ports, open, { failure: judged, status: response.status, passOn });
}

/** A key's token is renewed once in a request: a second refusal is of the key. */
function wasRepeated({ run, target }: OpenAttempt): boolean {
  return run.failures.some(({ key, failure }) => key.id === target.key.id && failure.class === 'token_stale');
}

/** Some formats do not say which model answered; callers of others expect it. */
function named(answer: CanonicalAnswer, { endpoint }: Target): CanonicalAnswer {
  return answer['model'] === '' ? { ...answer, model: endpoint.upstreamModel } : answer;
}

type WholeAnswer = {
  readonly response: WireResponse;
  readonly body: Uint8Array;
  readonly firstByteMs: number;
};
type Settled = { readonly kind: 'settled'; readonly row: AttemptSettled; readonly outbound: Outbound };

/** A complete JSON answer, settled. Its row must be durable before the caller gets the first byte. */
function answerWhole(
  ports: Ports,
  open: OpenAttempt,
  { response, body: upstreamBody, firstByteMs }: WholeAnswer,
): Settled | AttemptFailed {
  const { target, run } = open;
  const { dialect } = run.inbound;
  const signals = target.upstream.findFailure(upstreamBody);
  if (signals !== null) {
    const failure = failureOfAnswer(signals, target.manifest, target.credential);
    return fail(ports, open, { failure, status: response.status, passOn: null });
  }
  let answer: AnswerFacts;
  let body: Uint8Array;
  try {
    answer = target.upstream.readAnswer(upstreamBody, (name) => response.header(name));
    body = target.same
      ? upstreamBody
      : dialect.answerFromCanonical(named(target.upstream.answerToCanonical(upstreamBody), target), {
          id: run.header.id,
          request: run.request.facts,
          clock: ports.clock,
        });
  } catch (error) {
    if (!(error instanceof DialectError)) throw error;
    const failure = invalidAnswer(target.manifest, response.status, 'something that is not an answer');
    return fail(ports, open, { failure, status: response.status, passOn: null });
  }
  const row = settleAttempt(ports, open, {
    outcome: run.inbound.signal.aborted ? 'cancelled' : 'succeeded',
    failure: null,
    upstreamStatus: response.status,
    answer,
    contentBytes: body.length,
    firstByteMs,
    callerStatus: 200,
  });
  const wantsCost = run.inbound.costInBody || run.request.facts.includeCost;
  const outbound: Outbound = {
    kind: 'answer',
    generation: run.header,
    status: 200,
    headers: answerHeaders(run, target, target.same ? passedContentType(response) : 'application/json'),
    body: wantsCost ? dialect.addCost(body, costInBody(row)) : body,
  };
  return { kind: 'settled', row, outbound };
}

function costInBody(row: AttemptSettled): CostInBody {
  const sum = (output: boolean): number =>
    row.costLines
      .filter((line) => line.what.endsWith('output') === output)
      .reduce((total, line) => total + (line.quantity * (line.nanoPerMillion ?? 0)) / 1e15, 0);
  const known = row.costNano !== null;
  return {
    costUsd: known ? (row.costNano ?? 0) / 1e9 : null,
    isByok: row.source === 'byok',
    promptCostUsd: known ? sum(false) : null,
    completionCostUsd: known ? sum(true) : null,
  };
}
