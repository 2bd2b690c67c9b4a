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
import { flatHeaders } from '../http/caller.ts';
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
    deps.track(serve(deps, { face, requestId, caller, apiKeyId }));
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

/** One function from the body to the answer: of a short request nothing waits here but for the pipeline. */
async function serve(deps: DataPlaneDeps, exchange: Exchange): Promise<void> {
  const { face, requestId, caller, apiKeyId } = exchange;
  const { head } = caller;
  const held = new Held(deps.bodyRoom, caller);
  try {
    const contentType = head.header('content-type');
    assertBodyType(face.bodyType ?? 'json', contentType);
    const token = apiKeyId === undefined ? head.token() : undefined;
    const isSmall = (head.bodyBytes ?? Infinity) <= BODY_BYTES_OF_ANYONE;
    // Nobody unknown fills the memory: who sends much is asked first who it is.
    const holdBody = isSmall ? undefined : held.holderFor(workspaceOf(deps.ports, apiKeyId, token));
    const reading = caller.readBody(deps.bodyBytesMax, holdBody);
    const body = reading instanceof Promise ? await reading : reading;
    const inbound: Inbound = {
      requestId,
      token,
      apiKeyId,
      dialect: face.dialect,
      defaultProvider: face.defaultProvider,
      onlyProvider: face.onlyProvider,
      body,
      context: contextOf(face, head),
      header: (name) => head.header(name),
      signal: caller.signal,
      hold: (bytes, workspace) => held.growBeyondFree(bytes, workspace),
      costInBody: face.costInBody,
    };
    const outbound = await handleGeneration(deps.ports, inbound, deps.track);
    const recording =
      deps.bodies === null || outbound.generation === null
        ? null
        : deps.bodies.begin(outbound.generation, { mediaType: contentType ?? 'application/json', body });
    if (outbound.kind === 'stream') await relay(caller, outbound, recording);
    else {
      caller.answer(outbound.status, sentHeaders(outbound), outbound.body);
      recording?.answer(outbound);
    }
  } catch (error) {
    // The answer to it needs nothing of that, and others may be waiting for room.
    held.leave();
    await sendError(deps, exchange, error);
    return;
  }
  // The provider's answer may have come after the caller had gone.
  if (caller.isOver) held.leave();
}

/**
 * What one request holds of the room for bodies. Failover sends the body again, so that it is held until the request is over; an answer
 * until the caller has taken it. Most requests hold nothing and have no place.
 */
class Held {
  readonly #room: BodyRoom;
  readonly #caller: CallerExchange;
  #place: BodyPlace | null = null;
  /** Short answers are bounded by the number of connections, as short bodies are. */
  #free = BODY_BYTES_OF_ANYONE;

  constructor(room: BodyRoom, caller: CallerExchange) {
    this.#room = room;
    this.#caller = caller;
  }

  holderFor(workspace: WorkspaceId): (bytes: number) => void {
    return (bytes) => this.#grow(bytes, workspace);
  }

  growBeyondFree(bytes: number, workspace: WorkspaceId): void {
    const counted = Math.max(0, bytes - this.#free);
    this.#free -= bytes - counted;
    if (counted > 0) this.#grow(counted, workspace);
  }

  leave(): void {
    this.#place?.leave();
  }

  #grow(bytes: number, workspace: WorkspaceId): void {
    if (this.#place === null) {
      this.#place = this.#room.place();
      this.#caller.onOver(this.#place.leave);
    }
    this.#place.grow(bytes, workspace);
  }
}

function workspaceOf(ports: Ports, apiKeyId: ApiKeyId | undefined, token: string | undefined): WorkspaceId {
  const apiKey =
    apiKeyId === undefined
      ? authenticate(ports, token, ['inference'])
      : authenticateProven(ports, apiKeyId, ['inference']);
  return apiKey.workspaceId;
}

function assertBodyType(wanted: BodyType, given: string | undefined): void {
  const { pattern, name } = BODY_TYPES[wanted];
  // As nearly everybody writes it, without a look at the pattern.
  if (given === undefined || given === name || pattern.test(given)) return;
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

async function relay(
  caller: CallerExchange,
  outbound: Extract<Outbound, { kind: 'stream' }>,
  recording: BodyRecording | null,
): Promise<void> {
  const { sink, end, cut } = caller.stream(outbound.status, sentHeaders(outbound));
  const how = await outbound.relay(recording?.over(outbound, sink) ?? sink).finally(() => recording?.end());
  // An error event says that it broke off; where the format has none, only a body without its end does. A connection whose
  // body has ended is the client's: it may have sent its next request already, so it is never closed after that.
  if (how === 'broken' && outbound.cutWhenBroken) cut();
  else end();
}

function sentHeaders({ headers }: Outbound): readonly string[] {
  return flatHeaders(headers).concat(KEPT_NOWHERE);
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
