/**
 * What travels between the main thread and the database workers: statements as messages, ledger operations through the
 * journal. Ledger operations are flat arrays of primitives in column order, which JSON writes and reads fastest; change
 * them only together with the journal's format number.
 */
export type SqlValue = null | number | bigint | string | Uint8Array;
export type SqlRow = Readonly<Record<string, SqlValue>>;
export type Statement = { readonly sql: string; readonly parameters: readonly SqlValue[] };

export const OPEN = 0;
export const SETTLE = 1;
export const REFUSE = 2;

/** The columns of `attempts`, in order. */
export type OpenOperation = readonly [
  kind: typeof OPEN,
  sequence: number,
  workspaceId: string,
  createdAt: number,
  generationId: string,
  attemptNo: number,
  requestId: string,
  apiKeyId: string,
  dialect: string,
  modelRequested: string,
  streamed: number,
  openedAt: number,
  providerKeyId: string,
  provider: string,
  source: string,
  model: string,
  upstreamModel: string,
  reservedNano: number,
  inputTokensEstimate: number,
  inputCostEstimateNano: number | null,
  credits: string,
  plans: string,
];

/** The columns of `settlements` without `upstream_key`, in order. */
export type SettleOperation = readonly [
  kind: typeof SETTLE,
  sequence: number,
  settledAt: number,
  outcome: string,
  failure: string | null,
  upstreamStatus: number | null,
  upstreamId: string | null,
  finishReason: string | null,
  inputTokens: number | null,
  cachedInputTokens: number | null,
  cacheWrite5mTokens: number | null,
  cacheWrite1hTokens: number | null,
  outputTokens: number | null,
  reasoningTokens: number | null,
  audioInputTokens: number | null,
  audioOutputTokens: number | null,
  usageOrigin: string | null,
  costNano: number | null,
  costLines: string | null,
  chargedNano: number,
  latencyMs: number,
  firstByteMs: number | null,
  final: number,
  callerStatus: number | null,
  errorCode: string | null,
  refusals: string | null,
  fallbackReason: string | null,
];

/** The columns of `refusals`, in order. */
export type RefuseOperation = readonly [
  kind: typeof REFUSE,
  workspaceId: string,
  createdAt: number,
  generationId: string,
  requestId: string,
  apiKeyId: string,
  dialect: string,
  modelRequested: string,
  streamed: number,
  plans: string,
  refusals: string | null,
  callerStatus: number,
  errorCode: string,
];

/** What the journal carries. */
export type JournalOperation = OpenOperation | SettleOperation | RefuseOperation;
/** An operation as JSON, which is how it is handed to the journal. */
export type OperationText = string;

/** Asks a thread to close its connection and end; it does so after what was asked before. */
export const CLOSE = 'close';

/** Statements that take effect together or not at all. */
export type StatementGroup = readonly Statement[];

export type WriterMessage =
  /** Brings the journal up to this position into the tables. */
  | { readonly kind: 'project'; readonly to: number }
  /** One transaction's worth. */
  | { readonly kind: 'write'; readonly groups: readonly StatementGroup[] }
  /** Finishes a checkpoint between two transactions. */
  | { readonly kind: 'checkpoint' }
  | typeof CLOSE;

export type WriteResult = { readonly changes: number; readonly rows: readonly SqlRow[] };
export type FailureMessage = {
  readonly message: string;
  /** SQLite's extended result code; null when the error is not SQLite's. */
  readonly errorCode: number | null;
};
export type GroupReply = { readonly results: readonly WriteResult[] } | { readonly failure: FailureMessage };
export type ProjectReply = {
  /** How far the tables follow the journal now. */
  readonly position: number;
  readonly operations: number;
  readonly notes: readonly ProjectionNote[];
  /** Why it did not come further; null when it did. */
  readonly failure: FailureMessage | null;
};
/** What the operator should hear of; the log's words and fields. */
export type ProjectionNote = { readonly message: string; readonly fields: Readonly<Record<string, unknown>> };
export type WriterReply = readonly GroupReply[] | ProjectReply | CheckpointReply;
/** Frames in the WAL, and how many of them are in the database file; −1 when it could not be learned. */
export type CheckpointReply = { readonly frames: number; readonly copied: number };

export type ReaderMessage =
  | typeof CLOSE
  | { readonly id: number; readonly statements: readonly Statement[] }
  | { readonly id: number; readonly checkpoint: true };
export type ReaderReply =
  | { readonly id: number; readonly results: readonly (readonly SqlRow[])[] }
  | { readonly id: number; readonly checkpoint: CheckpointReply }
  | { readonly id: number; readonly failure: FailureMessage };

export type WorkerSettings = { readonly file: string; readonly synchronous: 'normal' | 'full' };
