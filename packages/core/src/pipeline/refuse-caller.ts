/** Closes a generation that nobody served: the ledger first, then the caller's error in the caller's dialect. */
import { GatewayError } from '../errors/gateway-error.ts';
import type { Ports } from '../ports.ts';
import type { WireHeaders } from '../wire/wire.ts';
import { errorHeaders } from './error-headers.ts';
import type { Outbound } from './exchange.ts';
import { toCounterRefusal, type Run } from './run.ts';

/** What a caller hears whose answer, good or bad, could not be recorded. */
export const NOT_RECORDED =
  'The ledger cannot be written; the answer was not recorded. Try again in a moment.';

export async function refuseCaller(ports: Ports, run: Run, error: GatewayError): Promise<Outbound> {
  const outbound = toOutbound(run, error);
  try {
    await closeGeneration(ports, run, { status: outbound.status, code: error.code });
  } catch (cause) {
    return toOutbound(
      run,
      new GatewayError('service_unavailable', NOT_RECORDED, { cause, retryAfterMs: 1000 }),
    );
  }
  return outbound;
}

/** Durable once resolved where a provider was called; rejects when it cannot be. */
export async function closeGeneration(
  ports: Ports,
  run: Run,
  { status, code }: { readonly status: number; readonly code: string },
): Promise<void> {
  const { pendingSettlement } = run;
  if (pendingSettlement === null) {
    ports.ledger.refuse({
      generation: run.header,
      plans: run.plans,
      refusals: run.refusals.map(toCounterRefusal),
      callerStatus: status,
      errorCode: code,
    });
    return;
  }
  await ports.ledger.settle({ ...pendingSettlement, final: true, callerStatus: status, errorCode: code });
}

function toOutbound(run: Run, error: GatewayError): Outbound {
  const last = run.failures.at(-1);
  const headers: WireHeaders = [
    ['x-request-id', run.header.requestId],
    ['x-generation-id', run.header.id],
    ['x-arouter-attempts', String(run.failures.length)],
    ...(last === undefined
      ? []
      : ([
          ['x-arouter-provider', last.key.provider],
          ['x-arouter-source', last.key.source],
          ['x-arouter-provider-key', last.key.id],
        ] as const)),
    ...errorHeaders(error),
  ];
  // The caller's own mistake, in a dialect that caller and provider share: the provider's words as they came.
  if (error.code === 'invalid_request' || error.code === 'model_not_found') {
    const passOn = last?.passOn ?? null;
    if (passOn !== null) {
      return {
        kind: 'answer',
        generation: run.header,
        status: passOn.status,
        headers: [['content-type', passOn.contentType], ...headers],
        body: passOn.body,
      };
    }
  }
  const body = run.inbound.dialect.encodeError({
    status: error.status,
    code: error.code,
    message: error.message,
    requestId: run.header.requestId,
    ...(error.metadata === undefined ? {} : { metadata: error.metadata }),
  });
  return {
    kind: 'answer',
    generation: run.header,
    status: error.status,
    headers: [['content-type', 'application/json'], ...headers],
    body,
  };
}
