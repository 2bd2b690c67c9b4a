import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'tests/**/*.test.ts', 'bench/**/*.test.ts'],
    setupFiles: ['tests/support/leave-nothing-behind.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores on the smallest machine this must pass on; end-to-end tests start processes of their own.
    maxWorkers: 2,
  },
});
