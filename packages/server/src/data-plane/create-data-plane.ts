/** The inference faces: one path, one dialect. Everything else goes to the control plane. */
import {
  authenticate,
  authenticateProven,
  ERROR_CODES,
  GatewayError,
  handleGeneration,
  type ApiKeyId,
  type Inbound,
  type Outbound,
  type Ports,
  type RequestContext,
  type WorkspaceId,
} from '@arouter/core';
import type { BodyRecorder, BodyRecording } from '../bodies/body-recorder.ts';
import { flatHeaders, tokenOf } from '../http/caller.ts';
import type { CallerExchange, CallerHead } from '../http/caller-exchange.ts';
import type { BodyPlace, BodyRoom } from '../http/body-room.ts';
import { errorAnswer } from '../http/error-answer.ts';
import { KEPT_NOWHERE } from '../http/security-headers.ts';
import type { BodyType, Face } from './face.ts';

export type DataPlaneDeps = {
  readonly ports: Ports;
  readonly bodyBytesMax: number;
  readonly bodyRoom: BodyRoom;
  /** Null: no bodies are kept. */
  readonly bodies: BodyRecorder | null;
  /** Lets shutdown wait for the tails of streams. */
  readonly track: (tail: Promise<unknown>) => void;
  readonly log: { error(fields: object, message: string): void };
};

/** `apiKeyId`: who calls, where that has been proved by a session; else the key that the request carries says it. */
export type DataPlane = (face: Face, caller: CallerExchange, apiKeyId?: ApiKeyId) => void;

export function createDataPlane(deps: DataPlaneDeps): DataPlane {
  return (face, caller, apiKeyId) => {
    const requestId = `req_${deps.ports.random.hex(12)}`;
    const exchange = { face, requestId, caller, apiKeyId };
    const done = handle(deps, exchange).catch((error: unknown) => sendError(deps, exchange, error));
    deps.track(done);
  };
}

/** A body up to this length is read before the key is looked at; that costs less than looking twice. */
const BODY_BYTES_OF_ANYONE = 64 * 1024;

type Exchange = {
  readonly face: Face;
  readonly requestId: string;
  readonly caller: CallerExchange;
  readonly apiKeyId: ApiKeyId | undefined;
};

async function handle(deps: DataPlaneDeps, exchange: Exchange): Promise<void> {
  const { caller } = exchange;
  const isSmall = Number(caller.head.header('content-length') ?? Infinity) <= BODY_BYTES_OF_ANYONE;
  const place = deps.bodyRoom.place();
  // Failover sends the body again, so that it is held until the request is over; an answer until the caller has taken it.
  caller.onOver(place.leave);
  try {
    await serve(deps, exchange, { place, isSmall });
  } catch (error) {
    // The answer to it needs nothing of that, and others may be waiting for room.
    place.leave();
    throw error;
  }
  // The provider's answer may have come after the caller had gone.
  if (caller.isOver) place.leave();
}

type Held = { readonly place: BodyPlace; readonly isSmall: boolean };

async function serve(deps: DataPlaneDeps, exchange: Exchange, { place, isSmall }: Held): Promise<void> {
  const { face, requestId, caller, apiKeyId } = exchange;
  const { head } = caller;
  const contentType = head.header('content-type');
  assertBodyType(face.bodyType ?? 'json', contentType);
  const token = apiKeyId === undefined ? tokenOf(head) : undefined;
  // Nobody unknown fills the memory: who sends much is asked first who it is.
  const holdBody = isSmall ? undefined : holdFor(workspaceOf(deps.ports, apiKeyId, token), place);
  const reading = caller.readBody(deps.bodyBytesMax, holdBody);
  const body = reading instanceof Promise ? await reading : reading;
  const inbound: Inbound = {
    requestId,
    token,
    ...(apiKeyId === undefined ? {} : { apiKeyId }),
    dialect: face.dialect,
    defaultProvider: face.defaultProvider,
    body,
    header: (name) => head.header(name),
    signal: caller.signal,
    hold: holdBeyond(BODY_BYTES_OF_ANYONE, place),
    costInBody: face.costInBody,
    ...(face.onlyProvider === undefined ? {} : { onlyProvider: face.onlyProvider }),
    context: contextOf(face, head),
  };
  const outbound = await handleGeneration(deps.ports, inbound, deps.track);
  const recording =
    deps.bodies === null || outbound.generation === null
      ? null
      : deps.bodies.begin(outbound.generation, { mediaType: contentType ?? 'application/json', body });
  await send(caller, outbound, recording);
}

