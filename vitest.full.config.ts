import { defineConfig } from 'vitest/config';

/** Tests that need more than npm gives, such as Python's transformers; each says what it misses where it is skipped. */
export default defineConfig({
  test: {
    include: [
      'test/full/**/*.test.ts',
      'test/plugins/tasks/lm-eval-likelihoods.test.ts',
      // Where setup could not compile fused operations, everything else passes without them.
      'test/plugins/backends/tensorflow/fused-operations.test.ts',
    ],
    globalSetup: ['test/full/prepare.ts'],
    setupFiles: ['test/setup.ts'],
    maxWorkers: 1,
    testTimeout: 300_000,
  },
});
