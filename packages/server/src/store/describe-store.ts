/** The contract suite of the Store port: every adapter is held to the same behaviour. */
import { describe } from 'vitest';
import { describeConfiguration } from './describe-store-configuration.ts';
import { describeGenerations } from './describe-store-generations.ts';
import { describeLedger } from './describe-store-ledger.ts';
import { describeRecovery } from './describe-store-recovery.ts';
import { describeUsage } from './describe-store-usage.ts';
import type { OpenStore } from './store-harness.ts';

export function describeStore(name: string, open: OpenStore): void {
  describe(`${name} as a Store`, () => {
    describeLedger(open);
    describeUsage(open);
    describeGenerations(open);
    describeRecovery(open);
    describeConfiguration(open);
  });
}