function workspaceOf(ports: Ports, apiKeyId: ApiKeyId | undefined, token: string | undefined): WorkspaceId {
  const apiKey =
    apiKeyId === undefined
      ? authenticate(ports, token, ['inference'])
      : authenticateProven(ports, apiKeyId, ['inference']);
  return apiKey.workspaceId;
}

function holdFor(workspace: WorkspaceId, place: BodyPlace): (bytes: number) => void {
  return (bytes) => place.grow(bytes, workspace);
}

/** Short answers are bounded by the number of connections, as short bodies are. */
function holdBeyond(freeBytes: number, place: BodyPlace): NonNullable<Inbound['hold']> {
  let free = freeBytes;
  return (bytes, workspace) => {
    const counted = Math.max(0, bytes - free);
    free -= bytes - counted;
    if (counted > 0) place.grow(counted, workspace);
  };
}

function assertBodyType(wanted: BodyType, given: string | undefined): void {
  const { pattern, name } = BODY_TYPES[wanted];
  if (pattern.test(given ?? name)) return;
  throw new GatewayError('unsupported_media_type', `Send the body as Content-Type: ${name}.`);
}
/** A body of no stated type is taken for what belongs there. */
const BODY_TYPES: Readonly<Record<BodyType, { readonly pattern: RegExp; readonly name: string }>> = {
  json: { pattern: /^application\/json\b/i, name: 'application/json' },
  multipart: { pattern: /^multipart\/form-data\b/i, name: 'multipart/form-data' },
  any: { pattern: /^/, name: 'application/json' },
};

function contextOf({ context, dialect, bodyType }: Face, head: CallerHead): RequestContext {
  // Of a JSON body the content type says nothing more.
  if (bodyType === undefined || bodyType === 'json') return context ?? NO_CONTEXT;
  const contentType = head.header('content-type');
  return {
    ...context,
    ...(contentType === undefined ? {} : { contentType }),
    // Only what is passed on as it is keeps its method; everything else is asked with POST.
    ...(dialect.operation === 'raw' ? { method: head.method as RequestContext['method'] & string } : {}),
  };
}
const NO_CONTEXT: RequestContext = {};

async function send(
  caller: CallerExchange,
  outbound: Outbound,
  recording: BodyRecording | null,
): Promise<void> {
  const headers = flatHeaders(outbound.headers);
  headers.push(...KEPT_NOWHERE);
  if (outbound.kind === 'answer') {
    caller.answer(outbound.status, headers, outbound.body);
    recording?.answer(outbound);
    return;
  }
  const { sink, end, cut } = caller.stream(outbound.status, headers);
  const how = await outbound.relay(recording?.over(outbound, sink) ?? sink).finally(() => recording?.end());
  // An error event says that it broke off; where the format has none, only a body without its end does. A connection whose
  // body has ended is the client's: it may have sent its next request already, so it is never closed after that.
  if (how === 'broken' && outbound.cutWhenBroken) cut();
  else end();
}

async function sendError(
  deps: DataPlaneDeps,
  { face, requestId, caller }: Exchange,
  thrown: unknown,
): Promise<void> {
  const error = thrown instanceof GatewayError ? thrown : unexpected(deps, requestId, thrown);
  await caller.refuse({ status: error.status, ...errorAnswer(face.dialect, requestId, error) });
}

/** A fault of ours: the caller learns where to look, the log learns what it was. */
function unexpected(deps: DataPlaneDeps, requestId: string, thrown: unknown): GatewayError {
  deps.log.error(
    { requestId, fault: thrown instanceof Error ? thrown.stack : 'not an error' },
    'unexpected fault',
  );
  return new GatewayError('internal_error', ERROR_CODES.internal_error.summary);
}
