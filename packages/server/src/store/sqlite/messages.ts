/**
 * What travels between the main thread and the database workers. Ledger operations are flat arrays of primitives in
 * column order: structured clone copies those fastest, and messages are a third of the cost of a ledger row.
 */
export type SqlValue = null | number | bigint | string | Uint8Array;
export type SqlRow = Readonly<Record<string, SqlValue>>;
export type Statement = { readonly sql: string; readonly parameters: readonly SqlValue[] };

export const OPEN = 0;
export const SETTLE = 1;
export const REFUSE = 2;
export const GROUP = 3;

/** The columns of `attempts` without `sequence`, in order. */
export type OpenOperation = readonly [
  kind: typeof OPEN,
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

/** Which attempt, then the columns of `settlements` without `sequence` and `upstream_key`, in order. */
export type SettleOperation = readonly [
  kind: typeof SETTLE,
  workspaceId: string,
  createdAt: number,
  generationId: string,
  attemptNo: number,
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

/** Statements that take effect together or not at all. */
export type GroupOperation = readonly [kind: typeof GROUP, statements: readonly Statement[]];

export type Operation = OpenOperation | SettleOperation | RefuseOperation | GroupOperation;

/** Asks a thread to close its connection and end; it does so after what was asked before. */
export const CLOSE = 'close';

/** One transaction's worth, or the request to finish a checkpoint between two transactions. */
export type WriterMessage = readonly Operation[] | 'checkpoint' | typeof CLOSE;

export type WriteResult = { readonly changes: number; readonly rows: readonly SqlRow[] };
export type FailureMessage = {
  readonly message: string;
  /** SQLite's extended result code; null when the error is not SQLite's. */
  readonly errorCode: number | null;
};
/** One operation's result; null is success with nothing to say. */
export type OperationReply =
  | null
  | { readonly results: readonly WriteResult[] }
  /** Credits did not cover the charge: the workspace was charged what it had. */
  | { readonly shortfallNano: number }
  | { readonly failure: FailureMessage };
/** One reply per operation; a number stands for that many nulls. */
export type WriterReply = number | readonly OperationReply[] | CheckpointReply;
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
