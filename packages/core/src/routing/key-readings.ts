/** What was read about one key before planning: its health and its limits. */
import type { FailureClass } from '../errors/failure-class.ts';
import type { Instant, NanoUsd } from '../values.ts';
import type { Operation } from '../wire/dialect.ts';
import type { EndpointSpeed } from './endpoint-speed.ts';

export type KeyReadings = {
  /** What was asked for and the provider does not offer for this model; null when it does. */
  readonly missingOperation: Operation | null;
  /** False when the provider serves the model, but not where this key sends. */
  readonly servedAtKey: boolean;
  /** False when the sealed secret cannot be opened. */
  readonly secretReadable: boolean;
  /** The widest bench that holds now; null when the key may be tried (healthy, or half-open with its probe free). */
  readonly bench: Bench | null;
  readonly dayBudget: SpentBudget | null;
  readonly monthBudget: SpentBudget | null;
  /** When the next slot frees; null when one is free now. */
  readonly rpmFreeAt: Instant | null;
  readonly concurrencyFull: boolean;
  /** True when some limit, budget or credit would have to be charged for this key, so that a price is needed. */
  readonly metered: boolean;
  /** A field that the request requires to be heeded and that would not be; null when there is none. */
  readonly missingParameter: string | null;
  /** How fast this model was at this provider lately; null when it was not measured. */
  readonly speed: EndpointSpeed | null;
};
export type Bench = {
  readonly scope: 'key' | 'key_model' | 'provider_model';
  /** Null: until a person edits, re-enables or successfully tests the key. */
  readonly until: Instant | null;
  readonly because: FailureClass;
};
/** A budget with no room left. */
export type SpentBudget = {
  readonly resetsAt: Instant;
  readonly limitNano: NanoUsd;
  readonly spentNano: NanoUsd;
};

/** Nothing stands against the key. */
export const FREE_READINGS: KeyReadings = {
  missingOperation: null,
  servedAtKey: true,
  secretReadable: true,
  bench: null,
  dayBudget: null,
  monthBudget: null,
  rpmFreeAt: null,
  concurrencyFull: false,
  metered: false,
  missingParameter: null,
  speed: null,
};
