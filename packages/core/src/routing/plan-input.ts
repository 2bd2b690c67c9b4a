/** All that the planner reads. A stored input can be replayed. */
import type { ApiKeyRecord } from '../keys/api-key.ts';
import type { ProviderKeyRecord } from '../keys/provider-key.ts';
import type { Instant } from '../values.ts';
import type { KeyReadings } from './key-readings.ts';
import type { ModelCandidate, ProviderPreferences } from './route-plan.ts';

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
  readonly readings: KeyReadings;
};
