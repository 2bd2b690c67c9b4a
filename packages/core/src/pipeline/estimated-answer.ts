/** An answer that the gateway can give itself where keys serve the model, but their providers lack the operation. */
import type { Outbound } from './exchange.ts';
import type { Run } from './run.ts';

/** Null where the dialect has none, or where something else stood in the way. Nothing was sent and nothing is booked. */
export function estimatedAnswer(run: Run): Outbound | null {
  const { dialect, signal } = run.inbound;
  if (dialect.estimateAnswer === undefined || run.failures.length > 0 || signal.aborted) return null;
  const lacksOperation = run.plans.some(({ verdicts }) =>
    verdicts.some((verdict) => verdict.kind === 'excluded' && verdict.reason.code === 'operation_not_served'),
  );
  if (!lacksOperation) return null;
  return {
    kind: 'answer',
    generation: null,
    status: 200,
    headers: [
      ['content-type', 'application/json'],
      ['x-request-id', run.header.requestId],
      ['x-arouter-estimated', 'true'],
    ],
    body: dialect.estimateAnswer(run.request.facts),
  };
}
