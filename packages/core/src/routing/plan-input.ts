/** All that the planner reads. A stored input can be replayed. */
import type { ApiKeyRecord } from '../keys/api-key.ts';
import type { ProviderKeyRecord } from '../keys/provider-key.ts';
import type { Instant } from '../values.ts';
import type { KeyReadings } from './key-readings.ts';
import type { Endpoint, ModelCandidate, ProviderPreferences } from './route-plan.ts';

export type PlanInput = {
  readonly now: Instant;
  readonly model: ModelCandidate;
  /** Own keys and platform keys, in the stable order of their ids. */
  readonly keys: readonly KeyFacts[];
  readonly preferences: ProviderPreferences;
  readonly apiKey: Pick<ApiKeyRecord, 'allowedProviders' | 'allowedModels'>;
  readonly seed: number;
};
export type KeyFacts = {
  readonly key: ProviderKeyRecord;
  /** The model as this key serves it. Absent: as its provider does. */
  readonly endpoint?: Endpoint | undefined;
  readonly readings: KeyReadings;
};
