/** Ledger rows → the view of a generation. Pure. */
import type {
  AttemptFailure,
  AttemptOutcome,
  CostLine,
  CounterRefusal,
  GenerationHeader,
  Instant,
  KeySource,
  RoutePlan,
  TokenUsage,
} from '@arouter/core';
import { branded, fromFlag, fromJson } from './columns.ts';
import type { AttemptView, GenerationView } from './generation-ports.ts';
import type { AttemptTable, RefusalTable, SettlementTable } from './tables.ts';

type Nullable<Row> = { [Column in keyof Row]: Row[Column] | null };
/** An attempt with its settlement's columns, null while there is none. */
export type LedgerAttemptRow = AttemptTable & Nullable<Omit<SettlementTable, 'sequence'>>;
export type GenerationRow = RefusalTable;

/** `attempts` in order of their numbers. */
export function toGenerationViews(
  attempts: readonly LedgerAttemptRow[],
  refused: readonly GenerationRow[],
  startedAt: Instant,
): readonly GenerationView[] {
  const served = Map.groupBy(attempts, (row) => row.generation_id);
  return [
    ...[...served.values()].map((rows) => toServedView(rows, startedAt)),
    // A request that was refused and one that was served are never the same; if a row says so, the served one counts.
    ...refused.filter((row) => !served.has(row.generation_id)).map(toRefusedView),
  ];
}

function toServedView(rows: readonly LedgerAttemptRow[], startedAt: Instant): GenerationView {
  const [first] = rows;
  const newest = rows.at(-1);
  if (first === undefined || newest === undefined)
    throw new RangeError('a generation has at least one attempt');
  const final = rows.find((row) => row.final === 1);
  const alive = rows.some((row) => row.opened_at >= startedAt);
  return {
    header: toHeader(first),
    status: toStatus(final, alive),
    callerStatus: final?.caller_status ?? null,
    errorCode: final?.error_code ?? null,
    // Each attempt stores every plan computed so far, so the last one has them all.
    plans: fromJson<readonly RoutePlan[]>(newest.plans),
    refusals: mergeRefusals(rows),
    attempts: rows.map(toAttemptView),
  };
}

function toStatus(final: LedgerAttemptRow | undefined, alive: boolean): GenerationView['status'] {
  if (final?.outcome) return final.outcome as AttemptOutcome;
  return alive ? 'running' : 'interrupted';
}

/** Attempts may repeat the refusals known so far: each is shown once. */
function mergeRefusals(rows: readonly LedgerAttemptRow[]): readonly CounterRefusal[] {
  const seen = new Map<string, CounterRefusal>();
  for (const { refusals } of rows) {
    for (const refusal of fromJson<readonly CounterRefusal[]>(refusals) ?? []) {
      seen.set(JSON.stringify([refusal.providerKeyId, refusal.code, refusal.resetsAt]), refusal);
    }
  }
  return [...seen.values()];
}

function toRefusedView(row: RefusalTable): GenerationView {
  return {
    header: toHeader(row),
    status: 'refused',
    callerStatus: row.caller_status,
    errorCode: row.error_code,
    plans: fromJson<readonly RoutePlan[]>(row.plans),
    refusals: fromJson<readonly CounterRefusal[]>(row.refusals) ?? [],
    attempts: [],
  };
}

export function toHeader(row: Omit<RefusalTable, 'plans' | 'refusals' | 'caller_status' | 'error_code'>) {
  const header: GenerationHeader = {
    id: branded(row.generation_id),
    requestId: row.request_id,
    workspaceId: branded(row.workspace_id),
    apiKeyId: branded(row.api_key_id),
    createdAt: branded(row.created_at),
    dialect: branded(row.dialect),
    modelRequested: row.model_requested,
    streamed: fromFlag(row.streamed),
  };
  return header;
}

function toAttemptView(row: LedgerAttemptRow): AttemptView {
  return {
    attemptNo: row.attempt_no,
    providerKeyId: branded(row.provider_key_id),
    provider: branded(row.provider),
    source: row.source as KeySource,
    model: branded(row.model),
    upstreamModel: row.upstream_model,
    openedAt: branded(row.opened_at),
    settledAt: row.settled_at === null ? null : branded(row.settled_at),
    outcome: row.outcome as AttemptOutcome | null,
    failure: fromJson<AttemptFailure>(row.failure),
    upstreamStatus: row.upstream_status,
    upstreamId: row.upstream_id,
    finishReason: row.finish_reason,
    usage: toUsage(row),
    costNano: row.cost_nano === null ? null : branded(row.cost_nano),
    costLines: fromJson<readonly CostLine[]>(row.cost_lines) ?? [],
    chargedNano: branded(row.charged_nano ?? 0),
    reservedNano: branded(row.reserved_nano),
    latencyMs: row.latency_ms,
    firstByteMs: row.first_byte_ms,
    fallbackReason: row.fallback_reason,
  };
}

function toUsage(row: LedgerAttemptRow): TokenUsage | null {
  if (row.usage_origin === null) return null;
  return {
    inputTokens: row.input_tokens ?? 0,
    cachedInputTokens: row.cached_input_tokens ?? 0,
    cacheWrite5mTokens: row.cache_write_5m_tokens ?? 0,
    cacheWrite1hTokens: row.cache_write_1h_tokens ?? 0,
    outputTokens: row.output_tokens ?? 0,
    reasoningTokens: row.reasoning_tokens ?? 0,
    audioInputTokens: row.audio_input_tokens ?? 0,
    audioOutputTokens: row.audio_output_tokens ?? 0,
    origin: row.usage_origin === 'estimated' ? 'estimated' : 'provider',
  };
}
