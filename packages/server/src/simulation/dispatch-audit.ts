/**
 * What the providers saw, held against what the gateway promised. Rules: INV-1 (a row before the first byte), INV-5
 * (requests per minute), INV-7 (attempts), INV-9 (secrets), INV-10 (tenants), INV-14 (deny, disabled keys, models), C01.
 */
import type { AttemptOpened, ProviderKeyRecord } from '@arouter/core';
import type { Call } from './callers.ts';
import type { Dispatch } from './faulty-transport.ts';
import type { LedgerQueries } from './ledger-queries.ts';
import type { Scheduler } from './scheduler.ts';
import { secretOf, simulatedProviders } from './tenants.ts';

const WINDOW_MS = 60_000;
const ATTEMPTS_MAX = 3;
/** A change of a key is in force within this time: a snapshot's renewal, and the longest wait before a dispatch. */
const CHANGE_MS_MAX = 12_000;
/** Time may pass while the reading of a changed configuration waits for its turn. */
const CHANGE_EVENTS_MAX = 100;

export type KeyChange = {
  readonly key: ProviderKeyRecord;
  readonly changedAtMs: number;
  readonly changedAtEvent: number;
};

export type DispatchAuditOptions = {
  readonly scheduler: Scheduler;
  readonly ledger: LedgerQueries;
  readonly calls: ReadonlyMap<string, Call>;
  /** As a person last saved them. */
  readonly keys: ReadonlyMap<string, KeyChange>;
  readonly violated: (rule: string, detail: string) => void;
};

export class DispatchAudit {
  readonly #options: DispatchAuditOptions;
  readonly #keyOfSecret: ReadonlyMap<string, string>;
  readonly #windows = new Map<string, number[]>();
  readonly #byRequest = new Map<string, Dispatch[]>();
  /** The newest row of each request. */
  readonly #opened = new Map<string, AttemptOpened>();
  readonly all: Dispatch[] = [];

  constructor(options: DispatchAuditOptions) {
    this.#options = options;
    this.#keyOfSecret = new Map([...options.keys].map(([id, { key }]) => [secretOf(key), id]));
  }

  opened(row: AttemptOpened): void {
    this.#opened.set(row.generation.requestId, row);
  }

  of(requestId: string): readonly Dispatch[] {
    return this.#byRequest.get(requestId) ?? [];
  }

  /** The wall clock was set forward before a start: what the ledger dates before it seems longer ago than it was. */
  forgetWindows(): void {
    this.#windows.clear();
  }

  sent(dispatch: Dispatch): void {
    const { calls, keys, violated } = this.#options;
    const earlier = this.of(dispatch.requestId);
    this.#byRequest.set(dispatch.requestId, [...earlier, dispatch]);
    this.all.push(dispatch);
    const call = calls.get(dispatch.requestId);
    const change = keys.get(this.#keyOfSecret.get(dispatch.secret) ?? '');
    const row = this.#opened.get(dispatch.requestId);
    if (call === undefined || change === undefined || row === undefined) {
      return violated('INV-1', `${dispatch.requestId} was sent without a row, a caller or a key`);
    }
    this.#checkAttempt(call, earlier, row);
    this.#checkKey(call, change, row);
    if (row.source === 'platform') this.#checkDeny(call, row);
    this.#checkWindows(dispatch, earlier, { change, call });
  }

  #checkAttempt(call: Call, earlier: readonly Dispatch[], row: AttemptOpened): void {
    const { ledger, violated } = this.#options;
    const { attempts, settled } = ledger.count(call.requestId);
    if (attempts < row.attemptNo)
      violated('INV-1', `${call.requestId} #${row.attemptNo} was sent before its row`);
    if (settled >= attempts) violated('INV-1', `${call.requestId} was sent after its settlement`);
    if (earlier.length >= ATTEMPTS_MAX) violated('INV-7', `${call.requestId} was sent a fourth time`);
    if (earlier.some(({ ended }) => !ended)) violated('INV-7', `${call.requestId} is under way twice`);
    if (call.signal.aborted) violated('C01', `${call.requestId} was sent after its caller had left`);
    if (call.received !== '' || call.status !== null)
      violated('INV-7', `${call.requestId} was sent after commit`);
  }

  #checkKey(call: Call, change: KeyChange, row: AttemptOpened): void {
    const { violated } = this.#options;
    const { key } = change;
    if (row.providerKeyId !== key.id)
      violated('INV-10', `the row names ${row.providerKeyId}, ${key.id} was used`);
    if (key.source === 'byok' && key.workspaceId !== call.apiKey.workspaceId)
      violated('INV-10', `${key.id} of ${key.workspaceId} served ${call.apiKey.workspaceId}`);
    if (!key.enabled && this.#isInForce(change)) violated('INV-14', `${key.id} is disabled`);
    if (key.supportedModels !== null && !key.supportedModels.includes(row.upstreamModel))
      violated('INV-14', `${key.id} does not list ${row.upstreamModel}`);
  }

  #checkDeny(call: Call, row: AttemptOpened): void {
    const { keys, violated } = this.#options;
    const only = call.models.find((name) => name === row.model)?.split('/')[0];
    for (const change of keys.values()) {
      const { key } = change;
      const serves =
        (only === undefined || only === key.provider) &&
        simulatedProviders.get(key.provider)?.models.some(({ id }) => id === row.upstreamModel) === true &&
        (key.supportedModels === null || key.supportedModels.includes(row.upstreamModel));
      const denies = key.workspaceId === call.apiKey.workspaceId && key.alwaysUse && key.enabled && serves;
      if (denies && this.#isInForce(change))
        violated('INV-14', `${call.requestId} on a platform key, and ${key.id} denies it`);
    }
  }

  #checkWindows(
    { fate, requestId, sentAtMs }: Dispatch,
    earlier: readonly Dispatch[],
    { change, call }: { readonly change: KeyChange; readonly call: Call },
  ): void {
    if (isUnsent(fate)) return;
    this.#count(change.key.id, change.key.rpmLimit, sentAtMs);
    // A caller's requests per minute are requests: failing over does not count again.
    if (earlier.every((dispatch) => isUnsent(dispatch.fate)))
      this.#count(call.apiKey.id, call.apiKey.rpmLimit, sentAtMs, requestId);
  }

  #count(id: string, limit: number | null, at: number, requestId = ''): void {
    const inWindow = (this.#windows.get(id) ?? []).filter((sentAt) => sentAt > at - WINDOW_MS);
    this.#windows.set(id, [...inWindow, at]);
    if (limit !== null && inWindow.length >= limit)
      this.#options.violated('INV-5', `${id} ${requestId}: ${inWindow.length + 1} in 60 s, limit ${limit}`);
  }

  #isInForce({ changedAtMs, changedAtEvent }: KeyChange): boolean {
    const { scheduler } = this.#options;
    return (
      scheduler.steadyMs() - changedAtMs > CHANGE_MS_MAX &&
      scheduler.events - changedAtEvent > CHANGE_EVENTS_MAX
    );
  }
}

function isUnsent(fate: Dispatch['fate']): boolean {
  return fate.kind === 'fault' && fate.unsent;
}
