import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** A minute and more each. */
const LONGEST =
  /(?:e2e\/(?:audit-)?crash|e2e\/command-line|faults\/upstream|simulation|browser\/(?:roles|every-page|inert-text))\.test\.ts$/;

/** Vitest knows how long a file takes only where it has run before; elsewhere a core would wait for the last long one. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => LONGEST.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'tests/**/*.test.ts', 'bench/**/*.test.ts'],
    setupFiles: ['tests/support/leave-nothing-behind.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores on the smallest machine this must pass on; end-to-end tests start processes of their own.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
  },
});
